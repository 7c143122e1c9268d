/** The rules of a vote as a user gives them. */

import { type OptionRule, type Random, rule } from '@mabeam/foundation'
import { type ShareNeeded, shareOf } from './share.ts'
import type { VoteRule } from './vote-standing.ts'

/** What happens to options of equal weight: nobody wins, the first as given, or the first of an order drawn from the session's seed. */
export type TiePolicy = 'undecided' | 'first' | 'random'

export interface RuleSpec {
  /** What the winner must have; `plurality`: more than each other option. */
  readonly threshold?: ShareNeeded | 'plurality' | undefined
  /** The whole that the threshold is a share of: all weight, or what was cast for options. @default 'cast' */
  readonly of?: 'all' | 'cast' | undefined
  /** The share of all weight that must vote or abstain; `none` asks for nobody. */
  readonly quorum?: ShareNeeded | 'none' | undefined
  /** @default 'undecided' */
  readonly tie?: TiePolicy | undefined
  /** Ends as soon as nothing can change the outcome, without the answers that are missing. @default true */
  readonly earlyStop?: boolean | undefined
}

/** Rules before the tie-break order is drawn. */
export interface RulePlan {
  readonly rule: Omit<VoteRule, 'priority' | 'traitorUnits' | 'traitorsCan'>
  readonly tie: TiePolicy
  readonly earlyStop: boolean
}

export const ruleOptions: { readonly [K in keyof Required<RuleSpec>]: OptionRule } = {
  threshold: rule.optional(rule.any()),
  of: rule.optional(rule.oneOf(['all', 'cast'])),
  quorum: rule.optional(rule.any()),
  tie: rule.optional(rule.oneOf(['undecided', 'first', 'random'])),
  earlyStop: rule.optional(rule.boolean()),
}

/** What holds where a kind of vote says nothing else. */
export const ruleDefaults = {
  threshold: 'plurality',
  of: 'cast',
  quorum: 'none',
  tie: 'undecided',
  earlyStop: true,
} as const satisfies Required<RuleSpec>

/** Throws: `foundation/invalid-option` for a threshold or quorum that is no share. */
export function rulePlan(owner: string, spec: RuleSpec, defaults: Required<RuleSpec> = ruleDefaults): RulePlan {
  const threshold = spec.threshold ?? defaults.threshold
  const quorum = spec.quorum ?? defaults.quorum
  return {
    rule: {
      threshold:
        threshold === 'plurality' || threshold === undefined ? undefined : shareOf(owner, 'threshold', threshold),
      of: spec.of ?? defaults.of ?? 'cast',
      quorum: quorum === 'none' || quorum === undefined ? undefined : shareOf(owner, 'quorum', quorum),
    },
    tie: spec.tie ?? defaults.tie ?? 'undecided',
    earlyStop: spec.earlyStop ?? defaults.earlyStop ?? true,
  }
}

/** The order in which options of equal weight win: their places by option. */
export function drawnPriority(tie: TiePolicy, options: number, random: Random): readonly number[] | undefined {
  const inOrder = Array.from({ length: options }, (_, place) => place)
  if (tie === 'undecided') return undefined
  return tie === 'first' ? inOrder : random.fork('tie').shuffle(inOrder)
}
