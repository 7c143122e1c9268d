/** Latency: how long the model itself took, without queues, retries and caches. Innermost, so that caches keep it. */

import { type Clock, checkOptions, rule } from '@mabeam/foundation'
import type { Middleware } from '../language-model.ts'
import { answerMetadata } from '../usage.ts'
import { watchedCalls } from '../watched-calls.ts'

/** Puts the measured `latencyMs`, and of streams `firstPartMs`, into `providerMetadata.mabeam` where the model did not declare it. */
export function latencyMiddleware(options: { readonly clock: Clock }): Middleware {
  checkOptions('latencyMiddleware', options, { clock: rule.having('monotonicMs') })
  const { clock } = options
  return (model) =>
    watchedCalls(model, () => {
      const startMs = clock.monotonicMs()
      let firstPartMs: number | undefined
      return {
        began: () => {
          firstPartMs = clock.monotonicMs() - startMs
        },
        answered: (end) => {
          const first = firstPartMs === undefined ? undefined : { firstPartMs }
          if (answerMetadata(end).latencyMs !== undefined) return first
          return { ...first, latencyMs: clock.monotonicMs() - startMs }
        },
      }
    })
}
