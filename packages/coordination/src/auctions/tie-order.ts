/** Who goes first where bids are equal. */

import type { Random } from '@mabeam/foundation'
import type { Participant } from '../sessions/protocol.ts'
import type { Bid } from './bid.ts'

/** `drawn`: by lot, from the session's seed. `order`: in the order in which the team was given. */
export type TieRule = 'drawn' | 'order'

/** By bidder: the lower comes first. */
export type TieRanks = ReadonlyMap<string, number>

/**
 * Ensures: with `drawn`, the ranks depend on who takes part and on the seed, not on the order of the participants.
 */
export function tieRanks(participants: readonly Participant[], rule: TieRule, random: Random): TieRanks {
  const ids = participants.map(({ id }) => id)
  const ordered = rule === 'order' ? ids : random.fork('ties').shuffle(ids.toSorted())
  return new Map(ordered.map((id, rank) => [id, rank]))
}

/** Bids from the highest to the lowest; of equal ones by rank, and those of one bidder as it gave them. */
export function highestFirst<B extends Pick<Bid, 'price'>>(
  bids: readonly B[],
  ranks: TieRanks,
  whoOf: (bid: B) => string,
): B[] {
  return bids.toSorted((a, b) => b.price - a.price || rankOf(ranks, whoOf(a)) - rankOf(ranks, whoOf(b)))
}

/** Those without a rank come last, as they were given. */
export function rankOf(ranks: TieRanks, bidder: string): number {
  return ranks.get(bidder) ?? ranks.size
}
