/** Whether the winner is better than the program as given, by a test in pairs; else it is called a tie. */

import type { Random } from '@mabeam/foundation'
import { holm, pairedDifference, signedRank } from '@mabeam/ml'
import type { Evidence } from './teleprompter.ts'

/** One candidate against another on the same rows. Plain JSON. */
export interface Comparison {
  readonly candidate: number
  readonly against: number
  /** Mean score of the candidate less that of the other. */
  readonly difference: number
  readonly ci95: readonly [low: number, high: number]
  /** One-sided, by the signed ranks of the differences, corrected (Holm) for all candidates that were compared. */
  readonly p: number
  readonly rows: number
}

/**
 * `better`: the corrected test says with 95 % confidence that the winner scores higher than the program as given. `tie`: it does not
 * say so, though the winner may have scored higher. `unjudged`: the budget ended before there was anything to compare.
 */
export type Verdict =
  | ({ readonly type: 'better' | 'tie' } & Comparison)
  | { readonly type: 'unjudged'; readonly reason: 'budget' | 'nothing-else-tried' }

/** Below it a difference is announced. */
export const significance = 0.05

/**
 * Candidates against the program as given; only those that `told` names are told of. One that was chosen among many looks better than it
 * is, so the test is corrected for as many comparisons as there were candidates, told of or not.
 */
export function compareAll(
  all: readonly Evidence[],
  given: Evidence,
  { told, random }: { readonly told: (candidate: number) => boolean; readonly random: Random },
): Comparison[] {
  const others = all.filter(({ candidate }) => candidate !== given.candidate)
  const corrected = holm(others.map((one) => oneSided(one, given)))
  return others.flatMap((one, i) => {
    return told(one.candidate) ? [comparison(one, given, { p: corrected[i]?.adjusted ?? 1, random })] : []
  })
}

/** One candidate against another, whose p is that of this test alone. */
export function compareTwo(one: Evidence, other: Evidence, random: Random): Comparison {
  return comparison(one, other, { p: oneSided(one, other), random })
}

function comparison(
  one: Evidence,
  other: Evidence,
  { p, random }: { readonly p: number; readonly random: Random },
): Comparison {
  const { difference, ci95, n } = pairedDifference(scores(one), scores(other), {
    random: random.fork(`${one.candidate} ${other.candidate}`),
    bounds: [-1, 1],
  })
  return { candidate: one.candidate, against: other.candidate, difference, ci95, p, rows: n }
}

function oneSided(one: Evidence, other: Evidence): number {
  const before = scores(other)
  return signedRank(scores(one).map((score, i) => score - (before[i] as number))).p
}

function scores({ rows }: Evidence): number[] {
  return rows.map(({ score }) => score)
}
