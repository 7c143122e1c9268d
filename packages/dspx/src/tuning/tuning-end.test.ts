/** Why a search ended: by what is left of the budget, or because a teleprompter had nothing more. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
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

describe('a tuning that ends because the budget refuses a call', () => {
  const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 10 }
  const tuned = async (more: { readonly maxOutputTokens?: number; readonly usd: number; readonly resume?: string }) => {
    const { usd, ...options } = more
    const asked: (number | undefined)[] = []
    const own = scriptedModel((call) => {
      asked.push(call.maxOutputTokens)
      return '[[ ## team ## ]]\na'
    })
    const models = createModels({ custom: { 'my/model': own }, prices: { 'my/model': price } })
    const found = await optimize(predict('text -> team: "a" | "b"'), {
      train: rows(0, 4),
      val,
      metric: exactMatch('team'),
      teleprompter: {
        name: 'test',
        async *propose(context) {
          await context.ask(predict('text -> team: "a" | "b"'), { text: 'asked by itself' })
          yield [proposal(context, 'one')]
        },
      },
      lm: 'my/model',
      models,
      budget: { usd },
      ...options,
    })
    return { ...found, asked }
  }

  test('says in the report what was left, what was set aside and which maxOutputTokens would fit', async () => {
    const { report, explain, asked } = await tuned({ usd: 0.05 })
    expect(asked).toEqual([])
    expect(report.ended).toBe('budget')
    expect(report.endedBy).toMatch(
      /^my\/model: budget of 0\.05 USD: expected at least 0\.08\d+ USD left for the next call, got 0\.05: it sets aside \d+ input tokens, counted high \(0\.000\d+ USD\), and 8192 output tokens \(0\.08192 USD\), since it names no maxOutputTokens; maxOutputTokens of 49\d\d or less would fit$/,
    )
    expect(explain()).toContain(`What was refused: ${report.endedBy}.`)
  })

  test('names the whole budget and what is left of it where the work was resumed', async () => {
    const resume = await mkdtemp(join(tmpdir(), 'mabeam-dspx-end-'))
    try {
      const first = await tuned({ usd: 0.003, maxOutputTokens: 100, resume })
      expect(first.report.ended).toBe('budget')
      const { report } = await tuned({ usd: 0.003, resume })
      const [, left] = /^my\/model: budget of 0\.003 USD: [^:]*, got ([\d.]+): /.exec(report.endedBy ?? '') ?? []
      expect(Number(left)).toBeCloseTo(0.003 - first.budget.spent.usd, 9)
      expect(left?.length).toBeLessThan(12)
    } finally {
      await rm(resume, { recursive: true })
    }
  })

  test('is mended by a lower maxOutputTokens', async () => {
    const { report, asked } = await tuned({ usd: 0.05, maxOutputTokens: 100 })
    expect(report).toMatchObject({ ended: 'finished' })
    expect(report).not.toHaveProperty('endedBy')
    expect([asked.length, new Set(asked)]).toEqual([2 * val.length + 1, new Set([100])])
  })

  test('tells nothing of the kind where time or candidates ended it', async () => {
    const clock = virtualClock()
    const lm = scriptedModel(async () => {
      await clock.advance(10)
      return '[[ ## team ## ]]\na'
    })
    const data = { train: rows(0, 4), val, metric: exactMatch('team'), lm, clock, concurrency: 1 }
    const teleprompter = { name: 'few', propose: endless }
    const late = await optimize(predict('text -> team: "a" | "b"'), { ...data, teleprompter, budget: { ms: 200 } })
    const many = await optimize(predict('text -> team: "a" | "b"'), { ...data, teleprompter, candidatesMax: 4 })
    expect([late, many].map(({ report }) => [report.ended, report.endedBy])).toEqual([
      ['budget', undefined],
      ['candidates', undefined],
    ])
  })
})
