import { describe, expect, test } from 'vitest'
import { delay } from '../clock.ts'
import { eventually, virtualClock } from './index.ts'

describe('virtualClock', () => {
  test('fires timers in order of due time, then of setting, and what they set in motion too', async () => {
    const clock = virtualClock({ startMs: 100 })
    const fired: string[] = []
    clock.setTimer(20, () => fired.push(`late at ${clock.monotonicMs()}`))
    clock.setTimer(10, () => {
      fired.push(`first at ${clock.monotonicMs()}`)
      clock.setTimer(5, () => fired.push(`nested at ${clock.monotonicMs()}`))
    })
    clock.setTimer(10, () => fired.push('second'))
    const cancel = clock.setTimer(1, () => fired.push('never'))
    cancel()
    cancel()
    expect([clock.pendingTimers, clock.nextTimerMs]).toEqual([3, 10])
    await clock.advance(19)
    expect(fired).toEqual(['first at 10', 'second', 'nested at 15'])
    await clock.advance(1)
    expect(fired.at(-1)).toBe('late at 20')
    expect([clock.nowMs(), clock.pendingTimers, clock.nextTimerMs]).toEqual([120, 0, undefined])
  })

  test('a delay resolves when its time has come', async () => {
    const clock = virtualClock()
    let done = false
    const waiting = delay(clock, 1000).then(() => {
      done = true
    })
    await clock.advance(999)
    expect(done).toBe(false)
    await clock.advance(1)
    await waiting
  })
})

describe('eventually', () => {
  test('resolves when the condition holds and says which did not', async () => {
    let looks = 0
    await eventually(() => ++looks === 5)
    expect(looks).toBe(5)
    await expect(eventually(() => looks < 0, 3)).rejects.toThrow('looks < 0')
  })
})
