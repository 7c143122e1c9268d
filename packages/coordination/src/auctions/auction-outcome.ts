/** What comes of an auction. */

import type { Award } from './bid.ts'
import type { RefusedBids } from './bid-admission.ts'

export interface Awarded {
  readonly type: 'awarded'
  readonly awards: readonly Award[]
  /** What all pay together. */
  readonly revenue: number
  readonly refused: RefusedBids
}

export interface NoSale {
  readonly type: 'no-sale'
  readonly reason: /** Nobody bid. */
    | 'no-bids'
    /** All who bid, bid below the reserve. */
    | 'below-reserve'
    /** There were bids, and none of them counts. */
    | 'bids-refused'
    /** The session had to end before anybody took it. */
    | 'ended'
  readonly refused: RefusedBids
}

/** Nothing was admitted: why. */
export function noSale(refused: RefusedBids): NoSale {
  const reasons = Object.keys(refused)
  if (reasons.length === 0) return { type: 'no-sale', reason: 'no-bids', refused }
  const isBelow = reasons.every((reason) => reason === 'below-minimum')
  return { type: 'no-sale', reason: isBelow ? 'below-reserve' : 'bids-refused', refused }
}

export function awarded(awards: readonly Award[], refused: RefusedBids): Awarded {
  return { type: 'awarded', awards, revenue: awards.reduce((sum, { pays }) => sum + pays, 0), refused }
}
