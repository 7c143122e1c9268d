/** One participant, one vote: an option wins that more than half of the votes were cast for, or what else was asked for. */

import { checkOptions } from '@mabeam/foundation'
import type { Protocol } from '../sessions/protocol.ts'
import { type PaperSpec, paperOptions } from './ballot-paper.ts'
import { equalVote } from './equal-vote.ts'
import { beginVote, stepVote, type VotePlan, type VoteState } from './option-vote.ts'
import type { VoteOutcome } from './vote-outcome.ts'
import { type RuleSpec, ruleDefaults, ruleOptions, rulePlan } from './vote-rule.ts'

/** `threshold` is more than half by default, of the votes cast; `quorum` more than half of the participants. */
export interface MajoritySpec<V> extends PaperSpec<V>, RuleSpec {}

export const majorityDefaults = {
  ...ruleDefaults,
  threshold: { moreThan: 1 / 2 },
  quorum: { moreThan: 1 / 2 },
} as const satisfies Required<RuleSpec>

/** *Requests*: `vote`, once. */
export const majority: Protocol<MajoritySpec<unknown>, VotePlan, VoteState, VoteOutcome<unknown>> = {
  name: 'majority',
  version: 1,
  check(spec, participants) {
    checkOptions('majority', spec, { ...paperOptions, ...ruleOptions })
    return equalVote('majority', { ...spec, rules: rulePlan('majority', spec, majorityDefaults) }, participants)
  },
  begin: beginVote,
  step: stepVote,
}
