/** What an order that comes in trades with: it goes through the other side of the book, best price first, oldest first. */

import { bestFirst, type Level, type RestingOrder } from './book-level.ts'
import type { BookRefusal, OrderBookOptions, Side } from './order-book.ts'

/** What happened in a book. `maker` waited, `taker` came. */
export type BookEvent =
  | { readonly type: 'accepted'; readonly id: number; readonly by: string; readonly ref?: string }
  | { readonly type: 'rejected'; readonly by: string; readonly reason: BookRefusal; readonly ref?: string }
  | {
      readonly type: 'traded'
      readonly price: number
      readonly quantity: number
      readonly maker: number
      readonly taker: number
      readonly buyer: string
      readonly seller: string
      /** Whether it is the buyer that waited. */
      readonly isBuyerMaker: boolean
    }
  | {
      readonly type: 'rested'
      readonly id: number
      readonly by: string
      readonly side: Side
      readonly price: number
      readonly quantity: number
    }
  | {
      readonly type: 'cancelled'
      readonly id: number
      readonly by: string
      readonly quantity: number
      /** `unfilled`: it does not wait. `self-trade`: it met one of its owner. `book-full`: it could not wait. `asked`: its owner wanted it. */
      readonly reason: 'unfilled' | 'self-trade' | 'book-full' | 'asked'
      /** Where it waited, if it did. */
      readonly waited?: { readonly side: Side; readonly price: number }
    }

/** An order without its kind: `limit` is the worst price that it takes, any where there is none. */
interface Incoming {
  readonly id: number
  readonly by: string
  readonly side: Side
  readonly quantity: number
  readonly limit: number | undefined
}

interface Matched {
  /** The other side, afterwards. */
  readonly levels: readonly Level[]
  readonly left: number
  /** Orders that wait no longer. */
  readonly gone: number
  readonly events: readonly BookEvent[]
  readonly metItself: boolean
  readonly lastPrice: number | undefined
}

/** Ensures: trades only at prices that `limit` allows, never with orders of the same owner; `left` is what is not traded. */
export function matched(
  incoming: Incoming,
  levels: readonly Level[],
  { selfTrade }: Pick<Required<OrderBookOptions>, 'selfTrade'>,
): Matched {
  const { id, by, side, limit } = incoming
  const direction = bestFirst(side === 'buy' ? 'sell' : 'buy')
  const events: BookEvent[] = []
  let { quantity: left } = incoming
  let [gone, metItself] = [0, false]
  let lastPrice: number | undefined
  const stays: Level[] = []
  let at = 0
  for (; at < levels.length && left > 0 && !metItself; at++) {
    const level = levels[at] as Level
    if (limit !== undefined && (level.price - limit) * direction > 0) break
    let place = 0
    let { quantity } = level
    let partly: RestingOrder | undefined
    for (; place < level.orders.length && left > 0 && !metItself; place++) {
      const maker = level.orders[place] as RestingOrder
      if (maker.by === by) {
        metItself = selfTrade !== 'cancel-oldest'
        if (selfTrade === 'cancel-newest') break
        const waited = { side: side === 'buy' ? ('sell' as const) : ('buy' as const), price: level.price }
        events.push({ type: 'cancelled', id: maker.id, by, quantity: maker.quantity, reason: 'self-trade', waited })
        quantity -= maker.quantity
        gone++
        continue
      }
      const traded = Math.min(left, maker.quantity)
      left -= traded
      quantity -= traded
      lastPrice = level.price
      const [buyer, seller] = side === 'buy' ? [by, maker.by] : [maker.by, by]
      const [price, isBuyerMaker] = [level.price, side === 'sell']
      events.push({ type: 'traded', price, quantity: traded, maker: maker.id, taker: id, buyer, seller, isBuyerMaker })
      if (traded < maker.quantity) partly = { ...maker, quantity: maker.quantity - traded }
      else gone++
    }
    const orders = partly === undefined ? level.orders.slice(place) : [partly, ...level.orders.slice(place)]
    if (orders.length > 0) stays.push({ ...level, quantity, orders })
  }
  const untouched = levels.slice(at)
  return { levels: at === 0 ? levels : [...stays, ...untouched], left, gone, events, metItself, lastPrice }
}
