import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArrivalOrder } from './arrival-order.ts'

describe('ArrivalOrder', () => {
  test('takes each number once and only in rising order, however they arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 }), (numbers) => {
        const order = new ArrivalOrder()
        const taken = numbers.filter((number) => order.arrived('n1', 1, number) === 'taken')
        expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b))
        // Nothing is refused that could have been taken: each new highest is.
        expect(taken.at(-1) ?? 0).toBe(Math.max(0, ...numbers))
      }),
    )
  })

  test('tells one that never came before from one that came twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 }), (numbers) => {
        const order = new ArrivalOrder()
        const seen = new Set<number>()
        const first = numbers[0] ?? 0
        for (const number of numbers) {
          const arrival = order.arrived('n1', 1, number)
          if (seen.has(number)) expect(arrival).toBe('doubled')
          // What was sent before this node began to listen is not known to be missing.
          else if (number > first) expect(arrival).not.toBe('doubled')
          seen.add(number)
        }
      }),
    )
  })

  test('an earlier life of a sender is not heard any more, a later one begins anew', () => {
    const order = new ArrivalOrder()
    expect(order.arrived('n1', 5, 9)).toBe('taken')
    expect(order.arrived('n1', 4, 10)).toBe('doubled')
    expect(order.arrived('n1', 6, 1)).toBe('taken')
    expect(order.arrived('n1', 5, 11)).toBe('doubled')
    expect(order.arrived('n2', 1, 1)).toBe('taken')
  })

  test('missing numbers up to the limit are told apart, the one before them counts as doubled', () => {
    const order = new ArrivalOrder({ missingMax: 3 })
    expect(order.arrived('n1', 1, 1)).toBe('taken')
    expect(order.arrived('n1', 1, 6)).toBe('taken')
    expect([2, 3, 4, 5].map((number) => order.arrived('n1', 1, number))).toEqual(['doubled', 'late', 'late', 'late'])
  })

  test('remembers senders up to the limit, and forgets the one heard of least recently', () => {
    const order = new ArrivalOrder({ sendersMax: 2 })
    for (const name of ['a', 'b']) order.arrived(name, 1, 5)
    order.arrived('a', 1, 6)
    order.arrived('c', 1, 1)
    expect(order.senders).toBe(2)
    expect(order.arrived('a', 1, 6)).toBe('doubled')
    expect(order.arrived('b', 1, 5)).toBe('taken')
  })
})
