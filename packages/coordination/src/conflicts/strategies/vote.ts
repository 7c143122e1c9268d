/** Others vote on whose claim is granted. */

import type { Conflict } from '../claim.ts'
import { type ConflictStrategy, grantInOrder } from '../conflict-strategy.ts'

/** What is voted on. */
export interface ConflictQuestion {
  readonly question: string
  /** Who claims, by `by`. */
  readonly options: readonly string[]
  /** The conflict as data, for who votes. */
  readonly context: Conflict
}

/** What came of a vote: an option, or nothing. */
export type ConflictVote =
  | { readonly type: 'decided'; readonly option: string; readonly confidence?: number }
  | { readonly type: 'undecided'; readonly reason: string }

/**
 * `vote`: by a function that runs one, mostly a session of `decide`. The winner is granted first, then of a resource the others by time while there is
 * enough. Passes when nothing was decided.
 *
 * @example byVote(async ({ question, options }, signal) => {
 *   const result = await decide(team, { kind: 'majority', question, options, signal })
 *   return result.type === 'decided' ? { type: 'decided', option: result.value } : { type: 'undecided', reason: result.reason }
 * })
 */
export function byVote(
  decide: (question: ConflictQuestion, signal: AbortSignal) => Promise<ConflictVote>,
): ConflictStrategy {
  return {
    name: 'vote',
    async resolve(conflict, signal) {
      const { kind, subject, claims } = conflict
      const question = `Whose claim on the ${kind} "${subject}" should be granted?`
      const vote = await decide({ question, options: claims.map(({ by }) => by), context: conflict }, signal)
      if (vote.type === 'undecided') return { type: 'passed', reason: vote.reason }
      const winner = claims.find(({ by }) => by === vote.option)
      if (winner === undefined) return { type: 'passed', reason: `"${vote.option}" claims nothing` }
      const others = claims
        .filter((claim) => claim !== winner)
        .toSorted((a, b) => a.atMs - b.atMs || (a.by < b.by ? -1 : 1))
      const to = grantInOrder(conflict, [winner, ...others])
      if (!to.includes(winner.by)) return { type: 'passed', reason: `there is not enough for "${winner.by}"` }
      return { type: 'granted', to, ...(vote.confidence !== undefined && { confidence: vote.confidence }) }
    },
  }
}
