/** When to stop refining, and what that is called. Whatever participants do, it is called something by the last round. */

/**
 * `converged`: agreement enough. `stable`: nobody to speak of moved, so another round would say the same. `no-gain`: they move, but no
 * closer. `budget`: another round would cost more than may be spent, or time was up. `max-rounds`: none of these by the last round.
 */
export type RefinementStatus = 'converged' | 'stable' | 'no-gain' | 'budget' | 'max-rounds'

/** One round as it ended. */
export interface RoundMark {
  readonly isSettled: boolean
  /** The less the better; of one kind of value. */
  readonly discord: number
  /** The share of the weight that moved since the round before, from 0 to 1. */
  readonly change: number
}

export interface StopLimits {
  readonly roundsMax: number
  /** Stable when no more of the weight than this moved. */
  readonly changeMax: number
  /** Discord must fall by this share within `patience` rounds. */
  readonly gainMin: number
  readonly patience: number
}

/**
 * The status after these rounds, the first of which asked for ballots; `undefined` to go on.
 *
 * Requires: at least one round; `canAfford` says whether one more would stay within the budget.
 * Ensures: a status once there are `roundsMax` rounds.
 */
export function refinementStop(
  rounds: readonly RoundMark[],
  limits: StopLimits,
  canAfford: boolean,
): RefinementStatus | undefined {
  const last = rounds.at(-1)
  if (last?.isSettled) return 'converged'
  if (rounds.length > 1 && last !== undefined && last.change <= limits.changeMax) return 'stable'
  if (!isGaining(rounds, limits)) return 'no-gain'
  if (rounds.length >= limits.roundsMax) return 'max-rounds'
  return canAfford ? undefined : 'budget'
}

function isGaining(rounds: readonly RoundMark[], { patience, gainMin }: StopLimits): boolean {
  if (rounds.length <= patience) return true
  const before = least(rounds.slice(0, -patience))
  const lately = least(rounds.slice(-patience))
  if (!Number.isFinite(before)) return Number.isFinite(lately)
  return before > 0 && (before - lately) / before >= gainMin
}

function least(rounds: readonly RoundMark[]): number {
  return rounds.reduce((found, { discord }) => Math.min(found, discord), Number.POSITIVE_INFINITY)
}
