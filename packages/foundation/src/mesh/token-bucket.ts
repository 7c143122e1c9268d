/**
 * Bounds a rate and allows bursts, as a pure step: a bucket of tokens that fills at the rate, and each call takes one.
 *
 * Source: Turner, IEEE Communications 24(10), 1986 (as a meter). Differs: none.
 */

export interface BucketOptions {
  /** Tokens a second. @default no bound */
  readonly ratePerSec?: number
  /** Tokens the bucket holds: calls at once after a pause. @default 100 */
  readonly burst?: number
}

export const bucketDefaults = {
  ratePerSec: Number.POSITIVE_INFINITY,
  burst: 100,
} as const satisfies Required<BucketOptions>

export interface BucketState {
  readonly tokens: number
  readonly atMs: number
}

export type BucketDecision =
  | { readonly type: 'allow' }
  /** The shortest wait after which there is a token, if nobody else takes it. */
  | { readonly type: 'refuse'; readonly retryAfterMs: number }

/** The decision as a function: what tests and their mutants pass around. */
export type BucketStep = (
  state: BucketState,
  atMs: number,
  options: Required<BucketOptions>,
) => readonly [BucketState, BucketDecision]

/** A full bucket. */
export function newBucket(options: Required<BucketOptions>, atMs: number): BucketState {
  return { tokens: options.burst, atMs }
}

/**
 * Takes a token, if there is one.
 *
 * Ensures: in any time `t` at most `burst + t * ratePerSec` are allowed; after `retryAfterMs` alone one is.
 */
export const bucketStep: BucketStep = (state, atMs, options) => {
  const { ratePerSec, burst } = options
  if (ratePerSec === Number.POSITIVE_INFINITY) return [state, { type: 'allow' }]
  const elapsedMs = Math.max(0, atMs - state.atMs)
  const tokens = Math.min(burst, state.tokens + (elapsedMs * ratePerSec) / 1_000)
  // A token that sums of fractions have left a hair short is one.
  if (tokens >= 1 - 1e-9) return [{ tokens: Math.max(0, tokens - 1), atMs }, { type: 'allow' }]
  return [
    { tokens, atMs },
    { type: 'refuse', retryAfterMs: ((1 - tokens) * 1_000) / ratePerSec },
  ]
}
