/** A search over texts in memory by what they mean to an embedding model. */

import { checkOptions, rule, untilAborted } from '@mabeam/foundation'
import { budgetedEmbedding } from '../models/embeddings/budgeted-embedding.ts'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { currentRun } from '../programs/run-context.ts'
import { greatestPlaces } from '../text/greatest-places.ts'
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
/** Texts of one call at most: a model of `createModels` splits them into requests, a few at once, and no more vectors are under way. */
const batchSizeMax = 8_192

/**
 * Embeds the texts, one call after the other, and gives a search by the cosine to the query, which takes one call. All texts are
 * ranked; of equals the earlier one comes first. The vectors stay in memory as 32-bit numbers. In a run its calls are paid from the
 * budget of the run.
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
    signal: rule.optional(rule.signal()),
  }
  checkOptions('embeddingIndex', { texts, ...options }, rules)
  const nearness = await textNearness('embeddingIndex', texts, options)
  return async (query, k, searching) => {
    if (texts.length === 0 || query === '') return []
    return greatestPlaces(await nearness(query, searching), k).map((at) => texts[at] as string)
  }
}

/** How near each of some texts is to a query: cosines [texts]. Takes one call of the model, none for an empty query. */
export type TextNearness = (query: string, signal?: AbortSignal) => Promise<Float64Array>

/** Embeds the texts; an empty one is near to nothing. Throws: as `embeddingIndex`. */
export async function textNearness(
  owner: string,
  texts: readonly string[],
  { model, signal }: EmbeddingIndexOptions,
): Promise<TextNearness> {
  const perCall = Math.max(1, Math.min(batchSizeMax, Math.floor((await model.maxEmbeddingsPerCall) || batchSize)))
  const places = [...texts.keys()].filter((at) => texts[at] !== '')
  const vectors: Float32Array[] = []
  const embed = (values: readonly string[], by: AbortSignal | undefined) =>
    embedded({ owner, model }, values, { signal: by, length: vectors[0]?.length })
  for (let from = 0; from < places.length; from += perCall) {
    signal?.throwIfAborted()
    const batch = places.slice(from, from + perCall).map((at) => texts[at] as string)
    vectors.push(...(await embed(batch, signal)))
  }
  return async (query, asking) => {
    const near = new Float64Array(texts.length)
    if (query === '' || vectors.length === 0) return near
    const [asked] = await embed([query], asking)
    for (const [i, at] of places.entries()) near[at] = dot(vectors[i] as Float32Array, asked as Float32Array)
    return near
  }
}

/** Vectors of length 1; all zeros stay what they are. */
async function embedded(
  { owner, model }: { readonly owner: string; readonly model: EmbeddingModel },
  values: readonly string[],
  { signal, length }: { readonly signal: AbortSignal | undefined; readonly length: number | undefined },
): Promise<Float32Array[]> {
  const budget = currentRun()?.budget
  const asked = budget ? budgetedEmbedding(model, budget) : model
  const asking = (async () => await asked.doEmbed({ values: [...values], ...(signal && { abortSignal: signal }) }))()
  // a model that does not listen is not waited for
  const { embeddings } = await untilAborted(asking, signal)
  const refuse = (expected: string) => retrievalFailed(owner, `expected ${expected} of ${model.modelId}`)
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
