/** Latency: how long the model itself took, without queues, retries and caches. Innermost, so that caches keep it. */

import type { Clock } from '@mabeam/foundation'
import { aroundGenerate, type Middleware } from '../language-model.ts'
import { answerMetadata, withAnswerMetadata } from '../usage.ts'

/** Puts the measured `latencyMs` into `providerMetadata.mabeam` where the model did not declare it. */
export function latencyMiddleware(options: { readonly clock: Clock }): Middleware {
  const { clock } = options
  return (model) =>
    aroundGenerate(model, async (call) => {
      const startMs = clock.monotonicMs()
      const answer = await model.doGenerate(call)
      if (answerMetadata(answer).latencyMs !== undefined) return answer
      return withAnswerMetadata(answer, { latencyMs: clock.monotonicMs() - startMs })
    })
}
