/** Whether what a caller hands over is a model or a call of one at all. */

import { invalidOption } from '@mabeam/foundation'
import type { LanguageModel, ModelCall } from './language-model.ts'

/** Throws `foundation/invalid-option` for what is no language model. */
export function checkModel(owner: string, model: unknown): asserts model is LanguageModel {
  if (typeof (model as Partial<LanguageModel> | null | undefined)?.doGenerate === 'function') return
  throw invalidOption(owner, 'model', 'a language model of specification v4', model)
}

/** Throws `foundation/invalid-option` for what has no prompt. */
export function checkCall(owner: string, call: unknown): asserts call is ModelCall {
  if (Array.isArray((call as Partial<ModelCall> | null | undefined)?.prompt)) return
  throw invalidOption(owner, 'call', 'a call of a language model: { prompt: [message, …] }', call)
}
