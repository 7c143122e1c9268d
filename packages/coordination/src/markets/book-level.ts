/** Orders of one price, and one side of a book as a list of them, best price first. Nothing is changed in place. */

import type { Side } from './order-book.ts'

export interface RestingOrder {
  readonly id: number
  readonly by: string
  readonly price: number
  /** What is left of it. */
  readonly quantity: number
}

export interface Level {
  readonly price: number
  /** Of all its orders. */
  readonly quantity: number
  /** Oldest first: ids grow. */
  readonly orders: readonly RestingOrder[]
}

/** 1 where lower prices are better, to those who buy from them; -1 where higher ones are. */
export function bestFirst(side: Side): 1 | -1 {
  return side === 'sell' ? 1 : -1
}

/** Where the level of that price is, or would be. */
export function levelAt(levels: readonly Level[], order: 1 | -1, price: number): { at: number; isThere: boolean } {
  let from = 0
  let to = levels.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (((levels[middle] as Level).price - price) * order < 0) from = middle + 1
    else to = middle
  }
  return { at: from, isThere: levels[from]?.price === price }
}

/** With an order behind all others of its price. */
export function withOrder(
  levels: readonly Level[],
  at: number,
  { isThere, order }: { readonly isThere: boolean; readonly order: RestingOrder },
): readonly Level[] {
  if (!isThere) return levels.toSpliced(at, 0, { price: order.price, quantity: order.quantity, orders: [order] })
  const level = levels[at] as Level
  const quantity = level.quantity + order.quantity
  return levels.with(at, { ...level, quantity, orders: [...level.orders, order] })
}

/** Without that order of that owner, where it is there. */
export function withoutOrder(
  levels: readonly Level[],
  id: number,
  by: string,
): { readonly levels: readonly Level[]; readonly order: RestingOrder } | undefined {
  for (const [at, level] of levels.entries()) {
    if (id < (level.orders[0]?.id ?? 0) || id > (level.orders.at(-1)?.id ?? 0)) continue
    const place = placeOf(level.orders, id)
    const order = level.orders[place]
    if (order === undefined) continue
    if (order.by !== by) return undefined
    if (level.orders.length === 1) return { levels: levels.toSpliced(at, 1), order }
    const orders = level.orders.toSpliced(place, 1)
    return { levels: levels.with(at, { ...level, quantity: level.quantity - order.quantity, orders }), order }
  }
  return undefined
}

/** Orders of a level are in the order of their ids. -1 where it is not there. */
function placeOf(orders: readonly RestingOrder[], id: number): number {
  let from = 0
  let to = orders.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((orders[middle] as RestingOrder).id < id) from = middle + 1
    else to = middle
  }
  return orders[from]?.id === id ? from : -1
}
