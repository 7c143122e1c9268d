/** The options of a session: what they must be, what they are when they are not given, and how they are told from a protocol's own. */

import { checkOptions, definedOptions, hasCode, rule, unknownName } from '@mabeam/foundation'
import type { SessionOptions } from './session.ts'

export const sessionDefaults = {
  deadlineMs: 30_000,
  answerTimeoutMs: 5_000,
  roundsMax: 1_000,
  messagesMax: 1_000_000,
  bytesMax: 268_435_456,
  answerBytesMax: 1_048_576,
  integrity: 'direct',
} as const satisfies Required<Omit<SessionOptions, 'seed' | 'signal'>>

/** With every default filled in. */
export type SessionSettings = Required<Omit<SessionOptions, 'seed' | 'signal'>> &
  Pick<SessionOptions, 'seed' | 'signal'>

const rules = {
  deadlineMs: rule.optional(rule.int(1)),
  answerTimeoutMs: rule.optional(rule.int(1)),
  roundsMax: rule.optional(rule.int(1)),
  messagesMax: rule.optional(rule.int(1)),
  bytesMax: rule.optional(rule.int(1)),
  answerBytesMax: rule.optional(rule.int(1)),
  integrity: rule.optional(rule.oneOf(['direct', 'byzantine'])),
  seed: rule.optional(rule.int(Number.MIN_SAFE_INTEGER)),
  signal: rule.optional(rule.having('addEventListener', 'throwIfAborted')),
}

/** Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function sessionSettings(options: SessionOptions): SessionSettings {
  checkOptions('session', options, rules)
  return { ...sessionDefaults, ...definedOptions(options) }
}

/** Tells the options of a session from what is the protocol's, which `check` of the protocol then accepts or refuses. */
export function splitOptions(
  given: object,
  own: readonly string[] = [],
): { readonly spec: object; readonly options: SessionOptions } {
  const [spec, options]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}]
  for (const [key, value] of Object.entries(given ?? {})) {
    if (Object.hasOwn(rules, key) && !own.includes(key)) options[key] = value
    else spec[key] = value
  }
  return { spec, options }
}

/** Where options of both stand in one object: what a protocol does not know may have been meant for the session. */
export function withSessionOptions(protocol: string, thrown: unknown): unknown {
  if (!hasCode(thrown, 'foundation/unknown-name')) return thrown
  const { owner, kind, name, known } = thrown.data
  if (owner !== protocol || kind !== 'option' || !Array.isArray(known)) return thrown
  return unknownName(protocol, kind, String(name), [...known.map(String), ...Object.keys(rules)])
}
