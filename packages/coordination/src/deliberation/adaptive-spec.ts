/** What a user says of an adaptive decision, and what the steps are given. */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { tooFewParticipants } from '../errors/deliberation-errors.ts'
import type { Outcome, Participant, Protocol } from '../sessions/protocol.ts'
import { type PaperSpec, paperOptions } from '../voting/ballot-paper.ts'
import { asked, type InnerProtocols, innerProtocol, type KindSpec } from './hierarchical-spec.ts'

/** When to go on to the next mode of the policy. */
export interface AdaptiveTriggers {
  /** When this share of the participants has failed to answer since the mode began. @default 0.1 */
  readonly failedShare?: number
  /** When this share of the time is used: of the session's for the first mode, of what was left for each later one. @default 0.8 */
  readonly timeShare?: number
  /** When a decision is not as good as this. @default 0.9 */
  readonly qualityMin?: number
}

export const adaptiveTriggerDefaults = {
  failedShare: 0.1,
  timeShare: 0.8,
  qualityMin: 0.9,
} as const satisfies Required<AdaptiveTriggers>

export interface AdaptiveSpec<V = unknown> extends PaperSpec<V> {
  /**
   * What is tried, from the first on: kinds, each with what its protocol is told beside the question. To be said by whoever takes
   * the risk: each step down is one in safety.
   */
  readonly policy: readonly (string | KindSpec)[]
  readonly triggers?: AdaptiveTriggers
  /**
   * How good an outcome is, from 0 to 1; what is no number is 0. @default the share of the weight that had its say, or 1 where what was
   * missing could not have changed it; 1 where nothing is known of that
   */
  readonly quality?: (outcome: Outcome) => number
}

/** Modes of a policy at most. */
export const modesMax = 8

export interface AdaptiveMode {
  readonly kind: string
  readonly protocol: Protocol
  readonly checked: unknown
  /** Whether its protocol needs answers that all agree on; others ask directly. */
  readonly isAgreed: boolean
}

export interface CheckedAdaptive {
  readonly modes: readonly AdaptiveMode[]
  readonly triggers: Required<AdaptiveTriggers>
  readonly quality: (outcome: Outcome) => number
}

const owner = 'adaptive'

/**
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `coordination/too-few-participants`; what the `check` of each mode throws:
 * a fallback that could not be is known before anybody is asked.
 */
export function checkAdaptive(
  inner: InnerProtocols,
  given: AdaptiveSpec,
  participants: readonly Participant[],
): CheckedAdaptive {
  checkOptions(owner, given, {
    ...paperOptions,
    policy: rule.array(),
    triggers: rule.optional(rule.object()),
    quality: rule.optional(rule.fn()),
  })
  const { policy, triggers = {}, quality = qualityOf } = given
  checkOptions(`${owner}: triggers`, triggers, {
    failedShare: rule.optional(rule.number(Number.MIN_VALUE, 1)),
    timeShare: rule.optional(rule.number(Number.MIN_VALUE, 1)),
    qualityMin: rule.optional(rule.number(0, 1)),
  })
  if (policy.length === 0 || policy.length > modesMax) {
    throw invalidOption(owner, 'policy', `from 1 to ${modesMax} modes`, policy)
  }
  if (participants.length === 0) throw tooFewParticipants(owner, 1, 0)
  const modes = policy.map((step): AdaptiveMode => {
    if (typeof step !== 'string' && (typeof step !== 'object' || step === null)) {
      throw invalidOption(owner, 'policy', 'kinds, or objects with a kind', step)
    }
    const { kind, protocol, spec } = modeOf(inner, given, step)
    const checked = protocol.check(spec, participants)
    return { kind, protocol, checked, isAgreed: protocol.needsAgreement?.(spec) === true }
  })
  return { modes, triggers: { ...adaptiveTriggerDefaults, ...definedOptions(triggers) }, quality: bounded(quality) }
}

/** Whether some mode needs answers that are agreed on. Requires: a specification that was checked. */
export function adaptiveAgreement(inner: InnerProtocols, given: AdaptiveSpec): boolean {
  return given.policy.some((step) => {
    const { protocol, spec } = modeOf(inner, given, step)
    return protocol.needsAgreement?.(spec) === true
  })
}

function modeOf(inner: InnerProtocols, given: AdaptiveSpec, step: string | KindSpec) {
  const { kind, ...own }: KindSpec = typeof step === 'string' ? { kind: step } : step
  return { kind, protocol: innerProtocol(owner, inner, kind), spec: { ...asked(given), ...own } }
}

function qualityOf(outcome: Outcome): number {
  const { turnout, early } = outcome as { turnout?: unknown; early?: unknown }
  return early === true || typeof turnout !== 'number' ? 1 : turnout
}

function bounded(quality: (outcome: Outcome) => number): (outcome: Outcome) => number {
  return (outcome) => {
    const found = outcome.type === 'undecided' ? 0 : quality(outcome)
    return found > 0 ? Math.min(1, found) : 0
  }
}
