import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MabeamError } from './errors.ts'
import { seededRandom } from './random.ts'
import { retry, retryDelayMs, retryPolicyDefaults, retryStep } from './retry.ts'
import { settled, virtualClock } from './testing/index.ts'

const busy = (retryAfterMs?: number) =>
  new MabeamError('dspx/rate-limited', 'too many requests', {
    retryable: true,
    data: retryAfterMs === undefined ? {} : { retryAfterMs },
  })
const random = () => seededRandom(1)

describe('retryDelayMs', () => {
  test('grows by the factor up to the bound', () => {
    const delays = [1, 2, 3, 4, 5].map((n) =>
      retryDelayMs({ jitter: 0, delayMinMs: 100, delayMaxMs: 500 }, n, random()),
    )
    expect(delays).toEqual([100, 200, 400, 500, 500])
  })

  test('stays between the part that is not random and the whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (n, jitter, seed) => {
          const wholeMs = retryDelayMs({ jitter: 0 }, n, random())
          const delayMs = retryDelayMs({ jitter }, n, seededRandom(seed))
          expect(delayMs).toBeLessThanOrEqual(wholeMs)
          expect(delayMs).toBeGreaterThanOrEqual(wholeMs * (1 - jitter))
        },
      ),
    )
  })
})

describe('retryStep', () => {
  test('only what says it is retryable is tried again', () => {
    const step = (thrown: unknown) => retryStep({}, { attempt: 1, thrown }, random()).type
    expect(step(busy())).toBe('retry')
    expect(step(new MabeamError('dspx/missing-key', 'no key'))).toBe('give-up')
    expect(step(new TypeError('a bug'))).toBe('give-up')
    expect(step('text')).toBe('give-up')
  })

  test('the last attempt is not followed by another', () => {
    const at = (attempt: number) => retryStep({ attemptsMax: 3 }, { attempt, thrown: busy() }, random()).type
    expect([1, 2, 3].map(at)).toEqual(['retry', 'retry', 'give-up'])
  })

  test('waits at least as long as the other side asks, and gives up when that is too long', () => {
    const policy = { delayMinMs: 100, jitter: 0, retryAfterMaxMs: 5000 }
    const after = (ms: number) => retryStep(policy, { attempt: 1, thrown: busy(ms) }, random())
    expect(after(3000)).toEqual({ type: 'retry', delayMs: 3000 })
    expect(after(10)).toEqual({ type: 'retry', delayMs: 100 })
    expect(after(5000)).toEqual({ type: 'retry', delayMs: 5000 })
    expect(after(5001)).toEqual({ type: 'give-up', reason: 'retry-after' })
  })
})

describe('retry', () => {
  test('waits between tries on the clock it is given, and tells of each', async () => {
    const clock = virtualClock()
    const told: number[] = []
    const tries: number[] = []
    const done = retry(
      async (attempt) => {
        tries.push(clock.monotonicMs())
        if (attempt < 3) throw busy()
        return 'answer'
      },
      { clock, random: random(), policy: { jitter: 0 }, onRetry: (_, delayMs) => told.push(delayMs) },
    )
    await clock.advance(10_000)
    expect(await done).toBe('answer')
    expect(tries).toEqual([0, 500, 1500])
    expect(told).toEqual([500, 1000])
    expect(clock.pendingTimers).toBe(0)
  })

  test('rejects with the last failure when it gives up', async () => {
    const clock = virtualClock()
    let tries = 0
    const run = async () => {
      throw new MabeamError('dspx/rate-limited', `try ${++tries}`, { retryable: true })
    }
    const done = retry(run, { clock, random: random() })
    const outcome = expect(done).rejects.toThrow(`try ${retryPolicyDefaults.attemptsMax}`)
    await clock.advance(100_000)
    await outcome
  })

  test('an aborted signal ends the waiting at once and leaves no timer', async () => {
    const clock = virtualClock()
    const abort = new AbortController()
    const done = retry(async () => Promise.reject(busy()), { clock, random: random(), signal: abort.signal })
    const outcome = expect(done).rejects.toBe('stop')
    await settled()
    abort.abort('stop')
    await outcome
    expect(clock.pendingTimers).toBe(0)
    await expect(retry(async () => 1, { clock, random: random(), signal: abort.signal })).rejects.toBe('stop')
  })

  test('an impossible policy is refused by name', async () => {
    const policy = { attemptsMax: 0 }
    await expect(retry(async () => 1, { clock: virtualClock(), random: random(), policy })).rejects.toThrow(
      'retry: attemptsMax: expected an integer from 1',
    )
  })
})
