/**
 * Trying again: a pure step that says after how long, or not at all, and a thin loop that carries it out. Delays grow
 * by a factor up to a bound, with jitter, and are never shorter than what the failing side asked for.
 */

import { type Clock, delay } from './clock.ts'
import { isMabeamError } from './errors.ts'
import { checkOptions, rule } from './options.ts'
import type { Random } from './random.ts'

export interface RetryPolicy {
  /** Tries in all, the first included. @default 4 */
  readonly attemptsMax?: number
  /** Delay before the second try, without jitter. @default 500 */
  readonly delayMinMs?: number
  /** No delay of our own is longer. @default 30_000 */
  readonly delayMaxMs?: number
  /** What the delay is multiplied by from one try to the next. @default 2 */
  readonly factor?: number
  /** Share of the delay that is random: 0 is none, 1 draws from zero to the whole delay. @default 0.5 */
  readonly jitter?: number
  /** Longest wait another side may ask for (`retryAfterMs`); past it we give up. @default 120_000 */
  readonly retryAfterMaxMs?: number
}

export const retryPolicyDefaults = {
  attemptsMax: 4,
  delayMinMs: 500,
  delayMaxMs: 30_000,
  factor: 2,
  jitter: 0.5,
  retryAfterMaxMs: 120_000,
} as const satisfies Required<RetryPolicy>

/** A try that failed. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number
  readonly thrown: unknown
}

/** What to do after a failed try. */
export type RetryStep =
  | { readonly type: 'retry'; readonly delayMs: number }
  | { readonly type: 'give-up'; readonly reason: 'not-retryable' | 'attempts' | 'retry-after' }

/** What `retry` needs. */
export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** @default retryPolicyDefaults */
  readonly policy?: RetryPolicy
  /** Ends the waiting; the running try is given it too. @default none */
  readonly signal?: AbortSignal | undefined
  /** Told of each retry before its delay. @default none */
  readonly onRetry?: (failed: FailedAttempt, delayMs: number) => void
}

/**
 * The delay before try number `attempt + 1`, after `attempt` failed (from 1).
 *
 * Units: milliseconds. Ensures: from `(1 - jitter)` of the grown delay to the whole of it.
 * @example retryDelayMs({ jitter: 0 }, 3, random) // => 2000
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const { delayMinMs, delayMaxMs, factor, jitter } = { ...retryPolicyDefaults, ...policy }
  const grownMs = Math.min(delayMaxMs, delayMinMs * factor ** (attempt - 1))
  return grownMs * (1 - jitter * random.next())
}

/**
 * Decides after a failed try. Only a `MabeamError` that says `retryable` is tried again; `retryAfterMs` in its data is
 * the shortest wait that the failing side accepts.
 */
export function retryStep(policy: RetryPolicy, failed: FailedAttempt, random: Random): RetryStep {
  const { attemptsMax, retryAfterMaxMs } = { ...retryPolicyDefaults, ...policy }
  const { attempt, thrown } = failed
  if (!isMabeamError(thrown) || !thrown.retryable) return { type: 'give-up', reason: 'not-retryable' }
  if (attempt >= attemptsMax) return { type: 'give-up', reason: 'attempts' }
  const asked = thrown.data.retryAfterMs
  const askedMs = typeof asked === 'number' && asked > 0 ? asked : 0
  if (askedMs > retryAfterMaxMs) return { type: 'give-up', reason: 'retry-after' }
  return { type: 'retry', delayMs: Math.max(askedMs, retryDelayMs(policy, attempt, random)) }
}

/**
 * Runs until it succeeds or the policy gives up, then rejects with what was thrown last. Rejects with `signal.reason`
 * as soon as the signal aborts while waiting.
 *
 * @example await retry((attempt) => ask(prompt), { clock, random, signal })
 */
export async function retry<T>(run: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, random, policy = {}, signal, onRetry } = options
  checkRetryPolicy(policy)
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await run(attempt)
    } catch (thrown) {
      signal?.throwIfAborted()
      const step = retryStep(policy, { attempt, thrown }, random)
      if (step.type === 'give-up') throw thrown
      onRetry?.({ attempt, thrown }, step.delayMs)
      await delay(clock, step.delayMs, signal)
    }
  }
}

/** Throws `foundation/invalid-option` for an impossible policy. */
export function checkRetryPolicy(policy: RetryPolicy): void {
  checkOptions('retry', policy, {
    attemptsMax: rule.optional(rule.int(1)),
    delayMinMs: rule.optional(rule.number(0)),
    delayMaxMs: rule.optional(rule.number(0)),
    factor: rule.optional(rule.number(1)),
    jitter: rule.optional(rule.number(0, 1)),
    retryAfterMaxMs: rule.optional(rule.number(0)),
  })
}
