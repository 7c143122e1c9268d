/** How long to wait before a restart: longer from one to the next, and short again after a quiet time. */

import { checkOptions, rule } from '../options.ts'
import type { Random } from '../random.ts'

/** Delays between restarts of one child. */
export interface Backoff {
  /** Before the first restart. @default 100 */
  readonly firstMs?: number
  /** What the delay is multiplied by from one restart to the next. @default 2 */
  readonly factor?: number
  /** No delay is longer. @default 30_000 */
  readonly maxMs?: number
  /** Share of the delay that is random: 0 is none, 1 draws from zero to the whole delay. @default 0.2 */
  readonly jitter?: number
}

const backoffDefaults = { firstMs: 100, factor: 2, maxMs: 30_000, jitter: 0.2 } as const satisfies Required<Backoff>

/**
 * The delay before restart number `restart` of a row (from 1), before jitter.
 *
 * Units: milliseconds. Ensures: 0 without a back-off; never longer than `maxMs`.
 */
export function backoffMs(backoff: Backoff | undefined, restart: number): number {
  if (backoff === undefined) return 0
  const { firstMs, factor, maxMs } = { ...backoffDefaults, ...backoff }
  return Math.min(maxMs, firstMs * factor ** (restart - 1))
}

/** From `(1 - jitter)` of the delay to the whole of it. */
export function jitteredMs(backoff: Backoff | undefined, delayMs: number, random: Random): number {
  const jitter = backoff?.jitter ?? backoffDefaults.jitter
  return jitter === 0 ? delayMs : delayMs * (1 - jitter * random.next())
}

export function checkBackoff(owner: string, backoff: Backoff): void {
  checkOptions(`${owner}: backoff`, backoff, {
    firstMs: rule.optional(rule.number(0)),
    factor: rule.optional(rule.number(1)),
    maxMs: rule.optional(rule.number(0)),
    jitter: rule.optional(rule.number(0, 1)),
  })
}
