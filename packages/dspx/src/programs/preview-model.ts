/** Who stands in for a model where a question is looked at and not asked. */

import type { LanguageModel, ModelCall } from '../models/language-model.ts'
import { previewOnly } from './errors.ts'

/** Keeps what it is asked, and refuses it. */
export function previewModel(modelId: string, keep: (call: ModelCall) => void): LanguageModel {
  const refuse = async (call: ModelCall): Promise<never> => {
    keep(call)
    throw previewOnly(modelId)
  }
  return {
    specificationVersion: 'v4',
    provider: 'preview',
    modelId,
    supportedUrls: {},
    doGenerate: refuse,
    doStream: refuse,
  }
}
