/** Answers of an embedding model in the shape of the OpenAI embeddings API. */

import type { EmbeddingAnswer } from '../models/embeddings/embedding-model.ts'
import type { EmbeddingsRequest } from './embeddings-request.ts'

/** A whole answer: one vector for each text, in their order. */
export function embeddingsBody({ model, encoding }: EmbeddingsRequest, { embeddings, usage }: EmbeddingAnswer): object {
  const tokens = usage?.tokens ?? 0
  return {
    object: 'list',
    data: embeddings.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? base64Of(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

/** 32-bit numbers, the lowest byte first, as the API has them. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(4 * vector.length)
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at)
  return bytes.toString('base64')
}
