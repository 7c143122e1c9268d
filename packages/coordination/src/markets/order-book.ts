/**
 * A continuous market in one item: an order is matched at once with those that wait on the other side, best price first and of one price the
 * oldest first, at the price of the one that waited. A pure step: the book before, and one order or cancellation, give the book after
 * and what happened. Prices and quantities are whole numbers.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { bestFirst, type Level, levelAt, type RestingOrder, withOrder, withoutOrder } from './book-level.ts'
import { type BookEvent, matched } from './order-match.ts'

export type Side = 'buy' | 'sell'

export interface OrderBookOptions {
  /** Prices are multiples of it. @default 1 */
  readonly tickSize?: number
  /** Quantities are multiples of it. @default 1 */
  readonly lotSize?: number
  /** Prices a side at most. @default 1000 */
  readonly levelsMax?: number
  /** Orders that wait at most. @default 100000 */
  readonly ordersMax?: number
  /** Of one order. @default 1000000000 */
  readonly quantityMax?: number
  /**
   * When an order meets one of the same owner: the rest of the new one is cancelled, the old one is, or both.
   * @default 'cancel-newest'
   */
  readonly selfTrade?: SelfTrade
}

export type SelfTrade = 'cancel-newest' | 'cancel-oldest' | 'cancel-both'

export const orderBookDefaults = {
  tickSize: 1,
  lotSize: 1,
  levelsMax: 1_000,
  ordersMax: 100_000,
  quantityMax: 1_000_000_000,
  selfTrade: 'cancel-newest',
} as const satisfies Required<OrderBookOptions>

export interface OrderBook {
  readonly options: Required<OrderBookOptions>
  /** Best first: the highest price. */
  readonly bids: readonly Level[]
  /** Best first: the lowest price. */
  readonly asks: readonly Level[]
  /** How many orders wait. */
  readonly waiting: number
  /** What the next order will be called; they grow. */
  readonly nextId: number
  /** Of the last trade. */
  readonly lastPrice: number | undefined
}

/**
 * An order. `limit` waits with what is left of it; `immediate-or-cancel` does not; `fill-or-kill` is filled whole or not at all; `market` takes any
 * price and does not wait.
 */
export type Order = {
  readonly by: string
  readonly side: Side
  readonly quantity: number
  /** The owner's own name for it, given back in events. */
  readonly ref?: string
} & (
  | { readonly order: 'limit' | 'immediate-or-cancel' | 'fill-or-kill'; readonly price: number }
  | { readonly order: 'market' }
)

export type BookInput =
  | ({ readonly type: 'order' } & Order)
  /** `id`: as the book called it. */
  | { readonly type: 'cancel'; readonly by: string; readonly id: number }

export type BookRefusal =
  /** Not a whole number above 0, or no multiple of the tick. */
  | 'price'
  /** Not a whole number above 0, no multiple of the lot, or above the largest. */
  | 'quantity'
  /** Price times quantity is no safe integer. */
  | 'too-large'
  /** No such order waits, or it is somebody else's. */
  | 'unknown-order'

/** Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function newOrderBook(options: OrderBookOptions = {}): OrderBook {
  checkOptions('newOrderBook', options, {
    tickSize: rule.optional(rule.int(1)),
    lotSize: rule.optional(rule.int(1)),
    levelsMax: rule.optional(rule.int(1, 100_000)),
    ordersMax: rule.optional(rule.int(1, 1_000_000)),
    // With the most orders a level still sums to a safe integer.
    quantityMax: rule.optional(rule.int(1, 1_000_000_000)),
    selfTrade: rule.optional(rule.oneOf(['cancel-newest', 'cancel-oldest', 'cancel-both'])),
  })
  return {
    options: { ...orderBookDefaults, ...definedOptions(options) },
    bids: [],
    asks: [],
    waiting: 0,
    nextId: 1,
    lastPrice: undefined,
  }
}

/**
 * The book after one order or cancellation, and what happened, in order.
 *
 * Ensures: no bid is as high as an ask; an order is `accepted` or `rejected` first, and its quantity is traded, waits or is cancelled, without remainder; `before`
 * is as it was.
 */
