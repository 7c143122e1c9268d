/** An embedding model whose tokens cost a dollar each, with our layers and without. */

import { createModels } from '../models.ts'
import type { EmbeddingModel } from './embedding-model.ts'

const prices = { 'my/embedder': { usdPerMillionTokensIn: 1_000_000, usdPerMillionTokensOut: 0 } }

/** One of the AI SDK, without our layers: a token a character, and the texts of each call. */
export function paidEmbedder(embed: (signal: AbortSignal | undefined) => Promise<void> = async () => {}) {
  const calls: string[][] = []
  const model: EmbeddingModel = {
    specificationVersion: 'v4',
    provider: 'script',
    modelId: 'script',
    maxEmbeddingsPerCall: 100,
    supportsParallelCalls: true,
    doEmbed: async ({ values, abortSignal }) => {
      calls.push(values)
      await embed(abortSignal)
      const tokens = values.join('').length
      return { embeddings: values.map((text) => [text.length, 1]), usage: { tokens }, warnings: [] }
    },
  }
  return { model, calls }
}

export function layeredEmbedder(model: EmbeddingModel) {
  const own = { env: {}, customEmbeddings: { 'my/embedder': model }, prices, retry: { attemptsMax: 1 } }
  return createModels(own).embedding('my/embedder')
}
