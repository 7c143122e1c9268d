/**
 * What is bid in auctions and what comes of it. Money is whole numbers of the smallest unit, and limits are such that every sum
 * over an auction is a safe integer.
 */

/** One bid, admitted: for `quantity` of the set `items`, each item of it once, at `price` for one such set. */
export interface Bid {
  readonly bidder: string
  readonly items: readonly string[]
  /** For one of the set, not for all of them together. */
  readonly price: number
  /** At least 1. */
  readonly quantity: number
}

/** What a bidder gets. Ensures: `0 <= pays <= price`. */
export interface Award {
  readonly bidder: string
  readonly items: readonly string[]
  /** How many of the set. */
  readonly quantity: number
  /** What it bid for what it gets, in all. */
  readonly price: number
  /** What it pays for it, in all. */
  readonly pays: number
}

/** Bids in one auction, whatever it is told. */
export const auctionBidsMax = 10_000
/** Different items in one auction. */
export const auctionItemsMax = 1_000
/** What one bid may come to: 900,719,925,474, so that 10,000 of them are a safe integer. */
export const bidAmountMax = Math.floor(Number.MAX_SAFE_INTEGER / auctionBidsMax)

/** What all of a bid comes to. */
export function bidAmount({ price, quantity }: Pick<Bid, 'price' | 'quantity'>): number {
  return price * quantity
}
