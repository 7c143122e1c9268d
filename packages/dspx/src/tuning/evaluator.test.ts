/** Rows in pieces: what an evaluator is given at a time, and what holds when a piece is cut, refused, failed or not paid. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MabeamError, toWireError } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { noUsage } from '../models/usage.ts'
import { predict } from '../programs/predictor.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { type Evaluator, inlineEvaluator, type TryOptions } from './evaluator.ts'
import { optimize } from './optimize.ts'
import type { OptimizeOptions } from './optimize-options.ts'
import type { ScoredRow, Teleprompter } from './teleprompter.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: 'a' },
  }))

/** Tries two more states on all validation rows. */
const two: Teleprompter = {
  name: 'two',
  async *propose({ initial }) {
    const told = (instructions: string) => ({
      state: { ...initial, predictors: { predict: { demos: [], instructions } } },
      rows: 'val' as const,
      origin: { parents: [0], how: instructions },
    })
    yield [told('one'), told('other')]
  },
}

const usage = { ...noUsage, calls: 1 }
const scored = (id: string): ScoredRow => ({ id, score: 1, outputs: {}, usage })
const failed = (id: string, code: string): ScoredRow => {
  return { id, score: 0, error: toWireError(new MabeamError(code, 'refused')), usage: noUsage }
}

interface Piece {
  readonly state: string
  readonly ids: readonly string[]
}

/** Notes what it is given; `answer` may change what a row comes to. */
function noting(
  more: Partial<Evaluator>,
  answer: (id: string, piece: number) => ScoredRow | undefined = (id) => scored(id),
): { readonly pieces: Piece[]; readonly evaluator: Evaluator } {
  const pieces: Piece[] = []
  const evaluator: Evaluator = {
    slots: 1,
    evaluate: async (state, given) => {
      const piece = pieces.push({
        state: state.predictors.predict?.instructions ?? '',
        ids: given.map(({ id }) => id),
      })
      return given.flatMap(({ id }) => answer(id, piece) ?? [])
    },
    ...more,
  }
  return { pieces, evaluator }
}

const run = (evaluator: Evaluator, more: Partial<OptimizeOptions> = {}) =>
  optimize(predict('text -> team: "a" | "b"', { instructions: 'given' }), {
    train: rows(0, 2),
    val: rows(10, 10),
    metric: exactMatch('team'),
    lm: scriptedModel(() => 'never asked'),
    teleprompter: two,
    tune: { instructions: true },
    evaluator,
    ...more,
  })

const sizes = (pieces: readonly Piece[]) => pieces.map(({ ids }) => ids.length)

describe('rows of a call', () => {
  test('are one by one where the evaluator says nothing', async () => {
    const { pieces, evaluator } = noting({})
    await run(evaluator)
    expect(sizes(pieces)).toEqual(Array(30).fill(1))
  })

  test('are of one state, at most rowsPerCall, and evenly many for every slot', async () => {
    const { pieces, evaluator } = noting({ slots: 2, rowsPerCall: 4 })
    await run(evaluator)
    expect(sizes(pieces.slice(0, 4))).toEqual([3, 3, 3, 1])
    for (const { ids } of pieces) expect(ids.length).toBeLessThanOrEqual(4)
    expect(pieces.flatMap(({ ids }) => ids)).toHaveLength(30)
    const whole = noting({ slots: 3, rowsPerCall: 100 })
    await run(whole.evaluator)
    expect(sizes(whole.pieces)).toEqual([4, 4, 2, 7, 3, 7, 3])
    expect(whole.pieces.map(({ state }) => state)).toEqual(['given', 'given', 'given', 'one', 'one', 'other', 'other'])
  })

  test('may be as many as teleprompters are told of', async () => {
    let seen = 0
    const { evaluator } = noting({ slots: 3, rowsPerCall: 5 })
    const looking: Teleprompter = {
      name: 'looking',
      async *propose({ rowsAtOnce }) {
        seen = rowsAtOnce
        yield []
      },
    }
    await run(evaluator, { teleprompter: looking })
    expect(seen).toBe(15)
  })

  test('without a result for each in its order are refused, naming the first that is missing', async () => {
    const cut = noting({ rowsPerCall: 5 }, (id) => (id === 'rows:13' ? undefined : scored(id)))
    await expect(run(cut.evaluator)).rejects.toMatchObject({
      code: 'dspx/invalid-evaluation',
      data: { id: 'rows:13', got: 'rows:14' },
    })
    const short = noting({ rowsPerCall: 5 }, (id) => (id === 'rows:14' ? undefined : scored(id)))
    await expect(run(short.evaluator)).rejects.toMatchObject({
      code: 'dspx/invalid-evaluation',
      data: { id: 'rows:14', got: null },
    })
  })
})

