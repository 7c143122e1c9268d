import { delay, seededRandom } from '@mabeam/foundation'
import { settled, type VirtualClock, virtualClock } from '@mabeam/foundation/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pipeline } from './pipeline.ts'
import { pipeline } from './pipeline.ts'

/** Items from 0, a source that takes its time, and what has happened to it. */
class Watched {
  read = 0
  closed = 0
  readonly #clock: VirtualClock
  readonly #count: number
  readonly #sourceMs: number

  constructor(clock: VirtualClock, count: number, sourceMs: number) {
    this.#clock = clock
    this.#count = count
    this.#sourceMs = sourceMs
  }

  async *items(): AsyncGenerator<number> {
    try {
      while (this.read < this.#count) {
        if (this.#sourceMs > 0) await delay(this.#clock, this.#sourceMs)
        yield this.read++
      }
    } finally {
      this.closed++
    }
  }
}

/** How many are at work, and the most there were. */
class Work {
  running = 0
  most = 0
  begun = 0

  async on<T>(clock: VirtualClock, ms: number, value: T): Promise<T> {
    this.running++
    this.begun++
    this.most = Math.max(this.most, this.running)
    await delay(clock, ms)
    this.running--
    return value
  }
}

/** Lets time pass until it is done. */
async function passed<T>(clock: VirtualClock, running: Promise<T>): Promise<T> {
  let over = false
  const end = () => {
    over = true
  }
  running.then(end, end)
  for (let i = 0; i < 20_000 && !over; i++) await clock.advance(Math.max(1, clock.nextTimerMs ?? 0))
  expect(over).toBe(true)
  return await running
}

const plan = fc.record({
  seed: fc.nat(1e6),
  count: fc.nat(25),
  sourceMs: fc.nat(3),
  concurrency: fc.integer({ min: 1, max: 5 }),
  buffer: fc.nat(4),
  ordered: fc.boolean(),
  size: fc.integer({ min: 1, max: 4 }),
  withinMs: fc.constantFrom(0, 5, Number.POSITIVE_INFINITY),
  perSec: fc.constantFrom(1e6, 200),
})
const runs = { numRuns: 60, seed: 7 }
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never

/** All kinds of stages, and what is left of each item: those that three does not divide, twice. */
function staged(given: Plan, source: Watched, of: { clock: VirtualClock; work: Work }): Pipeline<number> {
  const { seed, size, withinMs, perSec, concurrency, buffer, ordered } = given
  const random = seededRandom(seed)
  const took = Array.from({ length: given.count }, () => random.int(10))
  return pipeline(source.items(), { clock: of.clock })
    .map((n) => of.work.on(of.clock, took[n] as number, n), { concurrency, buffer, ordered })
    .filter((n) => n % 3 !== 0)
    .batch(size, { withinMs })
    .tap(() => {})
    .flatMap((batch) => batch.flatMap((n) => [n, n]))
    .rateLimit({ perSec, burst: 2 })
}
const expected = (count: number) =>
  Array.from({ length: count }, (_, n) => n).flatMap((n) => (n % 3 === 0 ? [] : [n, n]))

describe('pipelines', () => {
  test('lose nothing, double nothing, keep the order and hold their bounds', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (given) => {
        const clock = virtualClock()
        const source = new Watched(clock, given.count, given.sourceMs)
        const work = new Work()
        const items = await passed(clock, staged(given, source, { clock, work }).collect())
        expect(given.ordered ? items : items.toSorted((a, b) => a - b)).toEqual(expected(given.count))
        expect(work.most).toBeLessThanOrEqual(given.concurrency)
        expect(source.closed).toBe(1)
        expect(clock.pendingTimers).toBe(0)
      }),
      runs,
    )
  })

  test('read no further ahead than they may hold while nobody takes', async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(6), async (given, taken) => {
        const clock = virtualClock()
        const source = new Watched(clock, 1_000, 0)
        const work = new Work()
        const { concurrency, buffer, ordered, size } = given
        const run = pipeline(source.items(), { clock })
          .map((n) => work.on(clock, n % 7, n), { concurrency, buffer, ordered })
          .batch(size)
          .start()
        const got: number[][] = []
        for (let i = 0; i < taken; i++) got.push((await passed(clock, run.next())).value ?? [])
        await clock.advance(500)
        await settled()
        const held = taken === 0 ? 0 : concurrency + buffer + size
        expect(work.begun).toBeLessThanOrEqual(taken * size + held)
        expect(got.every((batch) => batch.length === size)).toBe(true)
        // One that waits at the door of a free lane is none that is held.
        if (taken > 0) expect(work.begun).toBe(taken * size + held)
        const [lanes] = run.stages
        expect(lanes?.inFlight).toBe(0)
        if (taken > 0) expect(lanes?.waiting).toBe(concurrency + buffer)
        await run.return()
        expect(source.closed).toBe(taken === 0 ? 0 : 1)
        expect(clock.pendingTimers).toBe(0)
      }),
      runs,
    )
  })

  test('that are left, aborted or failed close their source, end their work and leave no timer', async () => {
    const how = fc.constantFrom('left', 'aborted', 'failed')
    await fc.assert(
      fc.asyncProperty(plan, how, fc.nat(8), async (given, way, after) => {
        const clock = virtualClock()
        const source = new Watched(clock, 100, given.sourceMs)
        const work = new Work()
        const stop = new AbortController()
        const { concurrency, buffer, ordered, size, withinMs } = given
        const run = pipeline(source.items(), { clock, signal: stop.signal })
          .map((n) => work.on(clock, n % 5, n), { concurrency, buffer, ordered })
          .tap(() => {
            if (way === 'failed' && work.begun > after) throw new Error('enough')
          })
          .batch(size, { withinMs })
          .start()
        let got = 0
        const ended = passed(
          clock,
          (async () => {
            for await (const _ of run) {
              if (++got <= after) continue
              if (way === 'left') break
              if (way === 'aborted') stop.abort(new Error('stop'))
            }
          })(),
        )
        if (way === 'left') await ended
        else await expect(ended).rejects.toThrow(way === 'failed' ? 'tap-2: item' : 'stop')
        await clock.advance(20)
        const { begun } = work
        await clock.advance(100)
        expect(work.begun).toBe(begun)
        expect(work.running).toBe(0)
        expect(source.closed).toBe(1)
        expect(clock.pendingTimers).toBe(0)
        expect(await run.next()).toEqual({ done: true, value: undefined })
      }),
      runs,
    )
  })
})
