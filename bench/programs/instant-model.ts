/** A model that answers at once, always the same: what is left is the framework. */

import type { LanguageModel } from '@mabeam/dspx'
import { textAnswer } from '@mabeam/dspx/testing'

export function instantModel(text: string): LanguageModel {
  const answer = textAnswer(text)
  return {
    specificationVersion: 'v4',
    provider: 'bench',
    modelId: 'instant',
    supportedUrls: {},
    doGenerate: async () => answer,
    doStream: () => Promise.reject(new Error('nothing is streamed here')),
  }
}
