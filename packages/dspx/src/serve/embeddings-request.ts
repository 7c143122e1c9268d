/** An embeddings request of the OpenAI API, checked and turned into a call of an embedding model. */

import { z } from 'zod'
import type { EmbeddingCall } from '../models/embeddings/embedding-model.ts'
import { wordsDimensions } from '../models/embeddings/words-embedding.ts'
import { readBody } from './request-body.ts'
import { type ApiRefusal, invalidRequest } from './serve-errors.ts'

/** A request that was understood. */
export interface EmbeddingsRequest {
  readonly model: string
  readonly encoding: 'float' | 'base64'
  readonly call: EmbeddingCall
}

/** Texts of a request; more are refused, as OpenAI does. */
export const embeddingInputsMax = 2_048
/** Numbers of a vector; more are refused. */
export const embeddingDimensionsMax = 4_096
/** Numbers of all vectors of an answer; more are refused. */
export const embeddingNumbersMax = 2_097_152

const text = z.string().min(1)
const requestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([text, z.array(text).min(1).max(embeddingInputsMax)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(embeddingDimensionsMax).nullish(),
  user: z.string().nullish(),
})

/** The request in a JSON body, or the refusal that names the field. */
export function readEmbeddingsRequest(body: string): EmbeddingsRequest | ApiRefusal {
  const read = readBody(body, requestSchema)
  if ('status' in read) return read
  const { model, input, encoding_format, dimensions } = read.body
  const values = typeof input === 'string' ? [input] : input
  const numbers = values.length * (dimensions ?? wordsDimensions)
  if (numbers > embeddingNumbersMax) {
    const expected = `expected at most ${embeddingNumbersMax} numbers in all vectors`
    return invalidRequest(`dimensions: ${expected}, got ${numbers}`, 'dimensions', 'invalid_value')
  }
  return { model, encoding: encoding_format ?? 'float', call: { values, ...(dimensions && { dimensions }) } }
}
