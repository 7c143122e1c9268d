/** Embedding models: texts to vectors. The AI SDK specification as it is, and what our layers say of an answer. */

import type { EmbeddingModelV4, EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider'
import { invalidOption } from '@mabeam/foundation'

/** A model that turns texts into vectors: the AI SDK provider specification as it is. */
export type EmbeddingModel = EmbeddingModelV4
/** The texts, and how they are to be embedded. */
export type EmbeddingCall = EmbeddingModelV4CallOptions
/** One vector for each text, in their order. */
export type EmbeddingAnswer = EmbeddingModelV4Result

/** What our layers know about one answer of an embedding model, under `providerMetadata.mabeam`. */
export interface EmbeddingMetadata {
  /** Requests that were answered; a call is split at the limits of its provider. */
  readonly requests: number
  /** Attempts beyond the first, of all requests. */
  readonly retries: number
  /** Texts whose vectors came from the cache. */
  readonly cachedTexts: number
  /** From the call to its answer. */
  readonly latencyMs: number
  /** What the requests cost; absent where nobody knows the price or the tokens. Vectors from the cache cost nothing. */
  readonly spentUsd?: number
  /** Why the cache could not keep vectors. */
  readonly notKept?: string
}

/**
 * The `providerMetadata.mabeam` of an answer; `undefined` where the model has none of our layers.
 *
 * Throws: `foundation/invalid-option` for what is no answer.
 * @example embeddingMetadata(await models.embedding('local/words').doEmbed({ values: ['a'] }))?.requests // => 1
 */
export function embeddingMetadata(answer: Pick<EmbeddingAnswer, 'providerMetadata'>): EmbeddingMetadata | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw invalidOption('embeddingMetadata', 'answer', 'an answer of an embedding model', answer)
  }
  const given = answer.providerMetadata?.mabeam
  return typeof given?.requests === 'number' ? (given as unknown as EmbeddingMetadata) : undefined
}