export function orderBookStep(
  before: OrderBook,
  input: BookInput,
): readonly [book: OrderBook, events: readonly BookEvent[]] {
  if (input.type === 'cancel') return cancelled(before, input)
  const refusal = refusalOf(before.options, input)
  const named = input.ref === undefined ? { by: input.by } : { by: input.by, ref: input.ref }
  if (refusal !== undefined) return [before, [{ type: 'rejected', reason: refusal, ...named }]]
  const id = before.nextId
  const accepted: BookEvent = { type: 'accepted', id, ...named }
  const { side, quantity, by } = input
  const limit = input.order === 'market' ? undefined : input.price
  const found = matched({ id, by, side, quantity, limit }, side === 'buy' ? before.asks : before.bids, before.options)
  if (input.order === 'fill-or-kill' && found.left > 0) {
    return [{ ...before, nextId: id + 1 }, [accepted, { type: 'cancelled', id, by, quantity, reason: 'unfilled' }]]
  }
  const book: OrderBook = {
    ...before,
    [side === 'buy' ? 'asks' : 'bids']: found.levels,
    waiting: before.waiting - found.gone,
    nextId: id + 1,
    lastPrice: found.lastPrice ?? before.lastPrice,
  }
  const events = [accepted, ...found.events]
  if (found.left === 0) return [book, events]
  const rest = { id, by, quantity: found.left }
  if (found.metItself) return [book, [...events, { type: 'cancelled', ...rest, reason: 'self-trade' }]]
  if (input.order !== 'limit') return [book, [...events, { type: 'cancelled', ...rest, reason: 'unfilled' }]]
  return rested(book, events, { side, order: { ...rest, price: input.price } })
}

/** Who would sell, or buy, best: `undefined` where nobody waits. */
export function bestPrice(book: OrderBook, side: Side): number | undefined {
  return (side === 'buy' ? book.bids : book.asks)[0]?.price
}

/** All orders that wait of somebody, or of all: best first, bids before asks. */
export function restingOrders(book: OrderBook, by?: string): readonly (RestingOrder & { readonly side: Side })[] {
  const of = (levels: readonly Level[], side: Side) =>
    levels.flatMap(({ orders }) =>
      orders.flatMap((order) => (by === undefined || order.by === by ? [{ ...order, side }] : [])),
    )
  return [...of(book.bids, 'buy'), ...of(book.asks, 'sell')]
}

function refusalOf(options: Required<OrderBookOptions>, input: Order): BookRefusal | undefined {
  const { tickSize, lotSize, quantityMax } = options
  const isWhole = (value: unknown, unit: number) =>
    Number.isSafeInteger(value) && (value as number) > 0 && (value as number) % unit === 0
  if (!isWhole(input.quantity, lotSize) || input.quantity > quantityMax) return 'quantity'
  if (input.order === 'market') return undefined
  if (!isWhole(input.price, tickSize)) return 'price'
  return Number.isSafeInteger(input.price * input.quantity) ? undefined : 'too-large'
}

function rested(
  book: OrderBook,
  events: readonly BookEvent[],
  { side, order }: { readonly side: Side; readonly order: RestingOrder },
): readonly [OrderBook, readonly BookEvent[]] {
  const own = side === 'buy' ? 'bids' : 'asks'
  const levels = book[own]
  const { at, isThere } = levelAt(levels, bestFirst(side), order.price)
  const isFull = book.waiting >= book.options.ordersMax || (!isThere && levels.length >= book.options.levelsMax)
  const { id, by, quantity, price } = order
  if (isFull) return [book, [...events, { type: 'cancelled', id, by, quantity, reason: 'book-full' }]]
  return [
    { ...book, [own]: withOrder(levels, at, { isThere, order }), waiting: book.waiting + 1 },
    [...events, { type: 'rested', id, by, side, price, quantity }],
  ]
}

function cancelled(
  book: OrderBook,
  { by, id }: { readonly by: string; readonly id: number },
): readonly [OrderBook, readonly BookEvent[]] {
  // Of what was never given it need not be looked for.
  const sides = id > 0 && id < book.nextId ? (['bids', 'asks'] as const) : []
  for (const own of sides) {
    const found = withoutOrder(book[own], id, by)
    if (found === undefined) continue
    const waited = { side: own === 'bids' ? ('buy' as const) : ('sell' as const), price: found.order.price }
    const event: BookEvent = { type: 'cancelled', id, by, quantity: found.order.quantity, reason: 'asked', waited }
    return [{ ...book, [own]: found.levels, waiting: book.waiting - 1 }, [event]]
  }
  return [book, [{ type: 'rejected', by, reason: 'unknown-order' }]]
}
