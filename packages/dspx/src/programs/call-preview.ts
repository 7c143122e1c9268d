/** What a predictor would ask, without asking it. */

import { checkOptions, invalidOption } from '@mabeam/foundation'
import { createBudget } from '../models/budget/budget.ts'
import type { ModelCall } from '../models/language-model.ts'
import type { Predict } from './predictor.ts'
import { previewModel } from './preview-model.ts'
import { isPredictor } from './program-walk.ts'
import { type RunOptions, runRules } from './run-options.ts'

/**
 * The call that `predictor.run(inputs, options)` would make: the prompt to the letter, its demonstrations, temperature and
 * schema. No model is asked and nothing is spent. Of an adapter that asks twice it is the first question.
 *
 * Throws: `foundation/invalid-option` for what is no predictor (of a program take one of its fields); what `run` throws before
 * it asks, such as `dspx/invalid-input`.
 * @example console.log(promptText((await previewCall(rag.answer, { context: ['…'], question: 'Why?' })).prompt))
 */
export async function previewCall<I>(
  predictor: Predict<I, unknown>,
  inputs: I,
  options: Omit<RunOptions, 'lm' | 'models' | 'budget'> = {},
): Promise<ModelCall> {
  const given: unknown = predictor
  if (!isPredictor(given)) {
    throw invalidOption('previewCall', 'predictor', 'a predictor, as predict(…) makes it', predictor)
  }
  const { lm: _, models: __, budget: ___, ...rules } = runRules
  checkOptions('previewCall', options, rules)
  let call: ModelCall | undefined
  const lm = previewModel('preview', (asked) => {
    call ??= asked
  })
  try {
    // What a predictor was made with is weaker than what a call says: its own model and budget are left alone.
    await predictor.run(inputs, { ...options, lm, budget: createBudget({}) })
  } catch (thrown) {
    if (call === undefined) throw thrown
  }
  if (call === undefined) throw invalidOption('previewCall', 'predictor', 'a predictor that asks its model', predictor)
  return call
}
