/** The place of a model that is never asked, because a cassette answers for it: it needs no key and no package. */

import { assert } from '@mabeam/foundation'
import type { HostedEmbedding, HostedModel } from './hosted.ts'

/** A model that stands for one of a provider in replays. */
export function unasked(provider: string, modelId: string): HostedModel {
  const refuse = async () => assert(false, `${provider}/${modelId} is asked in a replay`) as never
  return {
    model: { specificationVersion: 'v4', provider, modelId, supportedUrls: {}, doGenerate: refuse, doStream: refuse },
    scope: '',
    secrets: [],
  }
}

/** An embedding model that stands for one of a provider in replays. */
export function unaskedEmbedding(provider: string, modelId: string): HostedEmbedding {
  const refuse = async () => assert(false, `${provider}/${modelId} is asked in a replay`) as never
  const limits = { maxEmbeddingsPerCall: undefined, supportsParallelCalls: false }
  return {
    model: { specificationVersion: 'v4', provider, modelId, ...limits, doEmbed: refuse },
    scope: '',
    secrets: [],
  }
}
