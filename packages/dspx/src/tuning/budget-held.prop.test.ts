/** The law of budgets: whatever models cost, and however many rows are tried at once, no more is spent than may be, over all runs. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { choice } from '@mabeam/ml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { type Evaluator, inlineEvaluator } from './evaluator.ts'
import { optimize } from './optimize.ts'
import type { Teleprompter } from './teleprompter.ts'

const seed = 20_268
const cases = 30
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-budgets-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i} ${'and more '.repeat((from + i) % 7)}` },
    outputs: { team: 'a' },
  }))

const ids = ['my/cheap', 'my/dear']
const program = defineProgram({
  name: 'route',
  predictors: { hint: 'text -> hint', route: 'text, hint: string -> team: "a" | "b"' },
  signature: signature('text -> team: "a" | "b"'),
  run: async ({ hint, route }, { text }) => route({ text, ...(await hint({ text })) }),
  metric: exactMatch('team'),
  variables: { model: choice(ids) },
})

/** Dearer and dearer: more demonstrations, by this model or that. */
const dearer: Teleprompter = {
  name: 'dearer',
  async *propose({ initial, train, random }) {
    for (let step = 0; step < 3; step++) {
      const batch = ids.map((model) => {
        const demos = train.slice(0, random.int(train.length + 1)).map(({ inputs, outputs }) => ({ inputs, outputs }))
        const predictors = { ...initial.predictors, route: { instructions: `try ${step}`, demos } }
        const state = { settings: { ...initial.settings, model }, predictors }
        return { state: state as never, rows: 'val' as const, origin: { parents: [0], how: `${model} ${step}` } }
      })
      yield batch
    }
  },
}

/** A world of prices, lengths and limits, drawn from a number. */
function drawn(number: number) {
  const random = seededRandom(seed).fork(`case ${number}`)
  const price = (scale: number) => ({
    usdPerMillionTokensIn: random.int(scale) / 10,
    usdPerMillionTokensOut: random.int(scale),
  })
  const maxOutputTokens = 1 + random.int(200)
  const answering = () =>
    scriptedModel(async () => {
      await Promise.resolve()
      const text = '[[ ## hint ## ]]\nnone\n\n[[ ## team ## ]]\na'
      const { usage, ...answer } = textAnswer(text, 1 + random.int(150))
      const total = 1 + random.int(maxOutputTokens)
      return { ...answer, usage: { ...usage, outputTokens: { ...usage.outputTokens, total, text: total } } }
    })
  const clock = virtualClock()
  const models = createModels({
    env: {},
    clock,
    custom: Object.fromEntries(ids.map((id) => [id, answering()])),
    prices: { 'my/cheap': price(20), 'my/dear': price(400) },
  })
  const evaluator = {
    ...inlineEvaluator({
      definition: program as never,
      metric: program.metric as never,
      binding: { models, clock, maxOutputTokens },
      slots: 1 + random.int(8),
      rowsAtOnce: 1 + random.int(8),
      clock,
    }),
    rowsPerCall: 1 + random.int(20),
  }
  const scale = random.int(2) === 0 ? 1 : 20
  const usd = random.int(10) === 0 ? 0 : (scale * random.int(20_000)) / 1e6
  const budget = random.int(2) === 0 ? { usd } : { tokens: scale * random.int(30_000), calls: scale * random.int(200) }
  return { clock, models, evaluator, budget }
}

async function tuned(
  { clock, models, evaluator, budget }: ReturnType<typeof drawn>,
  { resume, by = evaluator }: { readonly resume?: string; readonly by?: Evaluator },
) {
  const { report } = await optimize(program, {
    train: rows(0, 6),
    val: rows(10, 24),
    teleprompter: dearer,
    models,
    clock,
    budget,
    evaluator: by,
    ...(resume !== undefined && { resume }),
  })
  return report
}

/** How far the parts of a budget were exceeded, at most; 0 for none. */
function excess({ budget: { limits, spent } }: Awaited<ReturnType<typeof tuned>>): number {
  const over = (['calls', 'tokens', 'usd'] as const).map((part) => spent[part] - (limits[part] ?? spent[part]))
  const most = Math.max(...over)
  return most < 1e-9 ? 0 : most
}

test(`no more is spent than may be, also by work that is gone on with (seed ${seed})`, async () => {
  const ends = new Map<string, number>()
  for (let number = 0; number < cases; number++) {
    const resume = join(folder, `case ${number}`)
    const one = drawn(number)
    const first = await tuned(one, { resume })
    const again = await tuned(one, { resume })
    expect([excess(first), excess(again)], `case ${number}`).toEqual([0, 0])
    expect(again.budget.spent.calls).toBeGreaterThanOrEqual(first.budget.spent.calls)
    ends.set(first.ended, (ends.get(first.ended) ?? 0) + 1)
  }
  expect(Math.min(ends.get('budget') ?? 0, ends.get('finished') ?? 0)).toBeGreaterThan(2)
})

test('rows that a budget refused are no failed rows, and are asked when there is more', async () => {
  let refused = 0
  for (let number = 0; number < cases; number += 4) {
    const resume = join(folder, `more ${number}`)
    const one = drawn(number)
    if ((await tuned(one, { resume })).ended === 'budget') refused++
    const enough = await tuned({ ...one, budget: { usd: 1_000 } }, { resume })
    expect([enough.ended, enough.steps.map(({ rows: tried, mean }) => [tried, mean])]).toEqual([
      'finished',
      enough.steps.map(() => [24, 1]),
    ])
  }
  expect(refused).toBeGreaterThan(2)
})

test('nothing is asked where nothing may be spent', async () => {
  const one = drawn(1)
  const { budget, ended } = await tuned({ ...one, budget: { tokens: 0, calls: 9 } }, {})
  expect([budget.spent.calls, ended]).toEqual([0, 'budget'])
})

test('the law finds an evaluator whose rows are paid by the dearest before', async () => {
  const exceeded: number[] = []
  for (let number = 0; number < cases; number++) {
    const one = drawn(number)
    const { takesBudget: _, ...byRows } = one.evaluator
    if (excess(await tuned(one, { by: byRows })) > 0) exceeded.push(number)
  }
  expect(exceeded.length).toBeGreaterThan(0)
})
