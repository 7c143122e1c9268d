/** Distributions over unordered values, moved towards what the better half of a generation chose. */

import type { Random } from '@mabeam/foundation'

/** Probabilities of the values of one dimension. */
export type Shares = Float64Array

export function startShares(count: number): Shares {
  return new Float64Array(count).fill(1 / count)
}

export function drawShare(shares: Shares, random: Random): number {
  let level = random.next()
  for (let index = 0; index < shares.length; index++) {
    level -= shares[index] as number
    if (level < 0) return index
  }
  return shares.length - 1
}

/**
 * Moves towards the weighted choices and keeps what is not the likeliest value at `alpha` together.
 *
 * Shapes: `chosen` [μ], undefined where the dimension was inactive; `weights` [μ] sum to 1.
 * Source: natural gradient of a categorical distribution with margin, as Hamano et al., CatCMA, GECCO 2024. Differs: the learning
 * rate is a constant, not adapted.
 */
export function learnShares(
  shares: Shares,
  chosen: readonly (number | undefined)[],
  { weights, rate, alpha }: { readonly weights: readonly number[]; readonly rate: number; readonly alpha: number },
): void {
  const count = shares.length
  if (count < 2) return
  const known = chosen.reduce<number>((sum, one, i) => sum + (one === undefined ? 0 : (weights[i] as number)), 0)
  for (let index = 0; index < count; index++) shares[index] = (shares[index] as number) * (1 - rate * known)
  for (const [i, index] of chosen.entries()) {
    if (index !== undefined) shares[index] = (shares[index] as number) + rate * (weights[i] as number)
  }
  const least = Math.min(alpha / (count - 1), 1 / count)
  let total = 0
  for (let index = 0; index < count; index++) {
    shares[index] = Math.max(least, shares[index] as number)
    total += (shares[index] as number) - least
  }
  if (total <= 0) return
  const scale = (1 - count * least) / total
  for (let index = 0; index < count; index++) shares[index] = least + ((shares[index] as number) - least) * scale
}