describe('a piece', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-pieces-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('with a failed call in its middle loses that row only, and counts it', async () => {
    const { evaluator } = noting({ rowsPerCall: 5 }, (id) => (id === 'rows:12' ? failed(id, 'test/down') : scored(id)))
    const { report } = await run(evaluator)
    expect(report.steps.map(({ mean }) => mean)).toEqual([0.9, 0.9, 0.9])
    await expect(run(evaluator, { errorsMax: 1 })).rejects.toMatchObject({ code: 'dspx/too-many-errors' })
    expect((await run(evaluator, { errorsMax: 2 })).report.ended).toBe('finished')
  })

  test('that threw is tried again when the work is resumed, and no other is', async () => {
    const resume = join(folder, 'thrown')
    const crash = noting({ rowsPerCall: 5 }, (id, piece) => {
      if (piece === 4) throw new MabeamError('test/crashed', 'crashed', { retryable: true })
      return scored(id)
    })
    await expect(run(crash.evaluator, { resume })).rejects.toMatchObject({ code: 'test/crashed' })
    const again = noting({ rowsPerCall: 5 })
    const { report, unknown } = await run(again.evaluator, { resume })
    expect(again.pieces.map(({ state, ids }) => [state, ids[0]])).toEqual([
      ['one', 'rows:15'],
      ['other', 'rows:10'],
      ['other', 'rows:15'],
    ])
    expect(report.resumed?.rows).toBe(15)
    expect(unknown).toMatchObject({ rows: 5, worst: { calls: 5 } })
  })

  test('is cut to what the budget pays for, which then holds to the call and goes on with more', async () => {
    const resume = join(folder, 'budget')
    const { pieces, evaluator } = noting({ rowsPerCall: 5 })
    const first = await run(evaluator, { resume, budget: { calls: 13 } })
    expect(sizes(pieces)).toEqual([5, 5, 3])
    expect([first.report.ended, first.budget.spent.calls]).toEqual(['budget', 13])
    const more = noting({ rowsPerCall: 5 })
    const second = await run(more.evaluator, { resume, budget: { calls: 30 } })
    expect(more.pieces.flatMap(({ ids }) => ids)).toHaveLength(17)
    expect([second.report.ended, second.budget.spent.calls]).toEqual(['finished', 30])
  })

  test('is paid by its dearest row so far, so that a limit between two rows is not passed', async () => {
    const dear = (id: string) => ({ ...scored(id), usage: { ...usage, calls: 3 } })
    const { pieces, evaluator } = noting({ rowsPerCall: 5 }, dear)
    const { budget } = await run(evaluator, { budget: { calls: 40 } })
    expect(budget.spent.calls).toBe(39)
    expect(sizes(pieces)).toEqual([5, 5, 3])
  })

  test('is begun with one row where tokens or money are limited, so that the others can be paid for', async () => {
    const priced = (id: string) => ({ ...scored(id), usage: { ...usage, tokensIn: 10 } })
    const none = noting({ slots: 4, rowsPerCall: 5 }, priced)
    const { report, budget } = await run(none.evaluator, { budget: { tokens: 0 } })
    expect([report.ended, sizes(none.pieces), budget.spent.tokens]).toEqual(['budget', [1], 10])
    const some = noting({ slots: 4, rowsPerCall: 5 }, priced)
    expect((await run(some.evaluator, { budget: { tokens: 85 } })).budget.spent.tokens).toBe(80)
    expect(sizes(some.pieces)).toEqual([1, 3, 3, 1])
    const free = noting({ slots: 4, rowsPerCall: 5 })
    expect((await run(free.evaluator, { budget: { calls: 30 } })).report.ended).toBe('finished')
    expect(sizes(free.pieces)[0]).toBe(3)
  })

  test('with rows that an evaluator refused to pay keeps the others and ends the search', async () => {
    const { pieces, evaluator } = noting({ rowsPerCall: 5 }, (id, piece) =>
      piece > 2 && id === 'rows:11' ? failed(id, 'dspx/budget-exhausted') : scored(id),
    )
    const { report } = await run(evaluator)
    expect([report.ended, pieces.length]).toEqual(['budget', 3])
    expect(report.steps.map(({ rows: count }) => count)).toEqual([10, 4])
  })
})

