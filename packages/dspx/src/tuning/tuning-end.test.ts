/** Why a search ended: by what is left of the budget, or because a teleprompter had nothing more. */

import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { optimize } from './optimize.ts'
import type { Proposal, Teleprompter, TuningContext } from './teleprompter.ts'
import { paysFor, rowsAffordable } from './teleprompters/trying.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: 'a' },
  }))
const val = rows(10, 6)

function proposal({ initial }: TuningContext, instructions: string): Proposal {
  const state = { ...initial, predictors: { predict: { demos: [], instructions } } }
  return { state, rows: 'val', origin: { parents: [0], how: 'told' } }
}

async function ended(propose: Teleprompter['propose'], calls: number): Promise<string> {
  const { report } = await optimize(predict('text -> team: "a" | "b"'), {
    train: rows(0, 4),
    val,
    metric: exactMatch('team'),
    teleprompter: { name: 'test', propose },
    lm: scriptedModel(() => '[[ ## team ## ]]\na'),
    budget: { calls },
  })
  return report.ended
}

test('a teleprompter that plans by what is left has ended by the budget where that pays for no more', async () => {
  const planning: Teleprompter['propose'] = async function* (context) {
    yield [proposal(context, 'one')]
    if (rowsAffordable(context) >= val.length) yield [proposal(context, 'two')]
  }
  expect(await ended(planning, 12 + 5)).toBe('budget')
  expect(await ended(planning, 12 + 6 + 6)).toBe('finished')
})

test('a teleprompter that says that it ends by the budget has', async () => {
  const saying: Teleprompter['propose'] = async function* (context) {
    yield [proposal(context, 'one')]
    paysFor(context, 1_000)
  }
  expect(await ended(saying, 999)).toBe('budget')
})

test('one that had enough has finished, also with the last call', async () => {
  const all: Teleprompter['propose'] = async function* (context) {
    yield [proposal(context, 'one')]
  }
  expect(await ended(all, 12)).toBe('finished')
})

/** Tries new states on two rows each, for ever. */
const endless: Teleprompter['propose'] = async function* (context) {
  for (let i = 0; ; i++) yield [{ ...proposal(context, `state ${i}`), rows: ['rows:10', 'rows:11'] }]
}

test('a search on few rows leaves time to try the best on all rows, and one on all rows takes the time it has', async () => {
  const clock = virtualClock()
  // a row takes 10 ms
  const lm = scriptedModel(async () => {
    await clock.advance(10)
    return '[[ ## team ## ]]\na'
  })
  const options = {
    train: rows(0, 4),
    val,
    metric: exactMatch('team'),
    tune: { instructions: true },
    lm,
    clock,
    concurrency: 1,
    finalists: 3,
    budget: { ms: 1_000 },
  }
  const route = () => predict('text -> team: "a" | "b"')
  const few = await optimize(route(), { ...options, teleprompter: { name: 'few', propose: endless } })
  expect(few.report.ended).toBe('budget')
  expect(few.report.steps.filter(({ isWhole }) => isWhole)).toHaveLength(1 + 3)
  expect(few.budget.spent.ms).toBe(850 + 3 * 4 * 10)
  const whole: Teleprompter['propose'] = async function* (context) {
    for (let i = 0; ; i++) yield [proposal(context, `state ${i}`)]
  }
  const all = await optimize(route(), { ...options, teleprompter: { name: 'all', propose: whole } })
  expect(all.budget.spent.ms).toBe(1_000)
})

test('a search that has tried as many states as it may tries the best on all rows in the end', async () => {
  const { report } = await optimize(predict('text -> team: "a" | "b"'), {
    train: rows(0, 4),
    val,
    metric: exactMatch('team'),
    teleprompter: { name: 'few', propose: endless },
    lm: scriptedModel(() => '[[ ## team ## ]]\na'),
    candidatesMax: 5,
    finalists: 2,
  })
  expect([report.ended, report.steps.length]).toEqual(['candidates', 5])
  expect(report.steps.filter(({ isWhole }) => isWhole)).toHaveLength(1 + 2)
})
