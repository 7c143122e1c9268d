/** Wilcoxon's signed-rank test: whether paired differences lie on one side of zero. */

import { normalCdf } from '../numeric/normal.ts'
import { doubledRanks } from './mean-ranks.ts'
import { checkNumbers } from './quantile.ts'

export interface SignedRank {
  /** One-sided: how likely differences at least as far above zero are, when their signs are by chance. */
  readonly p: number
  /** Sum of the ranks of positive differences; zeros count half. */
  readonly positive: number
  readonly n: number
  readonly method: 'exact' | 'normal'
}

/** The most differences that are counted exactly. */
export const signedRankExactMax = 25

/**
 * Tests that differences tend to be above zero. Ties get mean ranks; a zero difference counts half to both sides, so that many
 * equal examples make nothing significant.
 *
 * Shapes: `differences` [n]. Cost: O(n³) up to 25 differences, O(n log n) above.
 * Throws: `ml/unusable-numbers` for an empty list and numbers that aren't finite.
 * Source: Wilcoxon, Biometrics Bulletin 1(6), 1945. Differs: zeros are split ("zsplit" in SciPy); exact also with ties, by counting
 * over the ranks that occur; above 25 differences the normal approximation with continuity correction.
 * @example signedRank([1, 2, 3, 4]).p // => 0.0625
 */
export function signedRank(differences: readonly number[]): SignedRank {
  checkNumbers('signedRank', differences)
  const n = differences.length
  const ranks = doubledRanks(differences.map(Math.abs))
  let doubled = 0
  const free: number[] = []
  for (const [i, difference] of differences.entries()) {
    const rank = ranks[i] as number
    if (difference === 0) doubled += rank / 2
    else free.push(rank)
    if (difference > 0) doubled += rank
  }
  const zeros = differences.reduce((sum, difference, i) => sum + (difference === 0 ? (ranks[i] as number) / 2 : 0), 0)
  const reached = doubled - zeros
  const positive = doubled / 2
  if (n > signedRankExactMax) return { p: normalTail(free, reached), positive, n, method: 'normal' }
  return { p: exactTail(free, reached), positive, n, method: 'exact' }
}

/** P(sum of a random half of the ranks >= reached), each rank in or out by a fair coin. */
function exactTail(ranks: readonly number[], reached: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0)
  let chance = new Float64Array(total + 1)
  chance[0] = 1
  for (const rank of ranks) {
    const next = new Float64Array(total + 1)
    for (let sum = 0; sum <= total; sum++) {
      next[sum] = 0.5 * ((chance[sum] as number) + (sum >= rank ? (chance[sum - rank] as number) : 0))
    }
    chance = next
  }
  let tail = 0
  for (let sum = total; sum >= reached; sum--) tail += chance[sum] as number
  return Math.min(1, tail)
}

function normalTail(ranks: readonly number[], reached: number): number {
  const middle = ranks.reduce((sum, rank) => sum + rank, 0) / 2
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0)) / 2
  if (deviation === 0) return 1
  return 1 - normalCdf((reached - middle - 1) / deviation)
}
