/** What a cache is opened with. */

import { checkOptions, rule } from '../options.ts'

export interface CacheOptions {
  /** `process`: this process alone. `shared`: a tier of all nodes behind it, on the engine. @default 'shared' */
  readonly tiers?: 'process' | 'shared'
  /** How long a value is good for. @default 300_000 */
  readonly ttlMs?: number
  /** Values held in this process; the least recently used goes. @default 10_000 */
  readonly entriesMax?: number
  /** How long another node is trusted to be computing a value before this one does. @default 30_000 */
  readonly computeWaitMs?: number
}

export type CacheSettings = Required<CacheOptions>

const cacheDefaults = {
  tiers: 'shared',
  ttlMs: 300_000,
  entriesMax: 10_000,
  computeWaitMs: 30_000,
} as const satisfies CacheSettings

/** The rule of each option. */
export const cacheRules = {
  tiers: rule.optional(rule.oneOf(['process', 'shared'])),
  ttlMs: rule.optional(rule.number(1)),
  entriesMax: rule.optional(rule.int(1)),
  computeWaitMs: rule.optional(rule.number(1)),
} as const

/** With defaults. Throws `foundation/invalid-option` and `foundation/unknown-name`. */
export function cacheSettings(options: CacheOptions): CacheSettings {
  checkOptions('cache', options, cacheRules)
  return { ...cacheDefaults, ...options }
}
