/** The loop that tunes keeps its laws, and bugs planted in its source, one line each, break them. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loopLaws } from './loop-laws.fixture.ts'
import { optimize } from './optimize.ts'
import type { PlantedLoopBug } from './planted-loop-bugs.fixture.ts'
import { searchPlan } from './search-plan.ts'

const bugs: { readonly [bug: string]: PlantedLoopBug & { readonly breaks: string } } = {
  'results taken by whatever row they are of': {
    file: 'row-trials.ts',
    find: 'if (row?.id !== trial.id)',
    put: 'if (row === undefined)',
    breaks: 'results are those of the rows in their order',
  },
  'pieces that the budget does not cut': {
    file: 'row-trials.ts',
    find: 'Math.min(this.#rowsPerCall, Math.max(1, spending.rowsAffordable()))',
    put: 'this.#rowsPerCall',
    breaks: 'a budget holds to the call, and goes on with more',
  },
  'rows kept without what they took': {
    file: 'row-trials.ts',
    find: 'else await ledger.rowEnded(keyOf(trial), row, taken)',
    put: 'else await ledger.rowEnded(keyOf(trial), row)',
    breaks: 'a budget holds to the call, and goes on with more',
  },
  'trials that were told passed over': {
    file: 'search-plan.ts',
    find: '[...study.finished].sort(',
    put: '[...study.finished].slice(0, 0).sort(',
    breaks: 'a search that is gone on with goes the way of one in peace',
  },
  'nothing left of the budget for the best': {
    file: 'search-plan.ts',
    find: 'count * rows.length + finalists * (context.val.length - rows.length)',
    put: 'count * rows.length',
    breaks: 'a budget leaves what trying the best on all rows takes',
  },
  'no time left for the best': {
    file: 'tuning-run.ts',
    find: 'this.#isSearching && settings.searchUp.aborted && this.#missingFinalists().length > 0',
    put: 'false',
    breaks: 'time is left for them too',
  },
  'refusals counted as failures of the surroundings': {
    file: 'row-trials.ts',
    find: '(!isRefused || trial.candidate.number === 0)',
    put: 'true',
    breaks: 'a state that a model refuses fails alone',
  },
  'refused states asked to the end': {
    file: 'row-trials.ts',
    find: 'return trial?.candidate.watch.failure(trial.candidate.rows) !== undefined',
    put: 'return trial === null',
    breaks: 'a state that a model refuses fails alone',
  },
  'refused states among those that may win': {
    file: 'candidates.ts',
    find: 'if (this.failed(candidate) !== undefined) return undefined',
    put: '',
    breaks: 'a state that is refused on more rows than are borne never wins',
  },
  'rows beyond those that told remembered': {
    file: 'candidates.ts',
    find: 'if (!candidate.watch.isCounted(id)) candidate.rows.delete(id)',
    put: '{}',
    breaks: 'what is known of a refused state does not depend on what was under way',
  },
  'no care after a refusal': {
    file: 'row-trials.ts',
    find: 'if (!this.#isWary) return [open]',
    put: 'return [open]',
    breaks: 'states after a refused one are asked their first rows first',
  },
  'the place of a finalist that fails left empty': {
    file: 'tuning-run.ts',
    find: 'chosen.length > 0; chosen = this.#missingFinalists()',
    put: 'chosen.length > 0; chosen = []',
    breaks: 'one that fails leaves its place among the finalists to the next',
  },
}

const fixture = fileURLToPath(new URL('planted-loop-bugs.fixture.ts', import.meta.url))

async function planted(all: readonly PlantedLoopBug[]): Promise<readonly { readonly [law: string]: string }[]> {
  const args = ['--conditions=mabeam-source', fixture, JSON.stringify(all)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

describe('the loop', () => {
  test.each(Object.entries(loopLaws))('keeps the law: %s', async (_, law) => {
    expect(await law({ optimize, searchPlan })).toBeUndefined()
  })
})

describe('a bug that is planted', () => {
  test('breaks the law that it is against, each of them', async () => {
    const verdicts = await planted(Object.values(bugs))
    const broken = Object.keys(bugs).map((bug, i) => [bug, Object.keys(verdicts[i] ?? {})] as const)
    for (const [bug, laws] of broken) expect(laws, bug).toContain(bugs[bug]?.breaks)
  })

  const find = 'if (row?.id !== trial.id)'

  test('must have its line in the source, and once', async () => {
    const file = 'row-trials.ts'
    await expect(planted([{ file, find: 'no such line', put: '' }])).rejects.toThrow('once, got it 0 times')
    await expect(planted([{ file, find: 'trial', put: '' }])).rejects.toThrow('times')
  })

  test('is what breaks a law: the same line in its place is no bug', async () => {
    expect(await planted([{ file: 'row-trials.ts', find, put: find }])).toEqual([{}])
  })
})
