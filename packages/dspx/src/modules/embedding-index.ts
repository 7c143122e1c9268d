/** A search over texts in memory by what they mean to an embedding model. */

import { checkOptions, rule } from '@mabeam/foundation'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { retrievalFailed } from './errors.ts'
import { indexedTextsMax, type Search, textsRule } from './retrieve.ts'

/** Who embeds the texts and the queries. */
export interface EmbeddingIndexOptions {
  readonly model: EmbeddingModel
  /** Ends the embedding of the texts. */
  readonly signal?: AbortSignal
}

/** Texts of one call where the model has no limit of its own. */
const batchSize = 256

/**
 * Embeds the texts, one call after the other, and gives a search by the cosine to the query, which takes one call. All texts are
 * ranked; of equals the earlier one comes first. The vectors stay in memory as 32-bit numbers.
 *
 * Throws: `dspx/retrieval-failed` for vectors that are missing, of another length, or no numbers; what the model throws;
 * `signal.reason`; `foundation/invalid-option`.
 * @example const search = await embeddingIndex(texts, { model: createModels().embedding('local/words') })
 */
export async function embeddingIndex(
  texts: readonly string[],
  options: EmbeddingIndexOptions,
): Promise<Search<string>> {
  const rules = {
    texts: textsRule(indexedTextsMax),
    model: rule.having('doEmbed'),
    signal: rule.optional(rule.object()),
  }
  checkOptions('embeddingIndex', { texts, ...options }, rules)
  const { model, signal } = options
  const perCall = Math.max(1, Math.min(batchSize, (await model.maxEmbeddingsPerCall) ?? batchSize))
  const vectors: Float32Array[] = []
  for (let from = 0; from < texts.length; from += perCall) {
    signal?.throwIfAborted()
    vectors.push(...(await embedded(model, texts.slice(from, from + perCall), { signal, length: vectors[0]?.length })))
  }
  return async (query, k, searching) => {
    if (vectors.length === 0 || query === '') return []
    const [asked] = await embedded(model, [query], { signal: searching, length: vectors[0]?.length })
    const nearness = vectors.map((vector) => dot(vector, asked as Float32Array))
    const order = [...nearness.keys()].sort((a, b) => (nearness[b] as number) - (nearness[a] as number) || a - b)
    return order.slice(0, k).map((at) => texts[at] as string)
  }
}

/** Vectors of length 1; all zeros stay what they are. */
async function embedded(
  model: EmbeddingModel,
  values: readonly string[],
  { signal, length }: { readonly signal: AbortSignal | undefined; readonly length: number | undefined },
): Promise<Float32Array[]> {
  const { embeddings } = await model.doEmbed({ values: [...values], ...(signal && { abortSignal: signal }) })
  const refuse = (expected: string) => retrievalFailed('embeddingIndex', `expected ${expected} of ${model.modelId}`)
  if (embeddings.length !== values.length) throw refuse(`${values.length} vectors, got ${embeddings.length},`)
  const wanted = length ?? embeddings[0]?.length
  return embeddings.map((embedding) => {
    if (embedding.length !== wanted) throw refuse(`vectors of ${wanted} numbers, got one of ${embedding.length},`)
    const size = Math.sqrt(embedding.reduce((sum, one) => sum + one * one, 0))
    if (!Number.isFinite(size)) throw refuse('vectors of finite numbers')
    return Float32Array.from(embedding, (one) => one / (size || 1))
  })
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}
