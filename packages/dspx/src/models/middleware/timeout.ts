/** Timeout: no call waits for ever, also when the provider ignores its abort signal. */

import { type Clock, checkOptions, rule, systemClock } from '@mabeam/foundation'
import { modelTimeout } from '../errors.ts'
import { aroundGenerate, type Middleware } from '../language-model.ts'

/** How long one attempt may take. */
export interface TimeoutOptions {
  /** @default 60_000 */
  readonly timeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

export const timeoutDefaults = { timeoutMs: 60_000, clock: systemClock } as const satisfies Required<TimeoutOptions>

/**
 * Ends a call after `timeoutMs`: its signal aborts and it rejects with `dspx/model-timeout`, which is retryable.
 *
 * @example timeoutMiddleware({ timeoutMs: 5_000 })(model)
 */
export function timeoutMiddleware(options: TimeoutOptions = {}): Middleware {
  checkOptions('timeoutMiddleware', options, {
    timeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
    clock: rule.optional(rule.object()),
  })
  const { timeoutMs, clock } = { ...timeoutDefaults, ...options }
  return (model) =>
    aroundGenerate(model, async (call) => {
      const outer = call.abortSignal
      outer?.throwIfAborted()
      const inner = new AbortController()
      const ended = Promise.withResolvers<never>()
      const end = (reason: unknown) => {
        inner.abort(reason)
        ended.reject(reason)
      }
      const onAbort = () => end(outer?.reason)
      outer?.addEventListener('abort', onAbort, { once: true })
      const cancel = clock.setTimer(timeoutMs, () => end(modelTimeout(model.modelId, timeoutMs)))
      try {
        return await Promise.race([model.doGenerate({ ...call, abortSignal: inner.signal }), ended.promise])
      } finally {
        cancel()
        outer?.removeEventListener('abort', onAbort)
      }
    })
}
