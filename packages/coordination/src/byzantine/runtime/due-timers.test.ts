import { seededRandom } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type Due, DueTimers } from './due-timers.ts'

function opened() {
  const clock = virtualClock()
  const ran: (readonly [what: string, atMs: number])[] = []
  let woken = 0
  const world = {
    nowMs: () => clock.monotonicMs(),
    timer: (delayMs: number, run: () => void) =>
      clock.setTimer(delayMs, () => {
        woken++
        run()
      }),
  }
  const timers = new DueTimers<string>(world, (what) => ran.push([what, clock.monotonicMs()]))
  return { clock, timers, ran, woken: () => woken }
}

describe('DueTimers', () => {
  test('does each thing at its time, in the order of times and of setting, on one timer', async () => {
    const { clock, timers, ran, woken } = opened()
    const beganMs = clock.monotonicMs()
    for (const [what, delayMs] of [
      ['c', 20],
      ['a', 10],
      ['b', 10],
      ['d', 20],
    ] as const)
      timers.set(delayMs, what)
    await clock.advance(30)
    expect(ran.map(([what, atMs]) => `${what} ${atMs - beganMs}`)).toEqual(['a 10', 'b 10', 'c 20', 'd 20'])
    expect(woken()).toBe(2)
  })

  test('does nothing that was cancelled, not even by what is done in the same moment, and nothing after its end', async () => {
    const { clock, timers, ran } = opened()
    timers.cancel(timers.set(10, 'cancelled'))
    await clock.advance(20)
    expect(ran).toEqual([])
    timers.set(10, 'ended')
    timers.end()
    await clock.advance(20)
    expect(ran).toEqual([])

    const world = { nowMs: () => clock.monotonicMs(), timer: clock.setTimer.bind(clock) }
    const done: string[] = []
    const others = new DueTimers<string>(world, (what) => {
      done.push(what)
      others.cancel(second)
    })
    others.set(10, 'first')
    const second = others.set(10, 'second')
    await clock.advance(20)
    expect(done).toEqual(['first'])
  })

  test('goes on with what is later when something that is due throws', async () => {
    const { clock } = opened()
    const done: string[] = []
    const wake: (() => void)[] = []
    const world = {
      nowMs: () => clock.monotonicMs(),
      timer: (_: number, run: () => void) => {
        wake.push(run)
        return () => {}
      },
    }
    const timers = new DueTimers<string>(world, (what) => {
      if (what === 'broken') throw new Error('broken')
      done.push(what)
    })
    timers.set(0, 'broken')
    timers.set(10, 'later')
    expect(() => wake.at(-1)?.()).toThrow('broken')
    await clock.advance(10)
    wake.at(-1)?.()
    expect(done).toEqual(['later'])
  })

  test('does what as many timers of their own would do, whatever is set and cancelled, at times that are no whole numbers', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(`due ${seed}`)
      const { clock, timers, ran } = opened()
      const expected: (readonly [what: string, atMs: number])[] = []
      const pending: (() => void)[] = []
      for (let step = 0; step < 30; step++) {
        const what = `${seed}/${step}`
        const delayMs = random.next() < 0.3 ? 10 : random.next() * 20
        const due: Due<string> = timers.set(delayMs, what)
        const cancel = clock.setTimer(delayMs, () => expected.push([what, clock.monotonicMs()]))
        pending.push(() => {
          timers.cancel(due)
          cancel()
        })
        if (random.next() < 0.4) pending[random.int(pending.length)]?.()
        if (random.next() < 0.3) await clock.advance(random.next() * 10)
      }
      await clock.advance(100)
      const sorted = (all: typeof ran) => all.map(([what]) => what).sort()
      expect(sorted(ran)).toEqual(sorted(expected))
      const atOf = new Map(expected)
      for (const [what, atMs] of ran) expect(Math.abs(atMs - (atOf.get(what) ?? 0))).toBeLessThan(0.01)
    }
  })
})
