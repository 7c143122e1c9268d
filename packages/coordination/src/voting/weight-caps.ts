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
  // A sum may be beyond all numbers; a millionth of each weight has one.
  const scale = sumOf(weights) === Number.POSITIVE_INFINITY ? 2 ** -20 : 1
  const scaled = weights.map((weight) => weight * scale)
  const total = sumOf(scaled)
  const positive = scaled.filter((weight) => weight > 0).sort((a, b) => b - a)
  if (total === 0 || (positive[0] ?? 0) <= shareMax * total) return weights
  const cap = shareMax * total
  if (shareMax * positive.length <= 1)
    return weights.map((weight) => (weight > 0 ? total / positive.length / scale : 0))
  const stretch = stretchOf(positive, cap, total)
  return scaled.map((weight) => Math.min(cap, weight * stretch) / scale)
}

/** By what those below the cap are multiplied, so that the sum is `total`. */
function stretchOf(descending: readonly number[], cap: number, total: number): number {
  // Summed up from the smallest: what is left of the sum after taking off large ones would have lost their digits.
  const below: number[] = []
  for (const weight of descending.toReversed()) below.push((below.at(-1) ?? 0) + weight)
  for (const [capped, weight] of descending.entries()) {
    const stretch = (total - capped * cap) / (below[descending.length - 1 - capped] ?? 0)
    if (weight * stretch <= cap) return stretch
  }
  // Only rounding leads here: all are at the cap.
  return Number.MAX_SAFE_INTEGER
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
