/** What is told of calls of embedding models: one event for each, whatever became of it. */

import { isMabeamError, type Telemetry } from '@mabeam/foundation'
import { warningsOf } from '../middleware/usage.ts'
import { type EmbeddingAnswer, type EmbeddingCall, embeddingMetadata } from './embedding-model.ts'

/** One call and who answers it. */
export interface ToldEmbedding {
  readonly call: EmbeddingCall
  readonly asked: (call: EmbeddingCall) => Promise<EmbeddingAnswer>
}

/** Emits `dspx.embedding-completed` or `dspx.embedding-failed`. */
export async function toldEmbedding(
  telemetry: Telemetry,
  modelId: string,
  { call, asked }: ToldEmbedding,
): Promise<EmbeddingAnswer> {
  if (!telemetry.enabled) return await asked(call)
  const texts = call.values.length
  try {
    const answer = await asked(call)
    const {
      requests = 0,
      retries = 0,
      cachedTexts = 0,
      latencyMs = 0,
      spentUsd,
      notKept,
    } = embeddingMetadata(answer) ?? {}
    const tokens = answer.usage?.tokens
    telemetry.emit({
      name: 'dspx.embedding-completed',
      measurements: {
        texts,
        cachedTexts,
        requests,
        retries,
        latencyMs,
        ...(tokens !== undefined && { tokens }),
        ...(spentUsd !== undefined && { spentUsd }),
      },
      metadata: { modelId, warnings: warningsOf(answer), ...(notKept !== undefined && { notKept }) },
    })
    return answer
  } catch (thrown) {
    const known = isMabeamError(thrown)
    const retries = known && typeof thrown.data.retries === 'number' ? thrown.data.retries : 0
    const code = known ? thrown.code : 'aborted-or-unknown'
    telemetry.emit({ name: 'dspx.embedding-failed', measurements: { texts, retries }, metadata: { modelId, code } })
    throw thrown
  }
}
