/** How a conflict may be resolved: contract singular, implementations in `strategies/`. */

import type { Json } from '@mabeam/foundation'
import { type Claim, type Conflict, sameValue } from './claim.ts'

/** What a strategy says. */
export type ConflictVerdict =
  /** Who is granted what it claims, by `by` of the claims; for parameters and cells the value is that of the claims granted. */
  | { readonly type: 'granted'; readonly to: readonly string[]; readonly confidence?: number; readonly used?: string }
  /** A value made of all; nobody is refused. */
  | { readonly type: 'merged'; readonly value: Json; readonly confidence?: number; readonly used?: string }
  /** Not for this strategy to say: the next one is tried. */
  | { readonly type: 'passed'; readonly reason: string }

/**
 * Called once for each conflict that is given to it, by whoever resolves it; several may be under way at once. Must end when the signal
 * aborts. What it throws is passed on by `resolveConflict` as `coordination/strategy-failed`, and the strategies after it are not asked.
 */
export interface ConflictStrategy {
  /** A kebab-case word, such as `last-write`. */
  readonly name: string
  resolve(conflict: Conflict, signal: AbortSignal): ConflictVerdict | Promise<ConflictVerdict>
}

/**
 * Grants claims in that order: of a resource as many as there is enough for, those that do not fit skipped; else the first, and all that claim the
 * same value.
 */
export function grantInOrder({ kind, capacity = 1 }: Conflict, ordered: readonly Claim[]): string[] {
  const [first] = ordered
  if (first === undefined) return []
  if (kind !== 'resource') return ordered.filter((claim) => sameValue(claim, first)).map(({ by }) => by)
  let left = capacity
  return ordered.flatMap(({ by, amount = 1 }) => {
    if (amount > left) return []
    left -= amount
    return [by]
  })
}
