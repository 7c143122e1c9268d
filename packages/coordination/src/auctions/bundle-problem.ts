/** From bids on sets of items to the problem of who wins, and back to awards. Reserves are what items are worth to the seller. */

import { type Award, type Bid, bidAmount } from './bid.ts'
import { rankOf, type TieRanks } from './tie-order.ts'
import { Leftover } from './winner-bounds.ts'
import type { ProblemBid, WinnerProblem } from './winner-determination.ts'

/** What there is of an item. */
export interface ItemForSale {
  /** Its place among all, counted from 0. */
  readonly place: number
  readonly quantity: number
  /** The least that one unit is sold for. */
  readonly reserve: number
}

/** By name, in the order of their places. */
export type ItemsForSale = ReadonlyMap<string, ItemForSale>

export interface BundleSale {
  readonly items: ItemsForSale
  /** Admitted: each at or above its reserve. */
  readonly bids: readonly Bid[]
  /** At most one bid of a bidder is accepted. */
  readonly exclusive: boolean
  readonly ranks: TieRanks
}

/** The problem, and what its places stand for. */
export interface BundleProblem {
  readonly problem: WinnerProblem
  /** The bids of the problem, in its order: those worth more than their reserve. */
  readonly bids: readonly Bid[]
  /** By bid of the problem, whose it is. */
  readonly owners: readonly string[]
  /** Bids just at their reserve: worth nothing more, and accepted for what is left over. */
  readonly atReserve: readonly Bid[]
}

/** Ensures: bids stand in the order of ranks, so that among equally good answers the seed decides and not who was quicker. */
export function bundleProblem(sale: BundleSale): BundleProblem {
  const { items, ranks } = sale
  const ordered = sale.bids.toSorted((a, b) => rankOf(ranks, a.bidder) - rankOf(ranks, b.bidder))
  const bids = ordered.filter((bid) => gainOf(bid, items) > 0)
  return {
    problem: {
      supply: [...items.values()].map(({ quantity }) => quantity),
      bids: bids.map((bid) => problemBid(bid, sale)),
    },
    bids,
    owners: bids.map(({ bidder }) => bidder),
    atReserve: ordered.filter((bid) => gainOf(bid, items) === 0),
  }
}

/** What is accepted, with bids at their reserve for what is left over. */
export function acceptedBids(
  sale: BundleSale,
  { problem, bids, atReserve }: BundleProblem,
  winners: readonly number[],
): readonly Bid[] {
  const left = new Leftover(problem.supply)
  for (const place of winners) left.take(problem.bids[place] as ProblemBid)
  const leftOver = atReserve.filter((bid) => {
    const wanted = problemBid(bid, sale)
    if (!left.fits(wanted)) return false
    left.take(wanted)
    return true
  })
  return [...winners.map((place) => bids[place] as Bid), ...leftOver]
}

/**
 * Awards, one for each bid accepted. `gains` says what each bidder pays above reserves in all; without it all pay what they bid. A
 * bidder with several accepted bids pays it with the first of them, as far as they go.
 */
export function bundleAwards(
  items: ItemsForSale,
  accepted: readonly Bid[],
  gains?: ReadonlyMap<string, number>,
): readonly Award[] {
  const left = new Map(gains)
  return accepted.map((bid) => {
    const { bidder, items: named, quantity } = bid
    const price = bidAmount(bid)
    if (gains === undefined) return { bidder, items: named, quantity, price, pays: price }
    const gain = Math.min(left.get(bidder) ?? 0, gainOf(bid, items))
    left.set(bidder, (left.get(bidder) ?? 0) - gain)
    return { bidder, items: named, quantity, price, pays: price - gainOf(bid, items) + gain }
  })
}

/** The reserves of a set together. */
export function reserveOf(named: readonly string[], items: ItemsForSale): number {
  return named.reduce((sum, item) => sum + (items.get(item)?.reserve ?? 0), 0)
}

/** What a bid is worth more than its reserves. */
function gainOf({ items: named, price, quantity }: Bid, items: ItemsForSale): number {
  return (price - reserveOf(named, items)) * quantity
}

function problemBid(bid: Bid, { items, exclusive, ranks }: BundleSale): ProblemBid {
  return {
    items: bid.items.map((item) => items.get(item)?.place ?? 0),
    quantity: bid.quantity,
    value: gainOf(bid, items),
    ...(exclusive && { group: rankOf(ranks, bid.bidder) }),
  }
}
