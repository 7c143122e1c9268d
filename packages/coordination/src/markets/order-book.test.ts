import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { bookViolations } from './book-laws.fixture.ts'
import {
  type BookInput,
  bestPrice,
  newOrderBook,
  type Order,
  type OrderBook,
  type OrderBookOptions,
  orderBookStep,
  restingOrders,
} from './order-book.ts'
import type { BookEvent } from './order-match.ts'
import { floorViolations } from './settlement-laws.fixture.ts'
import { newTradingFloor, tradingFloorStep, tradingFloorSteps } from './trading-floor.ts'

function given(
  orders: readonly Order[],
  options: OrderBookOptions = {},
): { book: OrderBook; events: readonly BookEvent[] } {
  let book = newOrderBook(options)
  const events: BookEvent[] = []
  for (const order of orders) {
    const [next, happened] = orderBookStep(book, { type: 'order', ...order })
    book = next
    events.push(...happened)
  }
  return { book, events }
}
const limit = (by: string, side: 'buy' | 'sell', price: number, quantity: number): Order => ({
  order: 'limit',
  by,
  side,
  price,
  quantity,
})
const trades = (events: readonly BookEvent[]) =>
  events.flatMap((one) =>
    one.type === 'traded' ? [`${one.buyer} from ${one.seller}: ${one.quantity} at ${one.price}`] : [],
  )

describe('orderBookStep', () => {
  test('does in all what a naive book does, on 150 drawn days', () => {
    for (let seed = 0; seed < 150; seed++) expect([seed, ...bookViolations(orderBookStep, seed)]).toEqual([seed])
  })

  test('fills at the best price first, of one price the oldest, at the price of who waited', () => {
    const { book, events } = given([
      limit('a', 'sell', 12, 5),
      limit('b', 'sell', 10, 5),
      limit('c', 'sell', 10, 5),
      limit('d', 'buy', 12, 12),
    ])
    expect(trades(events)).toEqual(['d from b: 5 at 10', 'd from c: 5 at 10', 'd from a: 2 at 12'])
    expect(restingOrders(book)).toEqual([{ id: 1, by: 'a', price: 12, quantity: 3, side: 'sell' }])
    expect(book.lastPrice).toBe(12)
  })

  test('what is cancelled at once is told, with the owner’s own name for accepted orders', () => {
    const order: Order = { order: 'fill-or-kill', by: 'd', side: 'buy', price: 10, quantity: 6, ref: 'mine' }
    const { book, events } = given([limit('a', 'sell', 10, 5), order])
    expect(events.slice(2)).toEqual([
      { type: 'accepted', id: 2, by: 'd', ref: 'mine' },
      { type: 'cancelled', id: 2, by: 'd', quantity: 6, reason: 'unfilled' },
    ])
    expect(bestPrice(book, 'sell')).toBe(10)
    expect(bestPrice(book, 'buy')).toBeUndefined()
  })

  test('ticks and lots are kept to', () => {
    const options = { tickSize: 5, lotSize: 10 }
    const reasons = given([limit('a', 'buy', 7, 10), limit('a', 'buy', 5, 5), limit('a', 'buy', 5, 10)], options).events
    expect(reasons.map((one) => (one.type === 'rejected' ? one.reason : one.type))).toEqual([
      'price',
      'quantity',
      'accepted',
      'rested',
    ])
  })

  test.each([
    [0, 1, 'price'],
    [-5, 1, 'price'],
    [Number.NaN, 1, 'price'],
    [1.5, 1, 'price'],
    [Number.POSITIVE_INFINITY, 1, 'price'],
    [1, 0, 'quantity'],
    [1, -1, 'quantity'],
    [1, Number.NaN, 'quantity'],
    [1, 1_000_000_001, 'quantity'],
    [Number.MAX_SAFE_INTEGER, 2, 'too-large'],
  ])('an order of %s for %s is rejected: %s', (price, quantity, reason) => {
    const { book, events } = given([limit('a', 'buy', price, quantity)])
    expect(events).toEqual([{ type: 'rejected', by: 'a', reason }])
    expect(book.nextId).toBe(1)
  })

  test('holds as many prices and orders as it may; the one beyond trades what it can and does not wait', () => {
    const levels = { levelsMax: 2, ordersMax: 10 }
    const beyond = given(
      [limit('a', 'buy', 1, 1), limit('a', 'buy', 2, 1), limit('a', 'buy', 2, 1), limit('a', 'buy', 3, 1)],
      levels,
    )
    expect(beyond.events.at(-1)).toMatchObject({ type: 'cancelled', id: 4, reason: 'book-full' })
    const orders = given([limit('a', 'sell', 5, 1), limit('b', 'buy', 5, 4)], { ordersMax: 1 })
    expect(orders.book.waiting).toBe(1)
    const full = given([limit('a', 'sell', 5, 1), limit('a', 'sell', 5, 1)], { ordersMax: 1 })
    expect(full.events.at(-1)).toMatchObject({ type: 'cancelled', id: 2, reason: 'book-full' })
  })

  test.each(['cancel-newest', 'cancel-oldest', 'cancel-both'] as const)(
    'never trades somebody with itself: %s',
    (selfTrade) => {
      const { book, events } = given([limit('a', 'sell', 10, 5), limit('b', 'sell', 11, 5), limit('a', 'buy', 11, 8)], {
        selfTrade,
      })
      expect(trades(events)).toEqual(selfTrade === 'cancel-oldest' ? ['a from b: 5 at 11'] : [])
      const waits = restingOrders(book, 'a').map(({ id, quantity }) => [id, quantity])
      const expected = { 'cancel-newest': [[1, 5]], 'cancel-oldest': [[3, 3]], 'cancel-both': [] }
      expect(waits).toEqual(expected[selfTrade])
    },
  )

  test('only its owner cancels an order, and only while it waits', () => {
    const { book } = given([limit('a', 'sell', 10, 5)])
    const cancel = (by: string, id: number) => orderBookStep(book, { type: 'cancel', by, id })[1][0]
    expect(cancel('b', 1)).toEqual({ type: 'rejected', by: 'b', reason: 'unknown-order' })
    expect(cancel('a', 2)).toEqual({ type: 'rejected', by: 'a', reason: 'unknown-order' })
    expect(cancel('a', Number.NaN)).toEqual({ type: 'rejected', by: 'a', reason: 'unknown-order' })
    expect(cancel('a', 1)).toMatchObject({ type: 'cancelled', reason: 'asked' })
  })

  test.each([{ tickSize: 0 }, { lotSize: 0.5 }, { levelsMax: 0 }, { ordersMax: -1 }, { selfTrade: 'allow' }])(
    'refuses options %j',
    (options) => {
      let thrown: unknown
      try {
        newOrderBook(options as OrderBookOptions)
      } catch (error) {
        thrown = error
      }
      expect(hasCode(thrown, 'foundation/invalid-option')).toBe(true)
    },
  )
})

