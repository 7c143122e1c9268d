import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { ArrivalClock } from './arrival-clock.ts'

describe('ArrivalClock', () => {
  test('what is heard came at most two ticks ago', async () => {
    const clock = virtualClock()
    const arrivals = new ArrivalClock(clock)
    const startMs = clock.monotonicMs()
    const stop = arrivals.listen()
    expect(arrivals.earliestMs).toBe(startMs)
    for (let i = 0; i < 10; i++) {
      await clock.advance(40)
      expect(clock.monotonicMs() - arrivals.earliestMs).toBeLessThanOrEqual(80)
    }
    stop()
    expect(clock.pendingTimers).toBe(0)
  })

  test('after the thread was busy it may have come while it was', () => {
    // A clock whose timers run late, as those of a thread that was busy.
    let nowMs = 0
    let due: (() => void) | undefined
    const late = {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      setTimer: (_: number, run: () => void) => {
        due = run
        return () => {}
      },
    }
    const arrivals = new ArrivalClock(late)
    arrivals.listen()
    nowMs = 40
    due?.()
    nowMs = 10_000
    due?.()
    expect(arrivals.earliestMs).toBe(40)
    nowMs = 10_040
    due?.()
    expect(arrivals.earliestMs).toBe(10_000)
  })

  test('ticks while anybody listens', async () => {
    const clock = virtualClock()
    const arrivals = new ArrivalClock(clock)
    const [one, other] = [arrivals.listen(), arrivals.listen()]
    one()
    await clock.advance(100)
    expect(clock.pendingTimers).toBe(1)
    other()
    expect(clock.pendingTimers).toBe(0)
  })
})
