import { delay, memoryCacheStore } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { createBudget } from '../models/budget/budget.ts'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { layeredEmbedder, paidEmbedder } from '../models/embeddings/paid-embedder.fixture.ts'
import { createModels } from '../models/models.ts'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import { labeledFewShot } from '../tuning/teleprompters/labeled-few-shot.ts'
import { evaluate } from './evaluate.ts'
import { judgeMetric } from './metrics/judge.ts'
import { semanticMetric } from './metrics/semantic.ts'

const rows = (part: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${part}${i}`,
    inputs: { q: `${part} ${i}` },
    outputs: { a: `label ${i}` },
  }))
const lm = () => scriptedModel(['[[ ## a ## ]]\nsomething else'])

const freeModel = () =>
  createModels({
    env: {},
    custom: { 'my/free': lm() },
    prices: { 'my/free': { usdPerMillionTokensIn: 0, usdPerMillionTokensOut: 0 } },
  }).get('my/free')

describe('what a semantic metric embeds', () => {
  test.each([
    ['with our layers', layeredEmbedder],
    ['without', (model: EmbeddingModel) => model],
  ])('is paid from the budget of evaluate, %s', async (_, layersOf) => {
    const { model, calls } = paidEmbedder()
    const metric = semanticMetric({ field: 'a', embed: layersOf(model) })
    const budget = createBudget({ calls: 100 })
    await evaluate(predict('q -> a'), rows('row', 4), { metric, lm: lm(), budget })
    expect([calls.length, budget.spent.calls, budget.reserved.calls]).toEqual([4, 8, 0])
    const short = createBudget({ calls: 5 })
    const stopped = evaluate(predict('q -> a'), rows('row', 4), { metric, lm: lm(), budget: short, concurrency: 1 })
    await expect(stopped).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
    expect([calls.length, short.spent.calls]).toEqual([6, 5])
  })

  test('is paid in money', async () => {
    const { model } = paidEmbedder()
    const metric = semanticMetric({ field: 'a', embed: layeredEmbedder(model) })
    const usd = createBudget({ usd: 1_000 })
    const unpriced = semanticMetric({ field: 'a', embed: model })
    const judged = (by: typeof metric) =>
      evaluate(predict('q -> a'), rows('row', 1), { metric: by, lm: freeModel(), budget: usd })
    await judged(metric)
    expect(usd.spent.usd).toBe('something elselabel 0'.length)
    await expect(judged(unpriced)).rejects.toMatchObject({ code: 'dspx/price-unknown' })
  })

  test('by the embedded model is free, and needs no price', async () => {
    const usd = createBudget({ calls: 1, usd: 1 })
    const metric = semanticMetric({ field: 'a' })
    await evaluate(predict('q -> a'), rows('row', 1), { metric, lm: freeModel(), budget: usd })
    expect(usd.spent.calls).toBe(1)
  })

  test('is paid from the budget of optimize, which ends with it', async () => {
    const { model, calls } = paidEmbedder()
    const asked = lm()
    const options = {
      train: rows('train', 6),
      val: rows('val', 6),
      metric: semanticMetric({ field: 'a', embed: model }),
      teleprompter: labeledFewShot({ demos: 2 }),
      lm: asked,
    }
    const whole = await optimize(predict('q -> a'), options)
    expect([calls.length > 0, whole.budget.spent.calls]).toEqual([true, calls.length + asked.calls.length])
    const short = await optimize(predict('q -> a'), { ...options, budget: { calls: 10 } })
    expect([short.report.ended, short.budget.spent.calls]).toEqual(['budget', 10])
  })

  test('ends with the evaluation', async () => {
    const clock = virtualClock()
    const caller = new AbortController()
    const { model, calls } = paidEmbedder((signal) => delay(clock, 60_000, signal))
    const metric = semanticMetric({ field: 'a', embed: model })
    const running = evaluate(predict('q -> a'), rows('row', 2), { metric, lm: lm(), signal: caller.signal })
    const given = expect(running).rejects.toThrow('enough')
    while (calls.length < 2) await new Promise((resolve) => setImmediate(resolve))
    caller.abort(new Error('enough'))
    await given
    expect(clock.pendingTimers).toBe(0)
  })
})

test('a judge spends from the budget of evaluate', async () => {
  const judge = scriptedModel(['[[ ## reasoning ## ]]\nso\n\n[[ ## grade ## ]]\n5'])
  const budget = createBudget({ calls: 100 })
  const metric = judgeMetric({ criteria: 'good', lm: judge })
  const { accuracy } = await evaluate(predict('q -> a'), rows('row', 3), { metric, lm: lm(), budget })
  expect([accuracy, judge.calls.length, budget.spent.calls]).toEqual([1, 3, 6])
})

describe('evaluate and optimize', () => {
  const evaluating = (options: object) =>
    evaluate(predict('q -> a'), rows('row', 1), { metric: () => 1, lm: lm(), ...options })
  const optimizing = (options: object) =>
    optimize(predict('q -> a'), { train: rows('t', 4), metric: () => 1, teleprompter: labeledFewShot(), ...options })

  test.each([
    ['signal', {}, 'an AbortSignal, got {}'],
    ['signal', new AbortController(), 'an AbortSignal, got {}'],
    ['signal', 'stop', 'an AbortSignal, got "stop"'],
    ['clock', {}, 'an object with the methods nowMs, monotonicMs, setTimer, got {}'],
    ['clock', { nowMs: () => 1 }, 'an object with the methods nowMs, monotonicMs, setTimer, got {}'],
    ['clock', 5, 'an object with the methods nowMs, monotonicMs, setTimer, got 5'],
    ['telemetry', {}, 'an object with the methods emit, got {}'],
  ])('refuse a wrong %s: %j', async (key, value, sentence) => {
    for (const [owner, run] of [
      ['evaluate', evaluating],
      ['optimize', optimizing],
    ] as const) {
      await expect(run({ [key]: value })).rejects.toMatchObject({
        code: 'foundation/invalid-option',
        message: `${owner}: ${key}: expected ${sentence}`,
      })
    }
  })

  test('hand on what they are told of the cache, and of runs that end before what works in them', async () => {
    const asked = lm()
    const models = createModels({ env: {}, custom: { 'my/model': asked }, cache: memoryCacheStore({ entriesMax: 10 }) })
    const options = { metric: () => 1, models, lm: 'my/model' }
    for (const cache of ['use', 'use', 'bypass'] as const) {
      await evaluate(predict('q -> a'), rows('row', 1), { ...options, cache })
    }
    expect(asked.calls).toHaveLength(2)
    const telemetry = collectTelemetry()
    class Left extends Program {
      step = predict('q -> a')
      async forward({ q }: { q: string }) {
        void this.step.run({ q })
        return { a: 'done' }
      }
    }
    await evaluate(new Left(), rows('row', 3), { metric: () => 1, lm: asked, telemetry })
    expect(telemetry.named('dspx.inner-runs-aborted')).toHaveLength(3)
    await optimize(new Left(), {
      train: rows('train', 4),
      val: rows('val', 5),
      metric: () => 1,
      teleprompter: labeledFewShot({ demos: 1 }),
      lm: asked,
      telemetry,
    })
    expect(telemetry.named('dspx.inner-runs-aborted').length).toBeGreaterThan(3)
  })
})
