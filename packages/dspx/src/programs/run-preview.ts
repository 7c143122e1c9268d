/** What a run of a program would ask first, without asking it. */

import { checkOptions, rule } from '@mabeam/foundation'
import type { ModelCall } from '../models/language-model.ts'
import type { Attempt } from './attempt.ts'
import type { BindOptions } from './bound-program.ts'
import { previewModel } from './preview-model.ts'
import type { ProgramDefinition } from './program-definition.ts'
import type { ProgramState } from './program-state.ts'
import { detailsOf } from './result.ts'
import { enterRun } from './run-context.ts'

/** A call that a run would make. */
export interface PreviewedCall {
  /** Who would ask. */
  readonly predictor: string
  readonly modelId: string
  readonly call: ModelCall
}

/** How a run is previewed. */
export interface PreviewRunOptions extends Pick<BindOptions, 'maxOutputTokens'> {
  /** @default `program.initialState()` */
  readonly state?: ProgramState
  /** As of the run. @default none */
  readonly seed?: number
}

/** The most calls that are kept: a run that asks side by side may begin with many. */
export const previewedCallsMax = 100

/**
 * The calls that `program.bind(state, { models }).run(inputs)` would begin with, prompts to the letter: those that need no answer of
 * another. Their models are not asked, need no key and need not exist, those that predictors name themselves included; nothing is
 * spent. Code of the program runs up to there, tools and embedding models that it calls by itself before it asks included.
 *
 * Ensures: at most `previewedCallsMax` calls; none for a program that asks nobody.
 * Throws: `foundation/invalid-option` for what is no definition; what `bind` throws, and a run before it asks, such as
 * `dspx/invalid-input`.
 * @example for (const { predictor, call } of await previewRun(triage, { text: 'a refund' })) console.log(predictor, promptText(call.prompt))
 */
export async function previewRun<I>(
  program: ProgramDefinition<I, unknown>,
  inputs: I,
  options: PreviewRunOptions = {},
): Promise<readonly PreviewedCall[]> {
  checkOptions('previewRun', { program }, { program: rule.having('bind', 'initialState') })
  checkOptions('previewRun', options, {
    state: rule.optional(rule.object()),
    seed: rule.optional(rule.int(0)),
    maxOutputTokens: rule.optional(rule.int(1)),
  })
  const { state = program.initialState(), seed, ...binding } = options
  const calls: { readonly modelId: string; readonly call: ModelCall }[] = []
  const keep = (modelId: string, call: ModelCall) => {
    if (calls.length < previewedCallsMax) calls.push({ modelId, call })
  }
  const preview = (modelId: string) => previewModel(modelId, (call) => keep(modelId, call))
  const bound = program.bind(state, { ...binding, models: { get: preview } })
  // in the order in which they were refused, which is that of the calls
  let attempts: readonly Attempt[]
  try {
    const asking = seed === undefined ? {} : { seed }
    attempts = (await enterRun({ preview }, () => bound.run(inputs, asking))).attempts
  } catch (thrown) {
    if (calls.length === 0) throw thrown
    attempts = detailsOf(thrown as object)?.attempts ?? []
  }
  return calls.map(({ modelId, call: { abortSignal: _, ...call } }, i) => {
    return { predictor: attempts[i]?.predictor ?? program.name, modelId, call }
  })
}
