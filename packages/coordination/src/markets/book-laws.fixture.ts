/** What must hold of an order book, and a naive one to set against it: a list that is looked through from end to end each time. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { RestingOrder } from './book-level.ts'
import {
  type BookInput,
  bestPrice,
  newOrderBook,
  type Order,
  type OrderBook,
  restingOrders,
  type SelfTrade,
  type Side,
} from './order-book.ts'
import type { BookEvent } from './order-match.ts'

export type BookStep = (book: OrderBook, input: BookInput) => readonly [OrderBook, readonly BookEvent[]]

const rules = ['cancel-newest', 'cancel-oldest', 'cancel-both'] as const

/** Runs drawn orders through a book, and names what is broken. */
export function bookViolations(step: BookStep, seed: number, inputs = 150): string[] {
  const random = seededRandom(`book ${seed}`)
  const selfTrade = rules[seed % 3] as SelfTrade
  let book = newOrderBook({ selfTrade })
  const model = new NaiveBook(selfTrade)
  const sums = { ordered: 0, ended: 0 }
  for (let at = 0; at < inputs; at++) {
    const input = drawnInput(random, book)
    const before = JSON.stringify(book)
    const [after, events] = step(book, input)
    const broken = [
      ...crossed(after),
      ...ofEvents(input, events, sums),
      ...(JSON.stringify(book) === before ? [] : ['the book before has changed']),
    ]
    book = after
    const waiting = restingOrders(book).reduce((sum, { quantity }) => sum + quantity, 0)
    if (sums.ordered !== sums.ended + waiting) broken.push('quantity is lost or made')
    if (book.waiting !== restingOrders(book).length) broken.push('miscounts who waits')
    const expected = model.take(input)
    if (JSON.stringify(expected) !== JSON.stringify(events)) broken.push('does other things than the naive book')
    if (JSON.stringify(model.resting()) !== JSON.stringify(restingOrders(book)))
      broken.push('holds other orders than the naive book')
    if (broken.length > 0) return broken
  }
  return []
}

function drawnInput(random: Random, book: OrderBook): BookInput {
  const by = `t${random.int(5)}`
  if (random.next() < 0.15) return { type: 'cancel', by, id: 1 + random.int(book.nextId) }
  const order = (['limit', 'limit', 'limit', 'immediate-or-cancel', 'fill-or-kill', 'market'] as const)[random.int(6)]
  const side = random.int(2) === 0 ? 'buy' : 'sell'
  const quantity = random.int(8)
  if (order === 'market' || order === undefined) return { type: 'order', order: 'market', by, side, quantity }
  return { type: 'order', order, by, side, quantity, price: 95 + random.int(10) + (side === 'buy' ? -2 : 2) }
}

function crossed(book: OrderBook): string[] {
  const bid = bestPrice(book, 'buy')
  const ask = bestPrice(book, 'sell')
  return bid !== undefined && ask !== undefined && bid >= ask ? [`crossed: ${bid} for ${ask}`] : []
}

/** Each unit ordered is traded once on each side, cancelled, or waits. */
function ofEvents(input: BookInput, events: readonly BookEvent[], sums: { ordered: number; ended: number }): string[] {
  const broken: string[] = []
  if (input.type === 'order' && events[0]?.type === 'accepted') sums.ordered += input.quantity
  for (const event of events) {
    if (event.type === 'cancelled') sums.ended += event.quantity
    if (event.type !== 'traded') continue
    sums.ended += 2 * event.quantity
    if (event.buyer === event.seller) broken.push(`${event.buyer} trades with itself`)
    if (input.type === 'order' && input.order !== 'market') {
      const isWorse = input.side === 'buy' ? event.price > input.price : event.price < input.price
      if (isWorse) broken.push('a trade at a worse price than the limit')
    }
  }
  return broken
}

type Waiting = RestingOrder & { readonly side: Side }

class NaiveBook {
  #orders: Waiting[] = []
  #nextId = 1
  readonly #selfTrade: SelfTrade

  constructor(selfTrade: SelfTrade) {
    this.#selfTrade = selfTrade
  }

  resting(): readonly Waiting[] {
    const of = (side: Side) => this.#orders.filter((one) => one.side === side).toSorted(this.#better)
    return [...of('buy'), ...of('sell')].map(({ id, by, quantity, price, side }) => ({ id, by, quantity, price, side }))
  }

  take(input: BookInput): readonly BookEvent[] {
    if (input.type === 'cancel') return this.#cancel(input.by, input.id)
    const { by, quantity } = input
    if (quantity < 1) return [{ type: 'rejected', reason: 'quantity', by }]
    const id = this.#nextId++
    const accepted: BookEvent = { type: 'accepted', id, by }
    const before = this.#orders
    const events: BookEvent[] = [accepted]
    const left = this.#match(input, id, events)
    const metItself = left < 0
    const rest = Math.abs(left)
    if (input.order === 'fill-or-kill' && rest > 0) {
      this.#orders = before
      return [accepted, { type: 'cancelled', id, by, quantity, reason: 'unfilled' }]
    }
    if (rest === 0) return events
    if (metItself || input.order !== 'limit') {
      return [...events, { type: 'cancelled', id, by, quantity: rest, reason: metItself ? 'self-trade' : 'unfilled' }]
    }
    const { side, price } = input
    this.#orders = [...this.#orders, { id, by, quantity: rest, price, side }]
    return [...events, { type: 'rested', id, by, side, price, quantity: rest }]
  }

  /** What is left; below 0 when it met its owner. */
  #match(input: Order, id: number, events: BookEvent[]): number {
    let left = input.quantity
    while (left > 0) {
      const [best] = this.#orders.filter(({ side }) => side !== input.side).toSorted(this.#better)
      if (best === undefined) return left
      const limit = input.order === 'market' ? best.price : input.price
      if (input.side === 'buy' ? best.price > limit : best.price < limit) return left
      if (best.by === input.by) {
        if (this.#selfTrade === 'cancel-newest') return -left
        this.#orders = this.#orders.filter((one) => one !== best)
        const { quantity, side, price } = best
        events.push({
          type: 'cancelled',
          id: best.id,
          by: best.by,
          quantity,
          reason: 'self-trade',
          waited: { side, price },
        })
        if (this.#selfTrade === 'cancel-both') return -left
        continue
      }
      const quantity = Math.min(left, best.quantity)
      left -= quantity
      const [buyer, seller] = input.side === 'buy' ? [input.by, best.by] : [best.by, input.by]
      const isBuyerMaker = input.side === 'sell'
      events.push({
        type: 'traded',
        price: best.price,
        quantity,
        maker: best.id,
        taker: id,
        buyer,
        seller,
        isBuyerMaker,
      })
      this.#orders = this.#orders.flatMap((one) =>
        one !== best ? [one] : quantity === best.quantity ? [] : [{ ...best, quantity: best.quantity - quantity }],
      )
    }
    return 0
  }

  #cancel(by: string, id: number): readonly BookEvent[] {
    const found = this.#orders.find((one) => one.id === id && one.by === by)
    if (found === undefined) return [{ type: 'rejected', by, reason: 'unknown-order' }]
    this.#orders = this.#orders.filter((one) => one !== found)
    const { quantity, side, price } = found
    return [{ type: 'cancelled', id, by, quantity, reason: 'asked', waited: { side, price } }]
  }

  readonly #better = (a: Waiting, b: Waiting) =>
    (a.side === 'sell' ? a.price - b.price : b.price - a.price) || a.id - b.id
}