describe('inlineEvaluator', () => {
  const definition = defineProgram({
    name: 'route',
    predictors: { route: 'text -> team: "a" | "b"' },
    metric: exactMatch('team'),
  }) as never as Parameters<typeof inlineEvaluator>[0]['definition']
  const how: TryOptions = { seed: 1, signal: new AbortController().signal, trace: false }
  const make = (lm: ReturnType<typeof scriptedModel>, more: object = {}) => {
    const clock = virtualClock()
    const binding = { models: { get: () => lm }, clock }
    return inlineEvaluator({ definition, metric: definition.metric, binding, slots: 1, clock, ...more })
  }

  test('tries rows of a call at once, no more than it may, and gives them in their order', async () => {
    let under = 0
    let most = 0
    const lm = scriptedModel(async ({ prompt }) => {
      most = Math.max(most, ++under)
      await Promise.resolve()
      under--
      return `[[ ## team ## ]]\n${/row 1[02];/.test(messageText(prompt.at(-1))) ? 'a' : 'b'}`
    })
    const given = await make(lm, { rowsAtOnce: 3 }).evaluate(definition.initialState(), rows(10, 6), how)
    expect(given.map(({ id, score }) => [id, score])).toEqual(
      [1, 0, 1, 0, 0, 0].map((score, i) => [`rows:${10 + i}`, score]),
    )
    expect(most).toBe(3)
  })

  test('bears as many failed calls as it may and throws at one more, asking no further row', async () => {
    const lm = scriptedModel(() => new MabeamError('test/down', 'down', { retryable: true }))
    const state = definition.initialState()
    expect(await make(lm, { errorsMax: 4 }).evaluate(state, rows(0, 4), how)).toHaveLength(4)
    const over = make(lm, { errorsMax: 4, rowsAtOnce: 2 }).evaluate(state, rows(0, 50), how)
    await expect(over).rejects.toMatchObject({ code: 'dspx/too-many-errors', retryable: true })
    expect(lm.calls.length).toBeLessThan(12)
  })

  test.each([{ slots: 0 }, { rowsAtOnce: 0 }, { errorsMax: -1 }, { errorMax: 3 }, { definition: {} }, { metric: 3 }])(
    'refuses %j',
    (wrong) => {
      expect(() =>
        make(
          scriptedModel(() => ''),
          wrong,
        ),
      ).toThrow(/^inlineEvaluator: /)
    },
  )

  test('stops with the reason of the signal', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const lm = scriptedModel(() => {
      stop.abort(reason)
      return '[[ ## team ## ]]\na'
    })
    const stopped = make(lm, { rowsAtOnce: 2 }).evaluate(definition.initialState(), rows(0, 9), {
      ...how,
      signal: stop.signal,
    })
    await expect(stopped).rejects.toBe(reason)
    expect(lm.calls.length).toBeLessThan(4)
  })
})
