/**
 * Bundles sold by many to many: which bids on bundles are served with whose units so that what is gained is most, and who pays what. Buyers
 * pay what they bid and sellers get what they asked, less and more by a share of the gain, so that money is conserved and nobody loses by
 * its own figures. That is not truthful: no such exchange is efficient, truthful, individually rational and balanced together (Myerson &
 * Satterthwaite, 1983).
 */

import type { Bid } from '../auctions/bid.ts'
import { bidAmount } from '../auctions/bid.ts'
import { rankOf, type TieRanks } from '../auctions/tie-order.ts'
import type { ProblemBid, WinnerProblem } from '../auctions/winner-determination.ts'
import { largestRemainder } from './largest-remainder.ts'

export interface BundleOffers {
  readonly goods: readonly string[]
  /** Of each buyer at most one is served, whole. */
  readonly buys: readonly Bid[]
  /** Each of one good; parts of it may be sold. */
  readonly sells: readonly Bid[]
  readonly ranks: TieRanks
}

export interface BoughtBundle {
  readonly buyer: string
  readonly items: readonly string[]
  readonly quantity: number
  /** What it bid for it, in all. */
  readonly bid: number
  /** At most `bid`. */
  readonly pays: number
}

export interface SoldUnits {
  readonly seller: string
  readonly item: string
  readonly quantity: number
  /** What it asked for them, in all. */
  readonly asked: number
  /** At least `asked`. */
  readonly receives: number
}

export interface BundleClearing {
  readonly bought: readonly BoughtBundle[]
  readonly sold: readonly SoldUnits[]
  /** What buyers bid above what sellers asked. What buyers pay is what sellers get. */
  readonly gain: number
}

/**
 * The exchange as a problem of winners: sellers bid for their own units what they ask for them, so that a unit is sold only for more.
 * Buyers' bids come first, in the order given.
 */
export function bundleExchangeProblem({ goods, buys, sells }: BundleOffers): WinnerProblem {
  const places = new Map(goods.map((name, place) => [name, place]))
  const buyers = new Map([...new Set(buys.map(({ bidder }) => bidder))].map((id, group) => [id, group]))
  const supply = goods.map(() => 0)
  const kept: ProblemBid[] = []
  for (const { items, price, quantity } of sells) {
    const place = places.get(items[0] ?? '') as number
    supply[place] = (supply[place] ?? 0) + quantity
    // What is asked for nothing nobody need keep.
    if (price > 0) kept.push(...lots(quantity).map((lot) => ({ items: [place], quantity: lot, value: lot * price })))
  }
  const wanted = buys.map(
    (bid): ProblemBid => ({
      items: bid.items.map((item) => places.get(item) as number),
      quantity: bid.quantity,
      value: bidAmount(bid),
      group: buyers.get(bid.bidder) as number,
    }),
  )
  return { supply, bids: [...wanted, ...kept] }
}

/**
 * Who trades, where those of `buys` at `places` are served: by the cheapest units, and `buyersPercent` of the gain goes to the buyers.
 *
 * Requires: `buys` at those places can be served.   Ensures: what all buyers pay is what all sellers receive; nobody pays more than it bid, or receives less than it asked;
 * nothing at all where there would be a loss.
 */
export function settleBundles(offers: BundleOffers, places: readonly number[], buyersPercent: number): BundleClearing {
  const served = places.flatMap((place) => offers.buys[place] ?? [])
  const sold = cheapest(offers, served)
  const bids = served.map(bidAmount)
  const asks = sold.map(bidAmount)
  const total = (amounts: readonly number[]) => amounts.reduce((sum, one) => sum + one, 0)
  const gain = total(bids) - total(asks)
  if (gain < 0 || served.length === 0) return { bought: [], sold: [], gain: 0 }
  const ofBuyers = Number((BigInt(gain) * BigInt(buyersPercent)) / 100n)
  const rebates = largestRemainder(ofBuyers, bids)
  const isFree = asks.every((one) => one === 0)
  const bonuses = largestRemainder(gain - ofBuyers, isFree ? sold.map(({ quantity }) => quantity) : asks)
  return {
    bought: served.map(({ bidder, items, quantity }, at) => {
      const bid = bids[at] as number
      return { buyer: bidder, items, quantity, bid, pays: bid - (rebates[at] as number) }
    }),
    sold: sold.map(({ bidder, items, quantity }, at) => {
      const asked = asks[at] as number
      return { seller: bidder, item: items[0] as string, quantity, asked, receives: asked + (bonuses[at] as number) }
    }),
    gain,
  }
}

/** Units that are needed, of those who ask least. */
function cheapest({ goods, sells, ranks }: BundleOffers, served: readonly Bid[]): Bid[] {
  const sold: Bid[] = []
  for (const good of goods) {
    let needed = served.reduce((sum, { items, quantity }) => sum + (items.includes(good) ? quantity : 0), 0)
    const offers = sells.filter(({ items }) => items[0] === good)
    for (const offer of offers.toSorted(
      (a, b) => a.price - b.price || rankOf(ranks, a.bidder) - rankOf(ranks, b.bidder),
    )) {
      const quantity = Math.min(needed, offer.quantity)
      if (quantity > 0) sold.push({ ...offer, quantity })
      needed -= quantity
    }
  }
  return sold
}

/** Sizes from which every number up to `quantity` can be made: 1, 2, 4, … and the rest. */
function lots(quantity: number): number[] {
  const sizes: number[] = []
  for (let left = quantity, size = 1; left > 0; size *= 2) {
    sizes.push(Math.min(size, left))
    left -= size
  }
  return sizes
}
