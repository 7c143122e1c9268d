/**
 * Many who buy and many who sell one thing: who trades, and for what. No such auction is efficient, truthful, individually rational
 * and balanced together (Myerson & Satterthwaite, 1983): `mcAfee` gives up a trade, `kPrice` truthfulness.
 */

import { assert } from '@mabeam/foundation'
import { highestFirst, rankOf, type TieRanks } from './tie-order.ts'

/** What somebody would pay at most, or take at least, for each of up to `quantity` units. */
export interface Order {
  readonly trader: string
  readonly price: number
  readonly quantity: number
}

export interface DoubleBook {
  readonly buys: readonly Order[]
  readonly sells: readonly Order[]
  readonly ranks: TieRanks
}

export interface Trade {
  readonly buyer: string
  readonly seller: string
  readonly quantity: number
  /** What the buyer pays for all of it. */
  readonly pays: number
  /** What the seller gets for all of it. */
  readonly receives: number
}

export interface DoubleClearing {
  readonly trades: readonly Trade[]
  /** Of a unit; nothing where nothing is traded. */
  readonly price?: { readonly buyersPay: number; readonly sellersGet: number }
  /** Units traded. */
  readonly quantity: number
  /** Units that could be traded with a gain. */
  readonly quantityMax: number
  /** What buyers pay and sellers do not get: with the auctioneer. */
  readonly surplus: number
}

/**
 * McAfee's auction: one price made of the first two orders that do not trade, if it suits all that do; else the last trade
 * is given up, and sets the prices.
 *
 * Requires: a quantity of 1 everywhere, and nobody on both sides or twice on one.
 * Ensures: nobody gains by an order other than its value; nobody loses; `surplus >= 0`; at most one trade that would gain is
 * lost.
 * Source: McAfee, J. Economic Theory 56(2), 1992. Differs: the price is rounded down to a whole number; where there is no order that does
 * not trade, the last trade is given up.
 */
export function mcAfee(book: DoubleBook): DoubleClearing {
  const units = [...book.buys, ...book.sells].every(({ quantity }) => quantity === 1)
  assert(units, 'an order of McAfee’s auction is for one unit')
  const { buys, sells } = inOrder(book)
  const quantityMax = efficientQuantity(buys, sells)
  const [lastBuy, lastSell] = [buys[quantityMax - 1], sells[quantityMax - 1]]
  if (lastBuy === undefined || lastSell === undefined) return { ...nothingTraded, quantityMax }
  const [nextBuy, nextSell] = [buys[quantityMax], sells[quantityMax]]
  if (nextBuy !== undefined && nextSell !== undefined) {
    const price = Math.floor((nextBuy.price + nextSell.price) / 2)
    if (lastSell.price <= price && price <= lastBuy.price) {
      return cleared({ buys, sells, quantity: quantityMax, quantityMax }, { buyersPay: price, sellersGet: price })
    }
  }
  const prices = { buyersPay: lastBuy.price, sellersGet: lastSell.price }
  return cleared({ buys, sells, quantity: quantityMax - 1, quantityMax }, prices)
}

/**
 * All gainful trades at one price between the lowest and the highest that clears: `kPercent` of the way up. Balanced and
 * efficient for orders as given, and not truthful: whoever is about to set the price gains by shading it.
 *
 * Ensures: `surplus` is 0; nobody pays more than it would, or gets less.
 * Source: Satterthwaite & Williams, J. Economic Theory 48(2), 1989. Differs: units, and the price is rounded down.
 */
export function kPrice(book: DoubleBook, kPercent: number): DoubleClearing {
  const { buys, sells } = inOrder(book)
  const quantity = efficientQuantity(buys, sells)
  if (quantity === 0) return nothingTraded
  const last = { buy: unitPrice(buys, quantity - 1), sell: unitPrice(sells, quantity - 1) }
  const next = { buy: unitPrice(buys, quantity), sell: unitPrice(sells, quantity) }
  const low = Math.max(last.sell ?? 0, next.buy ?? 0)
  const high = Math.min(last.buy ?? low, next.sell ?? Number.MAX_SAFE_INTEGER)
  const price = low + Math.floor(((high - low) * kPercent) / 100)
  return cleared({ buys, sells, quantity, quantityMax: quantity }, { buyersPay: price, sellersGet: price })
}

const nothingTraded: DoubleClearing = { trades: [], quantity: 0, quantityMax: 0, surplus: 0 }

interface Clearable {
  /** Highest first. */
  readonly buys: readonly Order[]
  /** Lowest first. */
  readonly sells: readonly Order[]
  readonly quantity: number
  readonly quantityMax: number
}

function inOrder({ buys, sells, ranks }: DoubleBook): Pick<Clearable, 'buys' | 'sells'> {
  return {
    buys: highestFirst(buys, ranks, ({ trader }) => trader),
    sells: sells.toSorted((a, b) => a.price - b.price || rankOf(ranks, a.trader) - rankOf(ranks, b.trader)),
  }
}

/** Units for which who buys would pay at least what who sells would take. */
function efficientQuantity(buys: readonly Order[], sells: readonly Order[]): number {
  return pairs(buys, sells, Number.POSITIVE_INFINITY).reduce((sum, { quantity }) => sum + quantity, 0)
}

interface Pair {
  readonly buy: Order
  readonly sell: Order
  readonly quantity: number
}

/** The best who buy with the best who sell, as long as they agree, and up to so many units. */
function pairs(buys: readonly Order[], sells: readonly Order[], quantityMax: number): readonly Pair[] {
  const found: Pair[] = []
  let [b, s, bought, sold, left] = [0, 0, 0, 0, quantityMax]
  while (left > 0) {
    const [buy, sell] = [buys[b], sells[s]]
    if (buy === undefined || sell === undefined || buy.price < sell.price) break
    const quantity = Math.min(left, buy.quantity - bought, sell.quantity - sold)
    found.push({ buy, sell, quantity })
    left -= quantity
    bought += quantity
    sold += quantity
    if (bought === buy.quantity) [b, bought] = [b + 1, 0]
    if (sold === sell.quantity) [s, sold] = [s + 1, 0]
  }
  return found
}

/** The price of the unit at that place, counted from 0. */
function unitPrice(orders: readonly Order[], place: number): number | undefined {
  let left = place
  for (const { price, quantity } of orders) {
    if (left < quantity) return price
    left -= quantity
  }
  return undefined
}

function cleared({ buys, sells, quantity, quantityMax }: Clearable, price: NonNullable<DoubleClearing['price']>) {
  if (quantity === 0) return { ...nothingTraded, quantityMax }
  const { buyersPay, sellersGet } = price
  const trades = pairs(buys, sells, quantity).map(({ buy, sell, quantity: units }) => ({
    buyer: buy.trader,
    seller: sell.trader,
    quantity: units,
    pays: units * buyersPay,
    receives: units * sellersGet,
  }))
  return { trades, price, quantity, quantityMax, surplus: quantity * (buyersPay - sellersGet) }
}
