/** The search of a plan, kept in a study: on some of the rows, within a budget, and gone on with. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Journal, openJournal, readJournal } from '@mabeam/foundation'
import { choice, float, openStudy, readStudy, type Study, studyJournal } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { noUsage } from '../models/usage.ts'
import { predict } from '../programs/predictor.ts'
import { definitionOf } from '../programs/program-definition.ts'
import { scriptedModel } from '../testing/index.ts'
import type { Evaluator } from './evaluator.ts'
import { optimize } from './optimize.ts'
import type { OptimizeDefinitionOptions } from './optimize-options.ts'
import { variablesPlanner } from './planner.fixture.ts'
import { type SearchPlanOptions, searchPlan } from './search-plan.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))
const val = rows(100, 20)

const program = definitionOf(predict('text -> team: "a" | "b"', { name: 'route' }), {
  name: 'route',
  metric: exactMatch('team'),
  variables: { adapter: choice(['chat', 'json']), temperature: float({ min: 0, max: 1 }) },
})

const planner = variablesPlanner({ adapter: 'chat', temperature: 0 })

interface Asked {
  readonly temperature: number
  readonly id: string
}

/** The nearer the temperature is to 0.7 the more rows are right; stops dead at the row of this number. */
function scoring(stopAt = Number.POSITIVE_INFINITY): { readonly asked: Asked[]; readonly evaluator: Evaluator } {
  const asked: Asked[] = []
  const evaluate: Evaluator['evaluate'] = async ({ settings }, given) =>
    given.map(({ id }) => {
      if (asked.length >= stopAt) throw new Error('the power is off')
      const temperature = Number(settings.temperature)
      asked.push({ temperature, id })
      const score = Number(id.slice(5)) % 10 < 10 - 10 * Math.abs(temperature - 0.7) ? 1 : 0
      return { id, score, outputs: {}, usage: { ...noUsage, calls: 1, tokensIn: 3 } }
    })
  return { asked, evaluator: { slots: 1, rowsPerCall: 4, evaluate } }
}

function tuning(
  { evaluator }: { readonly evaluator: Evaluator },
  search: SearchPlanOptions,
  more: Partial<OptimizeDefinitionOptions> = {},
) {
  return optimize(program, {
    train: rows(0, 4),
    val,
    lm: scriptedModel(() => 'never asked'),
    teleprompter: searchPlan(planner, search),
    evaluator,
    seed: 5,
    ...more,
  })
}

describe('rowsPerTrial', () => {
  test('tries on as many rows, the same for every trial and of each label, and the best on all in the end', async () => {
    const { asked, evaluator } = scoring()
    const search = { rowsPerTrial: 6, trialsMax: 10 }
    const { report } = await tuning({ evaluator }, search, { finalists: 3 })
    expect(report.steps.filter(({ isWhole }) => isWhole)).toHaveLength(1 + 3)
    const byTrial = Map.groupBy(asked, ({ temperature }) => temperature)
    const small = [...byTrial.values()].filter(({ length }) => length === 6).map((list) => list.map(({ id }) => id))
    expect(small.length).toBe(11 - 1 - 3)
    for (const ids of small) expect(ids).toEqual(small[0])
    const labels = small[0]?.map((id) => Number(id.slice(5)) % 2) ?? []
    expect(labels.filter((label) => label === 0)).toHaveLength(3)
    const winner = report.steps[report.winner]
    expect(Math.abs(Number(winner?.settings.temperature) - 0.7)).toBeLessThan(0.2)
  })

  test('of as many as there are is all rows', async () => {
    const { evaluator } = scoring()
    const { report } = await tuning({ evaluator }, { rowsPerTrial: 20, trialsMax: 3 })
    expect(report.steps.every(({ isWhole }) => isWhole)).toBe(true)
  })

  test('leaves of a budget what trying the best on all rows takes', async () => {
    const calls = 20 + 5 * 6 + 3 * 14
    const { asked, evaluator } = scoring()
    const search = { rowsPerTrial: 6, trialsMax: 50 }
    const { report } = await tuning({ evaluator }, search, { finalists: 3, budget: { calls } })
    expect(report.ended).toBe('budget')
    expect(report.steps.filter(({ isWhole }) => isWhole)).toHaveLength(1 + 3)
    expect(asked.length).toBe(calls)
    expect(report.notes[0]).toContain('did not pay for')
  })
})

