/** Which requests fail on purpose: a seeded draw for each request, in the order of their arrival. */

import { definedOptions, type Random, seededRandom } from '@mabeam/foundation'
import { type ApiRefusal, serverFailed, tooManyRequests } from './serve-errors.ts'

/** How often requests fail on purpose. */
export interface FailureOptions {
  /** Share of requests answered with 429. @default 0 */
  readonly rate429?: number
  /** Share of requests answered with 500. @default 0 */
  readonly rate500?: number
  /** What `retry-after` says in a 429. @default 1 */
  readonly retryAfterSec?: number
  /** The same seed fails the same requests. @default 0 */
  readonly seed?: number
}

export const failureDefaults = {
  rate429: 0,
  rate500: 0,
  retryAfterSec: 1,
  seed: 0,
} as const satisfies Required<FailureOptions>

/** Draws for each request whether it fails. */
export interface FailurePlan {
  /** The refusal of the next request, or `undefined` when it is to be answered. */
  next(): ApiRefusal | undefined
}

/** A plan of failures; without a `random`, from the seed of the options. */
export function failurePlan(options: FailureOptions, random?: Random): FailurePlan {
  const { rate429, rate500, retryAfterSec, seed } = { ...failureDefaults, ...definedOptions(options) }
  const draws = random ?? seededRandom(seed)
  return {
    next() {
      const draw = draws.next()
      if (draw < rate429) return tooManyRequests('rate limit reached (injected failure)', retryAfterSec)
      return draw < rate429 + rate500 ? serverFailed('the server failed (injected failure)') : undefined
    },
  }
}
