import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { delay, MabeamError } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import type { Result } from '../programs/result.ts'
import { withLm } from '../programs/run-context.ts'
import { scriptedModel } from '../testing/index.ts'
import type { ItemOutcome } from './item-call.ts'
import { type Pipeline, pipeline } from './pipeline.ts'
import { bufferMax, concurrencyMax, stagesMax } from './stage-options.ts'

const busy = new MabeamError('dspx/model-failed', 'busy', { retryable: true })
const odd = (n: number) => {
  if (n % 2 === 1) throw new Error(`${n} is odd`)
  return n
}

describe('pipeline', () => {
  test('takes arrays, sets, promises, generators, streams, and functions that open one', async () => {
    async function* later() {
      yield 1
      yield 2
    }
    const sources = [
      [1, 2],
      new Set([1, 2]),
      [1, Promise.resolve(2)],
      later(),
      ReadableStream.from([1, 2]),
      () => [1, 2],
      () => later(),
    ]
    for (const source of sources) expect(await pipeline<number>(source).collect()).toEqual([1, 2])
  })

  test('is a description: each iteration is a run of its own, and methods leave it as it is', async () => {
    const numbers = pipeline([1, 2, 3])
    const doubled = numbers.map((n) => n * 2)
    expect(await doubled.collect()).toEqual([2, 4, 6])
    expect(await doubled.collect()).toEqual([2, 4, 6])
    expect(await numbers.collect()).toEqual([1, 2, 3])
  })

  test('leaves nothing behind at a signal that goes on', async () => {
    const { signal } = new AbortController()
    expect(
      await pipeline([1], { signal })
        .map((n) => n)
        .collect(),
    ).toEqual([1])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('begins nothing before the first item is wanted', async () => {
    let opened = 0
    const run = pipeline(() => [++opened])
      .map(() => ++opened)
      .start()
    await settled()
    expect(opened).toBe(0)
    await run.return()
    expect(await run.next()).toEqual({ done: true, value: undefined })
    expect(opened).toBe(0)
  })

  test('gives results in the order of the items, or as they come', async () => {
    for (const [ordered, expected] of [
      [true, [30, 10, 20]],
      [false, [10, 20, 30]],
    ] as const) {
      const clock = virtualClock()
      const work = (ms: number) => delay(clock, ms).then(() => ms)
      const items = pipeline([30, 10, 20], { clock }).map(work, { concurrency: 3, ordered }).collect()
      await clock.advance(30)
      expect(await items).toEqual(expected)
    }
  })

  test('runs programs, on the model it was given or that of the code around it', async () => {
    const lm = scriptedModel(['[[ ## answer ## ]]\nfine'])
    const ask = predict('question -> answer')
    const questions = pipeline([{ question: 'a' }, { question: 'b' }])
    const results = await questions.map(ask, { concurrency: 2, run: { lm, trace: true } }).collect()
    expectTypeOf(results).items.toExtend<Result<{ answer: string }>>()
    expect(results.map(({ answer, usage, trace }) => [answer, usage.calls, trace.length])).toEqual([
      ['fine', 1, 1],
      ['fine', 1, 1],
    ])
    expect(await withLm(lm, () => questions.map(ask).collect())).toHaveLength(2)
    await expect(questions.map(ask).collect()).rejects.toMatchObject({ code: 'dspx/no-model' })
    // @ts-expect-error the items are no inputs of the program
    void pipeline([{ text: 'a' }]).map(ask)
  })

  test('functions see the context of what began the run, whoever wakes them', async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const run = storage.run('mine', () =>
      pipeline([1, 2, 3, 4])
        .map(() => seen.push(storage.getStore()))
        .batch(2)
        .start(),
    )
    await storage.run('other', async () => {
      for await (const _ of run) await settled()
    })
    expect(seen).toEqual(['mine', 'mine', 'mine', 'mine'])
  })

  test('types follow the items from stage to stage', () => {
    const items = pipeline([1, 'a', Promise.resolve(2)])
    expectTypeOf(items).toEqualTypeOf<Pipeline<number | string>>()
    const numbers = items.filter((item) => typeof item === 'number')
    expectTypeOf(numbers).toEqualTypeOf<Pipeline<number>>()
    expectTypeOf(numbers.map(async (n) => `${n}`)).toEqualTypeOf<Pipeline<string>>()
    expectTypeOf(numbers.map((n) => `${n}`, { errors: 'keep' })).toEqualTypeOf<Pipeline<ItemOutcome<number, string>>>()
    expectTypeOf(numbers.flatMap((n) => [`${n}`]).batch(3)).toEqualTypeOf<Pipeline<string[]>>()
    expectTypeOf(numbers.flatMap(() => new Set([true]), { errors: 'keep' })).toEqualTypeOf<
      Pipeline<ItemOutcome<number, boolean>>
    >()
  })
})

describe('counts', () => {
  test('tell at any time what a stage has read, given, is at work on, and holds', async () => {
    const clock = virtualClock()
    const work = (ms: number) => delay(clock, ms).then(() => ms)
    const run = pipeline([10, 30, 20, 5, 5], { clock })
      .map(work, { name: 'work', concurrency: 2, buffer: 1 })
      .batch(2)
      .start()
    const first = run.next()
    await clock.advance(10)
    expect(run.stages).toEqual([
      { stage: 'work', in: 3, out: 1, failed: 0, failures: [], retries: 0, inFlight: 2, waiting: 0 },
      { stage: 'batch-2', in: 1, out: 0, failed: 0, failures: [], retries: 0, inFlight: 0, waiting: 1 },
    ])
    await clock.advance(25)
    expect((await first).value).toEqual([10, 30])
    expect(run.stages).toMatchObject([
      { in: 5, out: 4, inFlight: 0, waiting: 1 },
      { in: 4, out: 1, waiting: 2 },
    ])
    await run.return()
  })
})

describe('errors of items', () => {
  test('stop everything by default, with an error that names the place', async () => {
    const seen: number[] = []
    const stopped = pipeline([0, 2, 3, 4, 6], { name: 'halves' })
      .map(odd)
      .tap((n) => seen.push(n))
    await expect(stopped.collect()).rejects.toMatchObject({
      code: 'dspx/pipeline-item-failed',
      message: 'pipeline halves: map-1: item 2: 3 is odd',
      data: { pipeline: 'halves', stage: 'map-1', index: 2 },
    })
    expect(seen.every((n) => n < 3)).toBe(true)
    const ours = pipeline([1]).map(() => Promise.reject(busy))
    await expect(ours.collect()).rejects.toMatchObject({
      code: 'dspx/model-failed',
      message: 'busy',
      retryable: true,
      data: { item: { pipeline: 'pipeline', stage: 'map-1', index: 0 } },
      cause: busy,
    })
  })

  test('are left out and counted, or kept as values, in every kind of stage', async () => {
    const five = pipeline([0, 1, 2, 3, 4])
    expect(await five.map(odd, { errors: 'skip', concurrency: 3 }).collect()).toEqual([0, 2, 4])
    expect(await five.filter((n) => odd(n) > 0, { errors: 'skip' }).collect()).toEqual([2, 4])
    expect(await five.tap(odd, { errors: 'skip' }).collect()).toEqual([0, 2, 4])
    expect(await five.flatMap((n) => [odd(n), n], { errors: 'skip' }).collect()).toEqual([0, 0, 2, 2, 4, 4])
    const kept = await pipeline([1, 2]).map(odd, { errors: 'keep' }).collect()
    expect(kept).toMatchObject([
      { type: 'failed', item: 1, error: { code: 'dspx/pipeline-item-failed' } },
      { type: 'done', value: 2 },
    ])
    const [counts] = await five.map(odd, { errors: 'skip' }).run()
    expect(counts).toEqual({
      stage: 'map-1',
      in: 5,
      out: 3,
      failed: 2,
      failures: [
        { index: 1, code: 'dspx/pipeline-item-failed', message: '1 is odd' },
        { index: 3, code: 'dspx/pipeline-item-failed', message: '3 is odd' },
      ],
      retries: 0,
      inFlight: 0,
      waiting: 0,
    })
  })

  test('an inner iterable that throws half way keeps what it gave', async () => {
    function* half(n: number) {
      yield n
      yield odd(n)
    }
    const skipped = pipeline([1, 2]).flatMap(half, { errors: 'skip' })
    expect(await skipped.collect()).toEqual([1, 2, 2])
    const kept = await pipeline([1, 2]).flatMap(half, { errors: 'keep' }).collect()
    expect(kept.map((one) => (one.type === 'done' ? one.value : one.item))).toEqual([1, 1, 2, 2])
    await expect(pipeline([1]).flatMap(half).collect()).rejects.toThrow('flatMap-1: item 0: 1 is odd')
  })

  test.each([['text'], [7], [undefined]])('flatMap is no place for %j', async (given) => {
    const flat = pipeline([0]).flatMap(() => given as unknown as string[])
    await expect(flat.collect()).rejects.toMatchObject({ code: 'dspx/pipeline-item-not-iterable' })
  })

  test('as many as may fail are borne, and one more is too many', async () => {
    const of = (failuresMax: number) => pipeline([1, 2, 3]).map(odd, { errors: 'skip', failuresMax })
    expect(await of(2).collect()).toEqual([2])
    await expect(of(1).collect()).rejects.toMatchObject({
      code: 'dspx/pipeline-too-many-failures',
      data: { failuresMax: 1, index: 2 },
      cause: { message: 'pipeline pipeline: map-1: item 2: 3 is odd' },
    })
  })

  test('are tried again when they say so, or when retryIf does', async () => {
    const clock = virtualClock()
    const tries: number[] = []
    const fails =
      (thrown: unknown) =>
      (n: number, { attempt }: { attempt: number }) => {
        tries.push(attempt)
        if (attempt < 3) throw thrown
        return n
      }
    const retry = { attemptsMax: 3, delayMinMs: 100, jitter: 0 }
    const mended = pipeline([7], { clock }).map(fails(busy), { retry }).run()
    await clock.advance(299)
    expect(tries).toEqual([1, 2])
    await clock.advance(1)
    expect(await mended).toMatchObject([{ out: 1, failed: 0, retries: 2 }])
    await expect(
      pipeline([7], { clock })
        .map(fails(new Error('x')), { retry })
        .collect(),
    ).rejects.toThrow('item 0: x')
    const judged = pipeline([7], { clock })
      .map(fails(new Error('x')), { retry, retryIf: () => true })
      .collect()
    await clock.advance(300)
    expect(await judged).toEqual([7])
    tries.length = 0
    const never = pipeline([7], { clock }).map(fails(new Error('x')), {
      retry: { ...retry, attemptsMax: 2 },
      retryIf: () => true,
    })
    const given = expect(never.collect()).rejects.toThrow('item 0: x')
    await clock.advance(1_000)
    await given
    expect(tries).toEqual([1, 2])
    const thrice = pipeline([7], { clock })
      .map(fails(busy), { retry: { ...retry, attemptsMax: 2 } })
      .collect()
    const refused = expect(thrice).rejects.toMatchObject({ message: 'busy', data: { item: { index: 0 } } })
    await clock.advance(300)
    await refused
  })

  test('a try that takes too long is aborted, and may be tried again', async () => {
    const clock = virtualClock()
    const reasons: string[] = []
    const slow = (n: number, { signal, attempt }: { signal: AbortSignal; attempt: number }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason.code))
      return delay(clock, attempt === 1 ? 1_001 : 1_000).then(() => n)
    }
    const retry = { attemptsMax: 2, delayMinMs: 0 }
    const mended = pipeline([7], { clock }).map(slow, { timeoutMs: 1_000.5, retry }).collect()
    await clock.advance(3_000)
    expect(await mended).toEqual([7])
    const late = expect(pipeline([7], { clock }).map(slow, { timeoutMs: 1_000 }).collect()).rejects.toMatchObject({
      code: 'dspx/pipeline-item-timeout',
    })
    await clock.advance(3_000)
    await late
    expect(reasons).toEqual(['dspx/pipeline-item-timeout', 'dspx/pipeline-item-timeout'])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('batch and rateLimit', () => {
  test('a batch is full, or old enough, or the last', async () => {
    const clock = virtualClock()
    async function* source() {
      for (const waitMs of [0, 0, 0, 10, 95, 0]) {
        await delay(clock, waitMs)
        yield waitMs
      }
    }
    const seen: [number, number[]][] = []
    const running = pipeline(source(), { clock })
      .batch(3, { withinMs: 50 })
      .run((batch) => seen.push([clock.monotonicMs(), batch]))
    await clock.advance(200)
    await running
    expect(seen).toEqual([
      [0, [0, 0, 0]],
      [60, [10]],
      [105, [95, 0]],
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a rate holds over time, with a burst after a pause', async () => {
    const clock = virtualClock()
    const times: number[] = []
    const running = pipeline([1, 2, 3, 4], { clock })
      .rateLimit({ perSec: 10, burst: 2 })
      .run(() => times.push(clock.monotonicMs()))
    await clock.advance(1_000)
    await running
    expect(times).toEqual([0, 0, 100, 200])
  })
})

describe('events', () => {
  test('tell of each item that was tried again or failed, each stage and the end', async () => {
    const telemetry = collectTelemetry()
    const retry = { attemptsMax: 2, delayMinMs: 0 }
    const fails = (n: number) => (n === 1 ? Promise.reject(busy) : n)
    await pipeline([1, 2], { telemetry, name: 'p', clock: virtualClock() }).map(fails, { errors: 'skip', retry }).run()
    const failed = { pipeline: 'p', stage: 'map-1', code: 'dspx/model-failed' }
    expect(telemetry.events).toEqual([
      {
        name: 'dspx.pipeline-item-retried',
        measurements: { index: 0, attempt: 1, delayMs: 0 },
        metadata: failed,
      },
      {
        name: 'dspx.pipeline-item-failed',
        measurements: { index: 0 },
        metadata: { ...failed, policy: 'skip' },
      },
      {
        name: 'dspx.pipeline-stage-ended',
        measurements: { itemsIn: 2, itemsOut: 1, failed: 1, retries: 1 },
        metadata: { pipeline: 'p', stage: 'map-1' },
      },
      {
        name: 'dspx.pipeline-ended',
        measurements: { durationMs: 0, stages: 1, abandoned: 0 },
        metadata: { pipeline: 'p', outcome: 'completed' },
      },
    ])
  })
})

describe('options', () => {
  const five = pipeline([1])
  const bad: readonly [string, () => unknown][] = [
    ['expected an iterable', () => pipeline('text' as unknown as string[])],
    ['expected an iterable', () => pipeline(7 as unknown as number[])],
    ['expected one of run.lm', () => pipeline([1]).map((one) => one, { lm: 'local/small' } as never)],
    ['did you mean "clock"', () => pipeline([], { clok: 1 } as object)],
    ['closeTimeoutMs', () => pipeline([], { closeTimeoutMs: Number.NaN })],
    ['map: concurrency', () => five.map((n) => n, { concurrency: 0 })],
    ['map: concurrency', () => five.map((n) => n, { concurrency: 100_001 })],
    ['map: buffer', () => five.map((n) => n, { buffer: -1 })],
    ['map: timeoutMs', () => five.map((n) => n, { timeoutMs: 0 })],
    ['map: failuresMax', () => five.map((n) => n, { failuresMax: Number.NaN })],
    ['map: errors: expected one of stop, skip, keep', () => five.map((n) => n, { errors: 'drop' as 'skip' })],
    ['tap: errors: expected one of stop, skip', () => five.tap((n) => n, { errors: 'keep' as 'skip' })],
    ['map: run: expected a function', () => five.map(7 as never)],
    ['did you mean "concurrency"', () => five.map((n) => n, { concurency: 2 } as object)],
    ['retry: attemptsMax', () => five.map((n) => n, { retry: { attemptsMax: 0 } })],
    ['batch: size', () => five.batch(0)],
    ['batch: size', () => five.batch(1.5)],
    ['batch: withinMs', () => five.batch(2, { withinMs: Number.NaN })],
    ['rateLimit: perSec', () => five.rateLimit({ perSec: 0 })],
    ['rateLimit: burst', () => five.rateLimit({ perSec: 1, burst: 0 })],
    ['a name of its own', () => five.map((n) => n, { name: 'a' }).tap((n) => n, { name: 'a' })],
  ]
  test.each(bad)('%s: anything else is refused when the stage is made', (message, make) => {
    expect(make).toThrow(message)
  })

  test('bounds are taken at their limit', async () => {
    const widest = five.map((n) => n, { concurrency: concurrencyMax, buffer: bufferMax }).batch(bufferMax)
    expect(await widest.collect()).toEqual([[1]])
    expect(() => five.map((n) => n, { buffer: bufferMax + 1 })).toThrow('buffer')
    expect(() => five.batch(bufferMax + 1)).toThrow('size')
  })

  test('a pipeline has as many stages as it may and no more', () => {
    let long: Pipeline<number> = five
    for (let i = 0; i < stagesMax; i++) long = long.map((n) => n)
    expect(() => long.map((n) => n)).toThrow(`expected at most ${stagesMax} stages`)
  })

  test('what is undefined says nothing', async () => {
    const options = { concurrency: undefined, errors: undefined } as object
    expect(
      await pipeline([1], { name: undefined } as object)
        .map((n) => n, options)
        .collect(),
    ).toEqual([1])
  })
})
