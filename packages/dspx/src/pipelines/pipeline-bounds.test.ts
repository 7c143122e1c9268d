import { delay } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { pipeline } from './pipeline.ts'
import { failureCharsMax } from './stage.ts'
import { failuresKeptMax } from './stage-options.ts'

const fails = (n: number): number => {
  throw new Error(`no ${n}`)
}
/** Numbers that tell how many were read and whether they were closed. */
function counted(count: number, told: { read: number; closed: boolean }) {
  return function* () {
    try {
      for (; told.read < count; told.read++) yield told.read
    } finally {
      told.closed = true
    }
  }
}

describe('failures that are kept', () => {
  test('are the first ones, as many as were asked for, ten where nobody says', async () => {
    const numbers = pipeline(Array.from({ length: 30 }, (_, i) => i))
    for (const [options, kept] of [
      [{}, 10],
      [{ failuresKept: 0 }, 0],
      [{ failuresKept: 29 }, 29],
      [{ failuresKept: 30 }, 30],
      [{ failuresKept: failuresKeptMax }, 30],
    ] as const) {
      const [counts] = await numbers.map(fails, { errors: 'skip', ...options }).run()
      expect(counts?.failed).toBe(30)
      expect(counts?.failures.map(({ index }) => index)).toEqual([...Array(kept).keys()])
    }
    expect(() => numbers.map(fails, { failuresKept: failuresKeptMax + 1 })).toThrow('map: failuresKept: expected')
  })

  test('say where and why, each stage its own, with a bounded message', async () => {
    const long = 'x'.repeat(failureCharsMax)
    const run = pipeline([1, 2, 3])
      .tap((n) => (n === 2 ? fails(n) : n), { errors: 'skip' })
      .map((n) => Promise.reject(new Error(n === 1 ? long : `${long}y`)), { errors: 'keep', name: 'ask' })
      .flatMap(() => 7 as never, { errors: 'skip', name: 'unfold' })
    const [tap, ask, unfold] = await run.run()
    expect(tap?.failures).toEqual([{ index: 1, code: 'dspx/pipeline-item-failed', message: 'no 2' }])
    expect(ask?.failures.map(({ message }) => message)).toEqual([long, long])
    expect(unfold?.failures.map(({ index, code }) => [index, code])).toEqual([
      [0, 'dspx/pipeline-item-not-iterable'],
      [1, 'dspx/pipeline-item-not-iterable'],
    ])
  })

  test('are copies: what is looked at while a run goes on stays as it was', async () => {
    const run = pipeline([1, 2]).map(fails, { errors: 'keep', buffer: 0 }).start()
    await run.next()
    const [seen] = run.stages
    await run.next()
    await run.next()
    expect([seen?.failures.length, run.stages[0]?.failures.length]).toEqual([1, 2])
  })

  test('are told by the error that one too many stops with', async () => {
    const bounded = pipeline([1, 2, 3, 4]).map(fails, { errors: 'skip', failuresMax: 2, failuresKept: 2 })
    await expect(bounded.run()).rejects.toMatchObject({
      code: 'dspx/pipeline-too-many-failures',
      data: { failures: [{ index: 0, message: 'no 1' }, { index: 1 }] },
    })
  })
})

