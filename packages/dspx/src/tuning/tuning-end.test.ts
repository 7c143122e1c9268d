/** Why a search ended: by what is left of the budget, or because a teleprompter had nothing more. */

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
