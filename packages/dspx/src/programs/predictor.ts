/** Predictors: a signature that can be asked. `predict` asks as it is, `chainOfThought` asks for reasoning first. */

import { type Clock, checkOptions, isMabeamError, rule, systemClock } from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import { chatAdapter } from '../adapters/chat.ts'
import type { LanguageModel } from '../models/language-model.ts'
import type { Usage } from '../models/usage.ts'
import { plainField } from '../signatures/schema-field.ts'
import { type Demo, type Signature, signature, type Values, withOutputFirst } from '../signatures/signature.ts'
import type { InputsOfText, OutputsOfText } from '../signatures/signature-inference.ts'
import { noModel } from './errors.ts'
import { metered, newMeter, type PredictorTrace } from './meter.ts'
import { type AskOptions, ask, fixQuestion, type Question } from './question.ts'

/** How a predictor asks. */
export interface PredictOptions {
  /** Who answers. @default none: asking throws `dspx/no-model` */
  readonly model?: LanguageModel
  /** @default chatAdapter */
  readonly adapter?: Adapter
  /** Shown to the model, in order. @default [] */
  readonly demos?: readonly Demo[]
  /** @default the provider's own */
  readonly temperature?: number
  /** @default the provider's own */
  readonly maxOutputTokens?: number
  /** How often an answer that cannot be read is asked for again; each is counted in `usage.retries`. @default 1 */
  readonly answerRetriesMax?: number
  /** Measures latency where the model does not declare it. @default systemClock */
  readonly clock?: Clock
}

/** Defaults of {@link PredictOptions} that are not the provider's own. */
export const predictDefaults = {
  adapter: chatAdapter,
  demos: [],
  answerRetriesMax: 1,
  clock: systemClock,
} satisfies PredictOptions

/** Outputs with what they cost. */
export interface Prediction<O> {
  readonly outputs: O
  readonly usage: Usage
  readonly trace: PredictorTrace
}

/** A signature that can be asked: call it for the outputs, or `run` it for outputs, usage and trace. */
export interface Predictor<I = Values, O = Values> {
  (inputs: I, options?: AskOptions): Promise<O>
  readonly signature: Signature<I, O>
  /** Rejects with `usage` in the error's `data` where calls had been made. */
  run(inputs: I, options?: AskOptions): Promise<Prediction<O>>
}

/** Outputs with the reasoning in front. */
export type Reasoned<O> = { readonly reasoning: string } & O

/**
 * A predictor that asks the signature as it is.
 *
 * @example
 * const answer = predict('question -> answer', { model })
 * await answer({ question: 'What is the capital of France?' }) // { answer: string }
 */
export function predict<const Text extends string>(
  text: Text,
  options?: PredictOptions,
): Predictor<InputsOfText<Text>, OutputsOfText<Text>>
export function predict<I, O>(asked: Signature<I, O>, options?: PredictOptions): Predictor<I, O>
export function predict(asked: string | Signature, options: PredictOptions = {}): Predictor {
  return predictor('predict', typeof asked === 'string' ? signature(asked) : asked, options)
}

/**
 * A predictor whose first output is `reasoning`: the model thinks before it answers.
 *
 * Source: Wei et al., Chain-of-Thought Prompting, NeurIPS 2022. Differs: zero-shot unless demonstrations hold reasoning.
 * @example chainOfThought('question -> answer').signature.outputs.map(({ name }) => name) // => ['reasoning', 'answer']
 */
export function chainOfThought<const Text extends string>(
  text: Text,
  options?: PredictOptions,
): Predictor<InputsOfText<Text>, Reasoned<OutputsOfText<Text>>>
export function chainOfThought<I, O>(asked: Signature<I, O>, options?: PredictOptions): Predictor<I, Reasoned<O>>
export function chainOfThought(asked: string | Signature, options: PredictOptions = {}): Predictor {
  const plain: Signature = typeof asked === 'string' ? signature(asked) : asked
  return predictor('chainOfThought', withOutputFirst(plain, reasoningField), options) as Predictor
}

/** The output that makes a model think first. */
export const reasoningField = plainField('reasoning', 'text', {
  description: 'think step by step, in a few sentences, before the other fields',
})

const predictRules = {
  model: rule.optional(rule.object()),
  adapter: rule.optional(rule.object()),
  demos: rule.optional(rule.array()),
  temperature: rule.optional(rule.number(0, 2)),
  maxOutputTokens: rule.optional(rule.int(1)),
  answerRetriesMax: rule.optional(rule.int(0, 10)),
  clock: rule.optional(rule.object()),
}

function predictor(owner: string, asked: Signature, options: PredictOptions): Predictor {
  checkOptions(owner, options, predictRules)
  const question = questionOf(owner, asked, options)
  const run = async (inputs: Values, asking: AskOptions = {}): Promise<Prediction<Values>> => {
    if (question === undefined) throw noModel(owner)
    const meter = newMeter()
    try {
      const outputs = await ask(question, inputs, { ...asking, meter })
      return { outputs, usage: meter.usage, trace: meter.trace[0] as PredictorTrace }
    } catch (thrown) {
      throw isMabeamError(thrown) ? metered(thrown, meter) : thrown
    }
  }
  const call = async (inputs: Values, asking?: AskOptions) => (await run(inputs, asking)).outputs
  return Object.assign(call, { signature: asked, run })
}

function questionOf(name: string, asked: Signature, options: PredictOptions): Question | undefined {
  const { model, temperature, maxOutputTokens, ...rest } = options
  if (model === undefined) return undefined
  return fixQuestion({ ...predictDefaults, ...rest, name, signature: asked, model, temperature, maxOutputTokens })
}
