/** Rate limit: calls wait for their turn, so that a provider is asked no more often than it allows. */

import { checkOptions, isMabeamError, rule } from '@mabeam/foundation'
import type { Middleware, ModelCall } from '../language-model.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import { promptTokensLikely } from '../token-estimate.ts'
import { countedTokens } from '../usage.ts'
import { watchedCalls } from '../watched-calls.ts'

/** Whose turn it is. */
export interface RateLimitMiddlewareOptions {
  /** Shared by the models that a provider counts together. */
  readonly limiter: RateLimiter
}

/** Answers are guessed to be so long until it is known. */
const outputTokensLikely = 256

/**
 * Each call waits for its turn; its tokens are guessed and corrected when it has ended. When the provider refuses with a wait
 * (`retry-after` and its like) everybody waits.
 *
 * Throws: `dspx/too-many-waiting`; `signal.reason`.
 * @example rateLimitMiddleware({ limiter: createRateLimiter({ requestsPerMinute: 60 }) })(model)
 */
export function rateLimitMiddleware(options: RateLimitMiddlewareOptions): Middleware {
  checkOptions('rateLimitMiddleware', options, { limiter: rule.having('begin', 'pause') })
  const { limiter } = options
  return (model) =>
    watchedCalls(model, async (call) => {
      const guessed = likelyTokens(call)
      const turn = await limiter.begin(guessed, call.abortSignal)
      return {
        answered: ({ usage }) => {
          turn.end(countedTokens(usage) ?? guessed)
          return undefined
        },
        failed: (thrown) => {
          pauseAsked(limiter, thrown)
          turn.end(guessed)
          return thrown
        },
      }
    })
}

/** Everybody waits for as long as the provider asks for. */
export function pauseAsked(limiter: RateLimiter, thrown: unknown): void {
  const waitMs = isMabeamError(thrown) ? thrown.data.retryAfterMs : undefined
  if (typeof waitMs === 'number' && waitMs > 0) limiter.pause(waitMs)
}

function likelyTokens(call: ModelCall): number {
  const { maxOutputTokens = outputTokensLikely } = call
  return promptTokensLikely(call) + Math.min(outputTokensLikely, maxOutputTokens)
}
