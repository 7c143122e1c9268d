/** Learning whom to follow from losses, with a bound on how much worse that is than having followed the best all along. */

import { assert } from '@mabeam/foundation'

export interface HedgeRules {
  /** How strongly a loss counts (η). */
  readonly rate: number
  /** The share of all weight that is spread evenly after each outcome, so that who was bad for long can come back. 0: nobody drifts. */
  readonly drift: number
}

/**
 * The rate that is best where `horizon` outcomes are to come: `η = √(8 ln n / T)`.
 *
 * Requires: `experts >= 1`, `horizon >= 1`.
 */
export function hedgeRate(experts: number, horizon: number): number {
  return Math.sqrt((8 * Math.log(experts)) / horizon)
}

/**
 * Logarithms of weights after one outcome: `w ← w · exp(-η ℓ)`, then the drift. `undefined` is the loss of who said nothing: as much
 * as the others had together, so that its share stays what it was.
 *
 * Shapes: `logWeights` [n], `losses` [n] → [n].   Units: losses from 0 to 1.
 * Requires: finite `logWeights`, of equal length.   Ensures: the largest is 0 (nothing overflows, however long it goes on).
 * With all losses known, `T` outcomes, no drift and `hedgeRate`, the expected loss is at most `√(T ln n / 2)` above that of the best.
 * Source: Freund & Schapire, J. Comput. Syst. Sci. 55(1), 1997; fixed share: Herbster & Warmuth, Machine Learning 32(2), 1998, with shares that
 * go to all; sleeping experts: Freund, Schapire, Singer & Warmuth, STOC 1997. Differs: none beyond that.
 */
export function hedgeStep(
  logWeights: readonly number[],
  losses: readonly (number | undefined)[],
  { rate, drift }: HedgeRules,
): readonly number[] {
  assert(logWeights.length === losses.length, 'one loss for each weight')
  if (logWeights.length === 0) return []
  const awakeBefore = logSum(logWeights.filter((_, at) => losses[at] !== undefined))
  const punished = logWeights.map((logWeight, at) => logWeight - rate * (losses[at] ?? 0))
  const awakeAfter = logSum(punished.filter((_, at) => losses[at] !== undefined))
  const kept = punished.map((logWeight, at) => {
    return losses[at] === undefined ? logWeight : logWeight + awakeBefore - awakeAfter
  })
  return normalized(drift === 0 ? kept : spread(kept, drift))
}

/** Shares of all weight. Shapes: [n] → [n].   Ensures: they sum to 1. */
export function hedgeShares(logWeights: readonly number[]): readonly number[] {
  const total = logSum(logWeights)
  return logWeights.map((logWeight) => Math.exp(logWeight - total))
}

function spread(logWeights: readonly number[], drift: number): readonly number[] {
  const even = drift / logWeights.length
  return hedgeShares(logWeights).map((share) => Math.log((1 - drift) * share + even))
}

function normalized(logWeights: readonly number[]): readonly number[] {
  const largest = largestOf(logWeights)
  return logWeights.map((logWeight) => logWeight - largest)
}

function logSum(logWeights: readonly number[]): number {
  if (logWeights.length === 0) return 0
  const largest = largestOf(logWeights)
  return largest + Math.log(logWeights.reduce((sum, logWeight) => sum + Math.exp(logWeight - largest), 0))
}

function largestOf(numbers: readonly number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY)
}
