/** Ballots that put options in order, and what ranked methods say of them. */

/** A ranking from best to worst; those left out are worse than all of it and equal among each other. */
export interface RankedBallot {
  /** Places of options; none twice. */
  readonly ranking: readonly number[]
  /** Whole units >= 0. */
  readonly units: number
}

/** What a method is given. */
export interface RankedCount {
  /** How many options there are. */
  readonly options: number
  readonly ballots: readonly RankedBallot[]
  /** The place of each option where a method can't tell them apart, the lowest is before; `undefined`: then it stays a tie. */
  readonly priority: readonly number[] | undefined
}

/** What a method says. */
export interface RankedVerdict {
  /** One, or those that are tied; all options where no ballot ranks any. */
  readonly winners: readonly number[]
  /** How much stands behind the winner, a share; what of, says the method. */
  readonly support: number
  /** How far it is ahead of the next, of the same whole. */
  readonly margin: number
  /** How it came about, for people and for checking it. */
  readonly steps: RankedSteps
}

/** Counts by option: of each round of an instant runoff, of points, or of pairs (more weight ranks row above column). */
export type RankedSteps =
  | { readonly method: 'instant-runoff'; readonly rounds: readonly RunoffRound[] }
  | { readonly method: 'borda'; readonly doublePoints: readonly number[] }
  | { readonly method: 'schulze'; readonly pairs: readonly (readonly number[])[] }

export interface RunoffRound {
  /** Of those not eliminated; 0 for others. */
  readonly counts: readonly number[]
  /** After this round. @default nobody: it was the last one */
  readonly eliminated?: number
}

/** Of some options the first in order, or all where there is no order. */
export function firstOf(options: readonly number[], priority: readonly number[] | undefined): readonly number[] {
  if (priority === undefined || options.length < 2) return options
  return [options.reduce((first, one) => ((priority[one] ?? 0) < (priority[first] ?? 0) ? one : first))]
}

/** The sum of units of ballots that rank something. */
export function rankedUnits(ballots: readonly RankedBallot[]): number {
  return ballots.reduce((sum, { ranking, units }) => (ranking.length === 0 ? sum : sum + units), 0)
}