describe('what is held', () => {
  test('stays within the bounds of the stages however many items there are and however slow the end is', async () => {
    const told = { read: 0, closed: false }
    let [given, most] = [0, 0]
    const concurrency = 4
    const held = pipeline(counted(20_000, told))
      .map((n) => n, { concurrency, buffer: 3 })
      .map(async (n) => n, { concurrency, buffer: 3, ordered: false })
      .batch(5)
    await held.run((batch) => {
      most = Math.max(most, told.read - given)
      given += batch.length
    })
    expect(given).toBe(20_000)
    // two stages of 4 + 3, a batch that fills and one that is given, and one on its way into each stage
    expect(most).toBeLessThanOrEqual(2 * (concurrency + 3) + 2 * 5 + 3)
    expect(told.closed).toBe(true)
  })

  test('is no more than was read when nobody takes any more', async () => {
    const told = { read: 0, closed: false }
    const run = pipeline(counted(1_000, told))
      .map((n) => n, { concurrency: 2, buffer: 3 })
      .start()
    await run.next()
    for (let i = 0; i < 50; i++) await settled()
    expect(told.read).toBeLessThanOrEqual(1 + 2 + 3 + 1)
    expect(run.stages).toMatchObject([{ out: 1, inFlight: 0, waiting: 5 }])
    await run.return()
    expect(told.closed).toBe(true)
  })

  test.each([true, false])('more lanes than items, ordered %j: all run at once, and the end comes', async (ordered) => {
    const clock = virtualClock()
    let most = 0
    let atWork = 0
    const work = async (ms: number) => {
      most = Math.max(most, ++atWork)
      await delay(clock, ms)
      atWork--
      return ms
    }
    const items = pipeline([30, 20, 10], { clock }).map(work, { concurrency: 100_000, ordered }).collect()
    await clock.advance(30)
    expect(await items).toEqual(ordered ? [30, 20, 10] : [10, 20, 30])
    expect(most).toBe(3)
  })
})

describe('a run that ends in the middle', () => {
  test('by its signal: nothing more is begun, what is under way is told, no timer is left', async () => {
    const clock = virtualClock()
    const stop = new AbortController()
    const told = { read: 0, closed: false }
    const telemetry = collectTelemetry()
    const seen: number[] = []
    const running = pipeline(counted(1_000, told), { signal: stop.signal, clock, telemetry })
      .map((n, { signal }) => delay(clock, 10, signal).then(() => n), { concurrency: 3 })
      .rateLimit({ perSec: 10 })
      .batch(2, { withinMs: 50 })
      .run((batch) => seen.push(...batch))
    const rejected = expect(running).rejects.toThrow('enough')
    await clock.advance(500)
    const { read } = told
    stop.abort(new Error('enough'))
    await rejected
    await clock.advance(10_000)
    expect(seen.length).toBeGreaterThan(0)
    expect(told).toEqual({ read, closed: true })
    expect(clock.pendingTimers).toBe(0)
    expect(telemetry.events.at(-1)).toMatchObject({ metadata: { outcome: 'aborted' }, measurements: { abandoned: 0 } })
  })

  test('by a source that throws late: its error, after what was given before', async () => {
    const clock = virtualClock()
    const aborted: unknown[] = []
    const seen: number[] = []
    async function* source() {
      for (let n = 0; n < 5; n++) {
        await delay(clock, 10)
        yield n
      }
      throw new Error('the line is dead')
    }
    const slow = (n: number, { signal }: { readonly signal: AbortSignal }) => {
      if (n < 4) return n
      return new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(signal.reason)
          reject(signal.reason)
        })
      })
    }
    const running = pipeline(source, { clock })
      .map(slow, { concurrency: 4 })
      .run((n) => seen.push(n))
    const rejected = expect(running).rejects.toMatchObject({
      code: 'dspx/pipeline-source-failed',
      message: 'pipeline pipeline: source: the line is dead',
    })
    await clock.advance(100)
    await rejected
    expect(seen).toEqual([0, 1, 2, 3])
    expect(aborted).toMatchObject([{ code: 'dspx/pipeline-source-failed' }])
    expect(clock.pendingTimers).toBe(0)
  })

  test('while it waits for its rate', async () => {
    const clock = virtualClock()
    const run = pipeline([1, 2, 3], { clock }).rateLimit({ perSec: 1 }).start()
    expect((await run.next()).value).toBe(1)
    const waiting = run.next()
    await settled()
    expect([clock.pendingTimers, run.stages[0]?.waiting]).toEqual([1, 1])
    await run.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a rate', () => {
  test('holds behind lanes and in front of a batch, whatever is faster', async () => {
    const clock = virtualClock()
    const times: number[] = []
    const running = pipeline(
      Array.from({ length: 6 }, (_, i) => i),
      { clock },
    )
      .map((n) => n, { concurrency: 3 })
      .rateLimit({ perSec: 4, burst: 3 })
      .tap(() => times.push(clock.monotonicMs()))
      .batch(2)
      .collect()
    await clock.advance(1_000)
    expect(await running).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
    expect(times).toEqual([0, 0, 0, 250, 500, 750])
  })
})
