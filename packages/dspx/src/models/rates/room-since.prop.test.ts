import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leastRoom, type RoomSince, withLess, withRoom } from './room-since.ts'

const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('room' as const), room: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ type: fc.constant('less' as const), since: fc.nat(30), less: fc.integer({ min: 1, max: 5 }) }),
  ),
  { maxLength: 30 },
)

test('the least room since any turn is that of a plain list of all that was noted', () => {
  fc.assert(
    fc.property(steps, (all) => {
      let last: RoomSince | undefined
      const plain: number[] = []
      for (const step of all) {
        if (step.type === 'room') {
          last = withRoom(last, plain.length, step.room)
          plain.push(step.room)
        } else {
          last = withLess(last, step.since, step.less)
          for (let turn = step.since; turn < plain.length; turn++) plain[turn] = (plain[turn] as number) - step.less
        }
        for (let since = 0; since <= plain.length; since++) {
          expect(leastRoom(last, since)).toBe(Math.min(...plain.slice(since)))
        }
      }
    }),
  )
})
