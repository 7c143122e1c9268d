import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PendingLine, PendingRoom } from './pending-line.ts'

const body = (length: number) => ({ body: new Uint8Array(length) })

describe('PendingLine', () => {
  test('gives back in order what found room, and no line takes more than the room has', () => {
    const steps = fc.array(fc.oneof(fc.record({ line: fc.nat(1), bytes: fc.nat(40) }), fc.constant('take' as const)))
    fc.assert(
      fc.property(steps, (all) => {
        const room = new PendingRoom({ pendingBytesMax: 100, pendingMax: 6 })
        const lines = [
          new PendingLine<{ body: Uint8Array }>(room),
          new PendingLine<{ body: Uint8Array }>(room),
        ] as const
        const kept: { body: Uint8Array }[][] = [[], []]
        for (const step of all) {
          if (step === 'take') {
            expect(lines[0].takeAll()).toEqual(kept[0])
            kept[0] = []
          } else {
            const one = body(step.bytes)
            if (lines[step.line as 0 | 1].add(one)) kept[step.line]?.push(one)
          }
          const waiting = kept.flat()
          expect(room.messages).toBe(waiting.length)
          expect(room.bytes).toBe(waiting.reduce((sum, one) => sum + one.body.length, 0))
          expect(room.messages).toBeLessThanOrEqual(6)
          expect(room.bytes).toBeLessThanOrEqual(100)
        }
        expect(lines[1].takeAll()).toEqual(kept[1])
      }),
    )
  })

  test('takes as many bytes and messages as are allowed, and not one more', () => {
    const bytes = new PendingLine(new PendingRoom({ pendingBytesMax: 10, pendingMax: 100 }))
    expect([bytes.add(body(10)), bytes.add(body(1)), bytes.add(body(0))]).toEqual([true, false, true])
    const messages = new PendingLine(new PendingRoom({ pendingBytesMax: 10, pendingMax: 2 }))
    expect([messages.add(body(1)), messages.add(body(1)), messages.add(body(1))]).toEqual([true, true, false])
  })
})
