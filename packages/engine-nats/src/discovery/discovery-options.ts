/** How often sources of servers are asked, and how long what they said counts. */

import { checkOptions, rule } from '@mabeam/foundation'

export interface DiscoveryOptions {
  /** From one look to the next, for a source that can't be watched. @default 10_000 */
  readonly refreshMs?: number
  /** How long a server stays after the last answer that named it. @default 300_000 */
  readonly graceMs?: number
  /** After a look that brought nothing; it doubles up to `delayMaxMs`. @default 250 */
  readonly delayMinMs?: number
  /** @default 10_000 */
  readonly delayMaxMs?: number
  /** Share of each delay that is random, so that nodes that start together do not ask together. @default 0.5 */
  readonly jitter?: number
  /** A look that takes longer is given up. @default 15_000 */
  readonly lookMs?: number
  /** Servers that are kept; more are left out and counted. @default 100 */
  readonly serversMax?: number
}

const discoveryDefaults = {
  refreshMs: 10_000,
  graceMs: 300_000,
  delayMinMs: 250,
  delayMaxMs: 10_000,
  jitter: 0.5,
  lookMs: 15_000,
  serversMax: 100,
} as const satisfies Required<DiscoveryOptions>

/** With their defaults. Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function discoverySettings(options: DiscoveryOptions): Required<DiscoveryOptions> {
  checkOptions('discoveredServers', options, {
    refreshMs: rule.optional(rule.number(1)),
    graceMs: rule.optional(rule.number(0)),
    delayMinMs: rule.optional(rule.number(1)),
    delayMaxMs: rule.optional(rule.number(1)),
    jitter: rule.optional(rule.number(0, 1)),
    lookMs: rule.optional(rule.number(1)),
    serversMax: rule.optional(rule.int(1)),
  })
  return { ...discoveryDefaults, ...options }
}