describe('study', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-search-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const kept = (journal: Journal) => (options: Parameters<NonNullable<SearchPlanOptions['study']>>[0]) =>
    openStudy({ ...options, journal })
  const openIn = (name: string) => openJournal({ path: join(folder, name, 'study.jsonl'), ...studyJournal })
  const course = async (name: string) => {
    const { records } = await readJournal(join(folder, name, 'study.jsonl'), studyJournal.kind)
    return (
      records as { type: string; number?: number; config?: unknown; values?: unknown; attributes?: unknown }[]
    ).map(({ type, number, config, values, attributes }) => ({ type, number, config, values, attributes }))
  }

  test('can be read by others while it goes on, with candidate, rows and usage of each trial', async () => {
    await using journal = await openIn('read')
    const seen: number[] = []
    const onProgress = async () => void seen.push((await course('read')).length)
    await tuning(scoring(), { trialsMax: 4, rowsPerTrial: 6, study: kept(journal) }, { onProgress })
    expect(new Set(seen).size).toBeGreaterThan(2)
    const study: Study = readStudy({
      journal: await readJournal(join(folder, 'read', 'study.jsonl'), studyJournal.kind),
    })
    expect(study.finished.map(({ number, state }) => [number, state])).toEqual([0, 1, 2, 3].map((i) => [i, 'complete']))
    expect(study.finished[3]).toMatchObject({
      values: { accuracy: expect.any(Number), tokens: 3, calls: 1 },
      attributes: { candidate: 4, rows: 6, errors: 0, usage: { calls: 6 } },
    })
  })

  test.each([1, 3])(
    'is gone on with after a sudden end, asks nothing again and goes the way of one in peace (batch %i)',
    async (batch) => {
      const search = { trialsMax: 9, rowsPerTrial: 6, batch }
      const peace = scoring()
      let expected: unknown
      {
        await using journal = await openIn(`peace-${batch}`)
        const { report } = await tuning(peace, { ...search, study: kept(journal) }, { finalists: 3 })
        expected = report.steps
      }
      const name = `killed-${batch}`
      const all: Asked[] = []
      const resume = join(folder, name, 'work')
      for (const stopAt of [30, 9, 1, 17, 8, Number.POSITIVE_INFINITY]) {
        const session = scoring(stopAt)
        await using journal = await openIn(name)
        const run = tuning(session, { ...search, study: kept(journal) }, { finalists: 3, resume })
        if (stopAt < Number.POSITIVE_INFINITY) await expect(run).rejects.toThrow('the power is off')
        else expect((await run).report.steps).toEqual(expected)
        all.push(...session.asked)
      }
      expect(await course(name)).toEqual(await course(`peace-${batch}`))
      // a piece of 4 rows that ended in its middle is asked again, nothing else is
      expect(all.length - peace.asked.length).toBeLessThanOrEqual(5 * 3)
    },
  )

  test('that is finished goes on with more trials, as if it had been asked for them at once', async () => {
    const resume = join(folder, 'more', 'work')
    const steps = async (name: string, trialsMax: number, more: object) => {
      await using journal = await openIn(name)
      const session = scoring()
      const { report } = await tuning(session, { trialsMax, study: kept(journal) }, more)
      return { asked: session.asked.length, steps: report.steps.map(({ settings, mean }) => [settings, mean]) }
    }
    await steps('more', 4, { resume })
    const gone = await steps('more', 7, { resume })
    const atOnce = await steps('once', 7, {})
    expect(gone.steps).toEqual(atOnce.steps)
    expect(gone.asked).toBe(3 * 20)
    expect(await course('more')).toEqual(await course('once'))
    const fewer = await steps('more', 2, { resume })
    expect([fewer.asked, fewer.steps.length]).toEqual([0, 3])
  })

  test('of other options is refused by the work that was kept', async () => {
    const resume = join(folder, 'options')
    await tuning(scoring(), { trialsMax: 2, rowsPerTrial: 6 }, { resume })
    await expect(tuning(scoring(), { trialsMax: 2, rowsPerTrial: 5 }, { resume })).rejects.toMatchObject({
      code: 'dspx/resume-mismatch',
    })
  })
})

describe('bad options', () => {
  test.each([{ rowsPerTrial: 0 }, { rowsPerTrial: 1.5 }, { rowsPerTrial: Number.NaN }, { study: 'runs' }, { rows: 3 }])(
    'are refused: %j',
    (options) => {
      expect(() => searchPlan(planner, options as never)).toThrow(/searchPlan: /)
    },
  )
})
