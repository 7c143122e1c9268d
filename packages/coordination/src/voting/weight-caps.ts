/** Caps on weights: nobody has more than a share of all, however good it was. */

import { invalidOption } from '@mabeam/foundation'

/**
 * Weights of which none is more than `shareMax` of their sum, which stays what it was. What is cut off goes to those below, in
 * proportion to what they have, until nobody is above: one pass of clipping would push others over.
 *
 * Shapes: `weights` [n] → [n].   Requires: finite weights >= 0.
 * Ensures: order is kept, 0 stays 0, those below the cap keep their ratios. Where `shareMax` is less than an equal share, all above 0
 * are equal: nothing lower is possible.
 * Throws: `foundation/invalid-option` for a share that is not above 0 up to 1.
 * Source: water-filling; the level is found from the largest down.
 * @example cappedWeights([6, 2, 1, 1], 0.4) // => [4, 3, 1.5, 1.5]
 */
export function cappedWeights(weights: readonly number[], shareMax: number): readonly number[] {
  if (!(shareMax > 0 && shareMax <= 1))
    throw invalidOption('cappedWeights', 'shareMax', 'a share above 0 up to 1', shareMax)
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0)
  if (largest === 0) return weights
  // Shares of the sum, by way of the largest: the sum itself may be beyond all numbers.
  const scaled = weights.map((weight) => weight / largest)
  const total = scaled.reduce((sum, weight) => sum + weight, 0)
  const shares = scaled.map((weight) => weight / total)
  const descending = shares.filter((share) => share > 0).sort((a, b) => b - a)
  if (shareMax * descending.length <= 1) {
    return weights.map((weight) => (weight > 0 ? (total / descending.length) * largest : 0))
  }
  if ((descending[0] ?? 0) <= shareMax) return weights
  const stretch = stretchOf(descending, shareMax)
  return shares.map((share) => Math.min(shareMax, share * stretch) * total * largest)
}

/** By what those below the cap are multiplied, so that everything together is 1. */
function stretchOf(descending: readonly number[], shareMax: number): number {
  let below = 1
  for (const [capped, share] of descending.entries()) {
    const stretch = (1 - capped * shareMax) / below
    if (share * stretch <= shareMax) return stretch
    below -= share
  }
  // Only rounding leads here: all are at the cap.
  return Number.MAX_SAFE_INTEGER
}
