import { describe, expect, test } from 'vitest'
import { delay } from '../clock.ts'
import { Turns } from '../turns.ts'
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

describe('virtualClock between timers', () => {
  test.each(['turns', 'promises'] as const)('lets long chains of promises end (%s)', async (between) => {
    const clock = virtualClock({ between })
    const seen: string[] = []
    clock.setTimer(1, async () => {
      for (let i = 0; i < 1_000; i++) await undefined
      seen.push(`chain ended at ${clock.monotonicMs()}`)
    })
    clock.setTimer(2, () => seen.push('next timer'))
    await clock.advance(5)
    expect(seen).toEqual(['chain ended at 1', 'next timer'])
  })

  test.each(['turns', 'promises'] as const)('lets work that hands the thread back end (%s)', async (between) => {
    const clock = virtualClock({ between })
    const turns = new Turns(clock)
    let left = 20_000
    let endedMs = 0
    const task = {
      nextTask: undefined,
      runTurn() {
        if (--left > 0) turns.ask(task)
        else endedMs = clock.monotonicMs()
      },
    }
    clock.setTimer(1, () => turns.ask(task))
    clock.setTimer(2, () => {})
    await clock.advance(5)
    expect(endedMs).toBe(1)
  })
})