describe('tradingFloorStep', () => {
  test('conserves money and goods, and nobody promises what it has not, on 150 drawn days', () => {
    for (let seed = 0; seed < 150; seed++) expect([seed, ...floorViolations(tradingFloorStep, seed)]).toEqual([seed])
  })

  test('several orders in one go are as one after the other', () => {
    for (let seed = 0; seed < 30; seed++) {
      const day: BookInput[] = []
      const noted: typeof tradingFloorStep = (floor, input) => {
        day.push(input)
        return tradingFloorStep(floor, input)
      }
      const floor = newTradingFloor({ a: { cash: 200, held: 3 }, b: { cash: 90, held: 9 }, c: { cash: 0, held: 5 } })
      floorViolations(noted, seed)
      let apart = floor
      const events = day.flatMap((input) => {
        const [after, happened] = tradingFloorStep(apart, input)
        apart = after
        return happened
      })
      expect([seed, ...tradingFloorSteps(floor, day)]).toEqual([seed, apart, events])
    }
  })

  test('refuses what is not covered, at any price too, and strangers', () => {
    const floor = newTradingFloor({ a: { cash: 100, held: 0 }, b: { cash: 0, held: 20 } })
    const [offered] = tradingFloorStep(floor, { type: 'order', ...limit('b', 'sell', 10, 20) })
    const rejected = (input: Order) =>
      tradingFloorStep(offered, { type: 'order', ...input })[1].map((one) => one.type === 'rejected' && one.reason)
    expect(rejected({ order: 'market', by: 'a', side: 'buy', quantity: 11 })).toEqual(['uncovered'])
    expect(rejected(limit('a', 'sell', 10, 1))).toEqual(['uncovered'])
    expect(rejected(limit('b', 'sell', 10, 1))).toEqual(['uncovered'])
    expect(rejected(limit('nobody', 'sell', 10, 1))).toEqual(['no-account'])
    const [after] = tradingFloorStep(offered, { type: 'order', order: 'market', by: 'a', side: 'buy', quantity: 10 })
    expect(after.accounts.get('a')).toEqual({ cash: 0, held: 10, cashReserved: 0, heldReserved: 0 })
    expect(after.accounts.get('b')).toEqual({ cash: 100, held: 10, cashReserved: 0, heldReserved: 10 })
  })

  test.each([-1, 0.5, Number.NaN])('an account of %s is none', (cash) => {
    expect(() => newTradingFloor({ a: { cash, held: 0 } })).toThrow('a whole number >= 0')
  })

  test('accounts sum to a safe integer, and not to one more', () => {
    const held = 0
    expect(() =>
      newTradingFloor({ a: { cash: Number.MAX_SAFE_INTEGER - 1, held }, b: { cash: 1, held } }),
    ).not.toThrow()
    expect(() => newTradingFloor({ a: { cash: Number.MAX_SAFE_INTEGER, held }, b: { cash: 1, held } })).toThrow(
      'sums below',
    )
  })
})
