/**
 * So many participants that say the same are enough, and the rest need not be waited for: how reads and writes of replicas are agreed
 * on. Any two such sets have a participant in common, so two options can't both have one.
 */

import { checkOptions, invalidOption, type OptionRule, rule } from '@mabeam/foundation'
import type { Protocol } from '../sessions/protocol.ts'
import { type PaperSpec, paperOptions } from './ballot-paper.ts'
import { equalVote } from './equal-vote.ts'
import { beginVote, stepVote, type VotePlan, type VoteState } from './option-vote.ts'
import type { VoteOutcome } from './vote-outcome.ts'
import { rulePlan } from './vote-rule.ts'

export interface QuorumSpec<V> extends PaperSpec<V> {
  /** How many must say the same: more than half of the participants. @default the fewest that are more than half */
  readonly agree?: number | undefined
  /** @default true */
  readonly earlyStop?: boolean | undefined
}

const quorumOptions: { readonly [K in keyof Required<QuorumSpec<unknown>>]: OptionRule } = {
  ...paperOptions,
  agree: rule.optional(rule.int(1)),
  earlyStop: rule.optional(rule.boolean()),
}

/** *Requests*: `vote`, once. Whoever abstains or is absent agrees with nobody. */
export const quorum: Protocol<QuorumSpec<unknown>, VotePlan, VoteState, VoteOutcome<unknown>> = {
  name: 'quorum',
  version: 1,
  check(spec, participants) {
    checkOptions('quorum', spec, quorumOptions)
    const { agree, earlyStop, ...paper } = spec
    const [most, least] = [participants.length, Math.floor(participants.length / 2) + 1]
    const needed = agree ?? least
    if (most > 0 && (needed < least || needed > most)) {
      throw invalidOption('quorum', 'agree', `more than half of ${most} participants, so ${least} to ${most}`, agree)
    }
    const rules = rulePlan('quorum', {
      threshold: { moreThan: (needed - 1 / 2) / Math.max(1, most) },
      of: 'all',
      earlyStop,
    })
    return equalVote('quorum', { ...paper, rules }, participants)
  },
  begin: beginVote,
  step: stepVote,
}
