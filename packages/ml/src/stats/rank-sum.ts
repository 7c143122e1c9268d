/** The Mann-Whitney test: whether one of two independent samples tends to be larger, whatever their distributions. */

import { normalCdf } from '../numeric/normal.ts'
import { doubledRanks } from './mean-ranks.ts'
import { checkNumbers } from './quantile.ts'

export interface RankSum {
  /** One-sided: how likely `a` lies at least so far above `b` when both are drawn from the same. */
  readonly p: number
  /** Of a difference to either side. */
  readonly pTwoSided: number
  /** The share of pairs in which a value of `a` is the larger one, equal ones counted half: 0.5 says nothing, 1 that all are. */
  readonly superiority: number
  /** Mann and Whitney's U of `a`. */
  readonly u: number
  readonly n: readonly [a: number, b: number]
  readonly method: 'exact' | 'normal'
}

/** The most values of both samples together that are counted exactly. */
export const rankSumExactMax = 40

/**
 * Tests that `a` tends to be above `b`. For scores of the same examples use `signedRank`, which sees more.
 *
 * Shapes: `a` [n], `b` [m]. Cost: up to 40 values in all O(n · (n + m)³), above O(n log n).
 * Throws: `ml/unusable-numbers` for an empty list and numbers that aren't finite.
 * Source: Mann & Whitney, Ann. Math. Statist. 18(1), 1947. Differs: exact also with ties, by counting over the ranks that occur; above 40
 * values the normal approximation with corrections for ties and continuity.
 * @example rankSum([5, 6, 7], [1, 2, 3]).p // => 0.05
 */
export function rankSum(a: readonly number[], b: readonly number[]): RankSum {
  checkNumbers('rankSum: a', a)
  checkNumbers('rankSum: b', b)
  const ranks = doubledRanks([...a, ...b])
  const reached = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  const u = reached / 2 - (a.length * (a.length + 1)) / 2
  const exact = ranks.length <= rankSumExactMax
  const tails = exact ? exactTails(ranks, a.length, reached) : normalTails(ranks, a.length, reached)
  return {
    p: tails[1],
    pTwoSided: Math.min(1, 2 * Math.min(...tails)),
    superiority: u / (a.length * b.length),
    u,
    n: [a.length, b.length],
    method: exact ? 'exact' : 'normal',
  }
}

type Tails = readonly [atMost: number, atLeast: number]

/** Over all ways to choose `size` of the ranks. Counts are integers below 2⁵³. */
function exactTails(ranks: readonly number[], size: number, reached: number): Tails {
  const most = ranks.reduce((sum, rank) => sum + rank, 0)
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1))
  ;(ways[0] as Float64Array)[0] = 1
  for (const [seen, rank] of ranks.entries()) {
    for (let chosen = Math.min(size, seen + 1); chosen > 0; chosen--) {
      const [to, from] = [ways[chosen] as Float64Array, ways[chosen - 1] as Float64Array]
      for (let sum = most; sum >= rank; sum--) to[sum] = (to[sum] as number) + (from[sum - rank] as number)
    }
  }
  const counts = ways[size] as Float64Array
  const total = counts.reduce((sum, count) => sum + count, 0)
  const atMost = counts.slice(0, reached + 1).reduce((sum, count) => sum + count, 0)
  const atLeast = counts.slice(reached).reduce((sum, count) => sum + count, 0)
  return [atMost / total, atLeast / total]
}

function normalTails(ranks: readonly number[], size: number, reached: number): Tails {
  const n = ranks.length
  const middle = n + 1
  const spread = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0)
  const deviation = Math.sqrt((size * (n - size) * spread) / (n * (n - 1)))
  if (deviation === 0) return [1, 1]
  const distance = reached - size * middle
  // Doubled ranks: half a rank of continuity is 1.
  return [normalCdf((distance + 1) / deviation), 1 - normalCdf((distance - 1) / deviation)]
}
