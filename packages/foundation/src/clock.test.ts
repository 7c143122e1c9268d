import { describe, expect, test } from 'vitest'
import { delay, systemClock } from './clock.ts'
import { virtualClock } from './testing/index.ts'

describe('systemClock', () => {
  test('runs a timer once, after its time, and not when cancelled', async () => {
    let cancelled = true
    const cancel = systemClock.setTimer(1, () => {
      cancelled = false
    })
    cancel()
    const startMs = systemClock.monotonicMs()
    await new Promise<void>((resolve) => systemClock.setTimer(2, resolve))
    expect(systemClock.monotonicMs()).toBeGreaterThan(startMs)
    expect(cancelled).toBe(true)
    expect(systemClock.nowMs()).toBeGreaterThan(1_700_000_000_000)
  })

  test('runs no timer before its time: whoever looks at the clock then finds that it is over', async () => {
    const early: number[] = []
    const once = (delayMs: number) =>
      new Promise<void>((resolve) => {
        const dueMs = systemClock.monotonicMs() + delayMs
        systemClock.setTimer(delayMs, () => {
          const leftMs = dueMs - systemClock.monotonicMs()
          if (leftMs > 0) early.push(leftMs)
          resolve()
        })
      })
    // Begun at many moments within a millisecond of the event loop, by which Node counts.
    for (let i = 0; i < 100; i++) await Promise.all([once(1.3), once(3), once(5)])
    expect(early).toEqual([])
  })

  test('a delay longer than setTimeout can take is not taken for none', async () => {
    let fired = false
    const cancel = systemClock.setTimer(1e12, () => {
      fired = true
    })
    await new Promise<void>((resolve) => systemClock.setTimer(5, resolve))
    cancel()
    expect(fired).toBe(false)
  })

  test('a delay that is over already runs soon, and Node has nothing to warn of', async () => {
    const warnings: string[] = []
    const warn = (warning: Error) => void warnings.push(warning.name)
    process.on('warning', warn)
    await new Promise<void>((resolve) => systemClock.setTimer(-0.008, resolve))
    await new Promise<void>((resolve) => systemClock.setTimer(1, resolve))
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })
})

describe('delay', () => {
  test('rejects with the reason of its signal, also when that has aborted before', async () => {
    const clock = virtualClock()
    const abort = new AbortController()
    const waiting = delay(clock, 100, abort.signal)
    abort.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await expect(delay(clock, 100, abort.signal)).rejects.toBe('enough')
    expect(clock.pendingTimers).toBe(0)
  })

  test('of nothing sets no timer, so that a clock that stands still holds nobody up', async () => {
    const clock = virtualClock()
    const order: string[] = []
    const waiting = Promise.all([0, -5].map((delayMs) => delay(clock, delayMs).then(() => order.push('after'))))
    order.push('before')
    expect(clock.pendingTimers).toBe(0)
    await waiting
    expect(order).toEqual(['before', 'after', 'after'])
    await expect(delay(clock, 0, AbortSignal.abort('enough'))).rejects.toBe('enough')
  })
})
