/** Who gets how many of several equal things, and for what, when all have bid at once: discriminatory and Vickrey prices. */

import { type Award, type Bid, bidAmount } from './bid.ts'
import { highestFirst, type TieRanks } from './tie-order.ts'

/**
 * Bids for one item. Requires: all are admitted, so at or above the reserve; each is for up to its quantity, at its price for one.
 */
export interface SealedSale {
  readonly bids: readonly Bid[]
  /** Units for sale. */
  readonly quantity: number
  /** The least that a unit is sold for. */
  readonly reserve: number
  readonly ranks: TieRanks
}

/** A sealed sale's way of setting payments. */
export type SealedPricing = (sale: SealedSale) => readonly Award[]

/**
 * The highest bids win and pay what they bid.
 *
 * Ensures: at most `quantity` units are awarded; an award a bidder; in all, `pays = price`.
 */
export const firstPrice: SealedPricing = (sale) =>
  awardsOf(winningBids(sale), sale, (won) => won.reduce((sum, { bid, units }) => sum + bid.price * units, 0))

/**
 * The highest bids win, and each winner pays what the others lose by its being there: for its k units, the k highest bids of others
 * that win nothing, and the reserve where there are none. For one unit that is the second-highest bid or the reserve.
 *
 * Ensures: `0 <= pays <= price`; at least the reserve a unit. No bidder gains by bidding other than its values for one unit more,
 * provided that they do not grow; ties do not change that.
 * Source: Vickrey, J. Finance 16(1), 1961; multi-unit as in Krishna, Auction Theory, 12.2. Differs: with a reserve.
 */
export const vickrey: SealedPricing = (sale) => {
  const fills = winningBids(sale)
  const losing = fills.filter(({ bid, units }) => units < bid.quantity)
  return awardsOf(fills, sale, (won) => {
    const bidder = won[0]?.bid.bidder
    let left = won.reduce((sum, { units }) => sum + units, 0)
    let pays = 0
    for (const { bid, units } of losing) {
      if (left === 0) break
      if (bid.bidder === bidder) continue
      const displaced = Math.min(left, bid.quantity - units)
      pays += displaced * bid.price
      left -= displaced
    }
    return pays + left * sale.reserve
  })
}

/** A bid and how many units of it win, which may be none. */
interface Fill {
  readonly bid: Bid
  readonly units: number
}

function winningBids({ bids, quantity, ranks }: SealedSale): readonly Fill[] {
  let left = quantity
  return highestFirst(bids, ranks, ({ bidder }) => bidder).map((bid) => {
    const units = Math.min(left, bid.quantity)
    left -= units
    return { bid, units }
  })
}

function awardsOf(
  fills: readonly Fill[],
  sale: SealedSale,
  paymentOf: (won: readonly Fill[], sale: SealedSale) => number,
): readonly Award[] {
  const byBidder = Map.groupBy(
    fills.filter(({ units }) => units > 0),
    ({ bid }) => bid.bidder,
  )
  return [...byBidder].map(([bidder, won]) => ({
    bidder,
    items: won[0]?.bid.items ?? [],
    quantity: won.reduce((sum, { units }) => sum + units, 0),
    price: won.reduce((sum, { bid, units }) => sum + bidAmount({ price: bid.price, quantity: units }), 0),
    pays: paymentOf(won, sale),
  }))
}
