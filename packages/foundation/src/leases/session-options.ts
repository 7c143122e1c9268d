/** How long a node is trusted to hold what it has, and how its session is kept. */

import { checkOptions, definedOptions, invalidOption, rule } from '../options.ts'

export interface SessionOptions {
  /**
   * A session not written for so long is over: longer than two elections of the engine's servers one after the other (4 to 9 s each
   * on NATS), and than `renewMs` and `marginMs` together. @default 20_000
   */
  readonly expiryMs?: number
  /** So often that a thread may be busy for ten seconds without losing its session. @default 1_000 */
  readonly renewMs?: number
  /** How long before its expiry a node stops trusting its session, for clocks that run differently fast. @default 500 */
  readonly marginMs?: number
  /** @default 200 */
  readonly retryMs?: number
  /** A write not answered for so long is tried again; its answer still counts when it comes. @default 1_000 */
  readonly answerMs?: number
  /** @default 200 */
  readonly beatMs?: number
  /** @default 3 */
  readonly missedMax?: number
  /** Nodes that watch one node's beats. @default 3 */
  readonly watchersMax?: number
  /** Never evicts a silent node, but waits for its session to expire: slower, and no two ever run at once. @default false */
  readonly strict?: boolean
}

const sessionDefaults = {
  expiryMs: 20_000,
  renewMs: 1_000,
  marginMs: 500,
  retryMs: 200,
  answerMs: 1_000,
  beatMs: 200,
  missedMax: 3,
  watchersMax: 3,
  strict: false,
} as const satisfies Required<SessionOptions>

/** With its defaults. Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function checkedSessions(options: SessionOptions): Required<SessionOptions> {
  checkOptions('sessions', options, {
    expiryMs: rule.optional(rule.int(1)),
    renewMs: rule.optional(rule.int(1)),
    marginMs: rule.optional(rule.int(0)),
    retryMs: rule.optional(rule.int(1)),
    answerMs: rule.optional(rule.int(1)),
    beatMs: rule.optional(rule.int(1)),
    missedMax: rule.optional(rule.int(1)),
    watchersMax: rule.optional(rule.int(1)),
    strict: rule.optional(rule.boolean()),
  })
  const settings = { ...sessionDefaults, ...definedOptions(options) }
  const { expiryMs, renewMs, marginMs } = settings
  if (renewMs + marginMs >= expiryMs) {
    const expected = `more than renewMs and marginMs together, ${renewMs + marginMs}`
    throw invalidOption('sessions', 'expiryMs', expected, expiryMs)
  }
  return settings
}
