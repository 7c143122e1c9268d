import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DueHeap } from './due-heap.ts'

describe('DueHeap', () => {
  test('gives what is due, earliest first, then in the order of adding, and nothing early', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(20), (dueMs, nowMs) => {
        const heap = new DueHeap<readonly [number, number]>()
        for (const [i, due] of dueMs.entries()) heap.add(due, [due, i])
        const taken: (readonly [number, number])[] = []
        for (let one = heap.takeDue(nowMs); one !== undefined; one = heap.takeDue(nowMs)) taken.push(one)
        const inOrder = dueMs.map((due, i) => [due, i] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        expect(taken).toEqual(inOrder.filter(([due]) => due <= nowMs))
        expect(heap.size).toBe(dueMs.length - taken.length)
        expect(heap.nextDueMs).toBe(inOrder[taken.length]?.[0])
      }),
    )
  })
})
