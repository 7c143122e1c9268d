/** Weights for two options, from how often each voter was right. */

import { assert } from '@mabeam/foundation'

/** What is thought of somebody of whom nothing is known yet. */
export interface RatePrior {
  /** How often such a one is right, from 0 to 1, both excluded. */
  readonly priorRate: number
  /** How many votes that is worth, above 0. */
  readonly priorVotes: number
}

/**
 * How often somebody is right, drawn towards what was thought before: `(right + rate · votes) / (seen + votes)`.
 *
 * Requires: `0 <= right <= seen`.   Ensures: above 0 and below 1.
 * Source: the mean of a beta posterior. Differs: none.
 */
export function shrunkRate(right: number, seen: number, { priorRate, priorVotes }: RatePrior): number {
  assert(right >= 0 && right <= seen, 'right more often than seen')
  return (right + priorRate * priorVotes) / (seen + priorVotes)
}

/**
 * The weight `ln(p / (1 - p))` of a voter who is right with probability `p`. Where votes on two options are independent and both as
 * likely to be right, no rule is right more often than that of such weights.
 *
 * Requires: `0 < p < 1`.   Ensures: finite, >= 0.
 * Source: Nitzan & Paroush, International Economic Review 23(2), 1982. Differs: who is right less than half the time has no weight, instead
 * of one against its vote: it would pay to be wrong on purpose.
 */
export function logOddsWeight(rate: number): number {
  assert(rate > 0 && rate < 1, 'a rate above 0 and below 1')
  return Math.max(0, Math.log(rate / (1 - rate)))
}
