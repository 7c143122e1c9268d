/** Votes in which everybody weighs 1. */

import { noVoters } from '../errors/voting-errors.ts'
import type { Participant } from '../sessions/protocol.ts'
import { ballotPaper, type PaperSpec } from './ballot-paper.ts'
import type { VotePlan } from './option-vote.ts'
import type { RulePlan } from './vote-rule.ts'
import { equalWeighing } from './weighing.ts'

/** The plan of such a vote. Throws: `foundation/invalid-option`, `coordination/no-voters`. */
export function equalVote(
  owner: string,
  spec: PaperSpec<unknown> & { readonly rules: RulePlan },
  participants: readonly Participant[],
): VotePlan {
  const { rules, ...paper } = spec
  return {
    paper: ballotPaper(owner, paper),
    rules,
    weighing: equalWeighing(owner, voterIds(owner, participants)),
    weights: participants.map(() => 1),
    isWeighted: false,
    traitorWeight: 0,
    traitorsCan: 'switch',
    confidence: 'ignore',
  }
}

/** The participants' names. Throws: `coordination/no-voters` where there are none. */
export function voterIds(owner: string, participants: readonly Participant[]): readonly string[] {
  if (participants.length === 0) throw noVoters(owner)
  return participants.map(({ id }) => id)
}
