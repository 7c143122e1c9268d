/**
 * A vote whose answers all participants agree on, so that no liar can tell one this and another that: the count is then the same for everybody
 * who counts. What liars are left is to vote as they like, and the outcome says how many could have without another one.
 */

import { checkOptions, type OptionRule, rule } from '@mabeam/foundation'
import { tooFewMembers } from '../errors.ts'
import type { Protocol } from '../sessions/protocol.ts'
import { type PaperSpec, paperOptions } from './ballot-paper.ts'
import { equalVote } from './equal-vote.ts'
import { beginVote, stepVote, type VotePlan, type VoteState } from './option-vote.ts'
import type { VoteOutcome } from './vote-outcome.ts'
import { type RuleSpec, ruleOptions, rulePlan } from './vote-rule.ts'

export interface ByzantineSpec<V> extends PaperSpec<V>, Pick<RuleSpec, 'threshold' | 'of' | 'tie'> {
  /** How many liars must be tolerated: at least 3 times as many and 1 must take part. @default 1 */
  readonly traitors?: number | undefined
}

const byzantineOptions: { readonly [K in keyof Required<ByzantineSpec<unknown>>]: OptionRule } = {
  ...paperOptions,
  threshold: ruleOptions.threshold,
  of: ruleOptions.of,
  tie: ruleOptions.tie,
  traitors: rule.optional(rule.int(1)),
}

/**
 * *Requests*: `vote`, once. `threshold` is more than half of the votes cast by default: with at most `f = ⌊(n - 1) / 3⌋` liars what all honest
 * participants vote for then wins, though the answers agreed on may be those of `n - f` only. Those of `n - 2f` must be present,
 * which is what is always left. Who said two things is void.
 *
 * It is the collector that makes answers agreed on, so a session of it always has `integrity: 'byzantine'`.
 */
export const byzantineVote: Protocol<ByzantineSpec<unknown>, VotePlan, VoteState, VoteOutcome<unknown>> = {
  name: 'byzantine',
  version: 1,
  needsAgreement: () => true,
  check(spec, participants) {
    checkOptions('byzantine', spec, byzantineOptions)
    const { traitors = 1, threshold = { moreThan: 1 / 2 }, of, tie, ...paper } = spec
    const members = participants.length
    if (members < 3 * traitors + 1) throw tooFewMembers(members, 3 * traitors + 1)
    const present = members - 2 * Math.floor((members - 1) / 3)
    const rules = rulePlan('byzantine', { threshold, of, tie, quorum: { moreThan: (present - 1 / 2) / members } })
    return equalVote('byzantine', { ...paper, rules }, participants)
  },
  begin: beginVote,
  step: stepVote,
}
