/** Calls of embedding models in a cassette: recorded with what came, or answered from it and from nowhere else. */

import type { Cassette } from '../cassette/cassette.ts'
import { cameEmbedded, isRecordedError, plainCall } from '../cassette/recorded-call.ts'
import { callKeyOfTexts } from './embedding-cache.ts'
import type { EmbeddingAnswer, EmbeddingCall } from './embedding-model.ts'

/** The same call through a cassette. Throws: `dspx/cassette-miss`, `dspx/bad-cassette`; what `embed` throws, also in replays. */
export function cassetteEmbedding(
  cassette: Cassette,
  modelId: string,
  embed: (call: EmbeddingCall) => Promise<EmbeddingAnswer>,
): (call: EmbeddingCall) => Promise<EmbeddingAnswer> {
  return async (call) => {
    const asked = { key: callKeyOfTexts(modelId, call), modelId, call: () => plainCall(call) }
    if (cassette.mode === 'replay') return cameEmbedded(await cassette.replay(asked))
    try {
      const answer = await embed(call)
      await cassette.record(asked, { type: 'embeddings', answer })
      return answer
    } catch (thrown) {
      if (isRecordedError(thrown) && thrown.code !== 'dspx/bad-cassette') {
        await cassette.record(asked, { type: 'error', error: thrown })
      }
      throw thrown
    }
  }
}
