/** Embedding models: texts to vectors. The AI SDK specification, with retry, timeout and typed failures around it. */

import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { retry } from '@mabeam/foundation'
import { BoundedWait } from '../bounded-wait.ts'
import type { LayerSettings } from '../equipped-model.ts'
import { modelTimeout } from '../errors.ts'
import { failureOf } from '../providers/provider-failure.ts'

/** A model that turns texts into vectors: the AI SDK provider specification as it is. */
export type EmbeddingModel = EmbeddingModelV4

/** An embedding model of a provider, loaded when it is first asked. */
export interface BareEmbedding {
  readonly id: string
  readonly load: () => Promise<EmbeddingModel>
  readonly secrets: readonly string[]
}

/** Throws, when it is asked: `dspx/model-failed`, `dspx/model-timeout`. */
export function equippedEmbedding(bare: BareEmbedding, settings: LayerSettings): EmbeddingModel {
  const { id, secrets } = bare
  const { clock, random, timeoutMs, retry: policy } = settings
  let loading: Promise<EmbeddingModel> | undefined
  const loaded = () => {
    loading ??= bare.load().catch((thrown: unknown) => {
      loading = undefined
      throw thrown
    })
    return loading
  }
  return {
    specificationVersion: 'v4',
    provider: 'mabeam',
    modelId: id,
    get maxEmbeddingsPerCall() {
      return loaded().then((model) => model.maxEmbeddingsPerCall)
    },
    get supportsParallelCalls() {
      return loaded().then((model) => model.supportsParallelCalls)
    },
    doEmbed: (call) => {
      const attempt = async () => {
        const wait = new BoundedWait(clock, call.abortSignal)
        const ask = async () => await (await loaded()).doEmbed({ ...call, abortSignal: wait.signal })
        try {
          return await wait.once(ask, timeoutMs, () => modelTimeout(id, timeoutMs))
        } catch (thrown) {
          call.abortSignal?.throwIfAborted()
          throw failureOf(thrown, { modelId: id, secrets, clock })
        }
      }
      return retry(attempt, { clock, random, policy, signal: call.abortSignal })
    },
  }
}
