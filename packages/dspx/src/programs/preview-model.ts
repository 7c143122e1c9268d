/** Who stands in for a model where a question is looked at and not asked. */

import { MabeamError } from '@mabeam/foundation'
import type { LanguageModel, ModelCall } from '../models/language-model.ts'

/** Keeps what it is asked, and refuses it as a budget does that is spent: then nobody tries again or asks for something else. */
export function previewModel(modelId: string, keep: (call: ModelCall) => void): LanguageModel {
  const refuse = async (call: ModelCall): Promise<never> => {
    keep(call)
    throw new MabeamError('dspx/budget-exhausted', `${modelId}: a preview asks nobody`)
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
