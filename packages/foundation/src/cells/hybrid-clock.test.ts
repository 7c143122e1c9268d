import { expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type HybridTime, hybridNext, hybridObserved, hybridStart, type Stamp, stampOrder } from './hybrid-clock.ts'

const at = (time: HybridTime): Stamp => ({ ...time, replica: 'a' })

test('stamps of one replica only grow, also when the time of day stands still or goes back', () => {
  let last = hybridStart
  for (const nowMs of [5, 5, 5, 3, 9, 1]) {
    const next = hybridNext(last, nowMs)
    expect(stampOrder(at(last), at(next))).toBeLessThan(0)
    last = next
  }
  expect(last).toEqual({ wallMs: 9, tick: 1 })
})

test('what follows a message is later than the message, whatever the clocks say', () => {
  const random = seededRandom(1)
  for (let i = 0; i < 500; i++) {
    const any = () => ({ wallMs: random.int(6), tick: random.int(3) })
    const [mine, remote] = [any(), any()]
    const observed = hybridObserved(mine, remote, { nowMs: random.int(6), driftMaxMs: 100 })
    expect(observed.type).toBe('observed')
    if (observed.type !== 'observed') return
    for (const before of [mine, remote]) expect(stampOrder(at(before), at(observed.time))).toBeLessThan(0)
  }
})

test('a remote clock as far ahead as allowed is followed, one millisecond further and it is refused', () => {
  const limit = { nowMs: 1_000, driftMaxMs: 500 }
  const followed = hybridObserved(hybridStart, { wallMs: 1_500, tick: 2 }, limit)
  expect(followed).toEqual({ type: 'observed', time: { wallMs: 1_500, tick: 3 } })
  expect(hybridObserved(hybridStart, { wallMs: 1_501, tick: 0 }, limit)).toEqual({ type: 'ahead', aheadMs: 501 })
})

test('of two stamps at one moment the name of the replica decides, the same way on both sides', () => {
  const [a, b] = ['a', 'b'].map((replica): Stamp => ({ wallMs: 1, tick: 1, replica })) as [Stamp, Stamp]
  expect(Math.sign(stampOrder(a, b))).toBe(-1)
  expect(Math.sign(stampOrder(b, a))).toBe(1)
  expect(stampOrder(a, { ...a })).toBe(0)
})
