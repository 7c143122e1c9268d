/** A model whose provider is loaded when it is first asked: importing one takes a tenth of a second. */

import type { EmbeddingModel } from '../embeddings/embedding-model.ts'
import type { LanguageModel } from '../language-model.ts'

/** Loads once; a failed load is tried again at the next call. */
export function lazyModel(
  names: { readonly provider: string; readonly modelId: string },
  load: () => Promise<LanguageModel>,
): LanguageModel {
  const loaded = loadedOnce(load)
  return {
    specificationVersion: 'v4',
    ...names,
    supportedUrls: {
      // biome-ignore lint/suspicious/noThenProperty: the specification asks for a promise or an object; this loads late
      then: (resolve, reject) =>
        loaded()
          .then(({ supportedUrls }) => supportedUrls)
          .then(resolve, reject),
    } as PromiseLike<Record<string, RegExp[]>>,
    doGenerate: async (call) => (await loaded()).doGenerate(call),
    doStream: async (call) => (await loaded()).doStream(call),
  }
}

/** The same for a model of embeddings. */
export function lazyEmbedding(
  names: { readonly provider: string; readonly modelId: string },
  load: () => Promise<EmbeddingModel>,
): EmbeddingModel {
  const loaded = loadedOnce(load)
  return {
    specificationVersion: 'v4',
    ...names,
    get maxEmbeddingsPerCall() {
      return loaded().then((model) => model.maxEmbeddingsPerCall)
    },
    get supportsParallelCalls() {
      return loaded().then((model) => model.supportsParallelCalls)
    },
    doEmbed: async (call) => (await loaded()).doEmbed(call),
  }
}

function loadedOnce<M>(load: () => Promise<M>): () => Promise<M> {
  let loading: Promise<M> | undefined
  return () => {
    loading ??= load().catch((thrown: unknown) => {
      loading = undefined
      throw thrown
    })
    return loading
  }
}
