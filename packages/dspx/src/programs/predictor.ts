/** Predictors: programs of one signature, which is asked. `predict` asks as it is, `chainOfThought` asks for reasoning first. */

import { checkOptions, definedOptions, rule, systemClock, unknownName } from '@mabeam/foundation'
import type { Adapter } from '../adapters/adapter.ts'
import { chatAdapter } from '../adapters/chat.ts'
import { jsonAdapter } from '../adapters/json.ts'
import { markdownAdapter } from '../adapters/markdown.ts'
import { toolAdapter } from '../adapters/tool.ts'
import { twoStepAdapter } from '../adapters/two-step.ts'
import { xmlAdapter } from '../adapters/xml.ts'
import type { LanguageModel } from '../models/language-model.ts'
import { createModels, type Models } from '../models/models.ts'
import { plainField } from '../signatures/schema-field.ts'
import {
  type Demo,
  readSignature,
  type Signature,
  type Values,
  withInstructions,
  withOutputFirst,
} from '../signatures/signature.ts'
import { checkSignature } from '../signatures/signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { demosFor } from './demo-choice.ts'
import { noModel } from './errors.ts'
import { newMeter } from './meter.ts'
import { Program } from './program.ts'
import { checkDemos, demoPoolMax, demosMax } from './program-state.ts'
import { predictorBrand } from './program-walk.ts'
import { type Asking, ask, fixQuestion, type Question } from './question.ts'
import { askedBeside } from './row-demos.ts'
import { currentRun, overlaid, ownOptions, type Run } from './run-context.ts'
import { type RunOptions, runRules } from './run-options.ts'

/** How a predictor asks. What it says itself is stronger than what the run around it says. */
export interface PredictOptions extends Omit<RunOptions, 'seed' | 'signal' | 'trace' | 'traceMax'> {
  /** What it is called where it is the whole program. @default predict or chainOfThought */
  readonly name?: string
  /** @default those of the signature */
  readonly instructions?: string
  /** Shown to the model, in order; with `nearest`, the pool that is chosen from. @default [] */
  readonly demos?: readonly Demo[]
  /** Each question is shown so many of `demos`, those whose inputs are most like its own, the nearest last. @default all are shown */
  readonly nearest?: number
}

/** What holds for a run where nobody says otherwise. */
export const predictDefaults = {
  adapter: chatAdapter,
  answerRetriesMax: 1,
  clock: systemClock,
} as const satisfies RunOptions

/** Outputs with the reasoning in front. */
export type Reasoned<O> = { readonly reasoning: string } & O

/** A program of one signature. Tuning changes its instructions and demonstrations in copies. */
export class Predict<I = Values, O = Values> extends Program {
  readonly programName: string
  readonly signature: Signature<I, O>
  readonly instructions: string
  readonly demos: readonly Demo[]
  readonly nearest: number | undefined
  readonly options: RunOptions

  constructor(asked: Signature<I, O>, options: PredictOptions & { readonly name: string }) {
    super()
    checkSignature('predict', asked)
    checkOptions('predict', { options }, { options: rule.record() })
    const { name, instructions = asked.instructions, demos = [], nearest, ...own } = options
    checkOptions(typeof name === 'string' && name !== '' ? name : 'predict', options, predictRules)
    const pool = nearest === undefined ? demosMax : demoPoolMax
    checkDemos({ program: name, key: 'demos', max: pool }, demos, asked as Signature)
    this.programName = name
    this.signature = asked
    this.instructions = instructions
    this.demos = demos
    this.nearest = nearest
    this.options = definedOptions(own)
  }

  /** Asks the model of the run. Throws: `dspx/invalid-input`, `dspx/no-model`, `dspx/unparsable-answer`, errors of the model. */
  forward(inputs: I): Promise<O> {
    const current = currentRun()
    const run = current?.program === this ? current : overlaid(current, ownOptions(this))
    return askPredictor(this as Predict, inputs as Values, run) as Promise<O>
  }

  get [predictorBrand](): true {
    return true
  }
}

/**
 * A predictor that asks the signature as it is.
 *
 * @example
 * const answer = predict('question -> answer')
 * const { answer } = await answer.run({ question: 'What is the capital of France?' }, { lm })
 */
export function predict<I, O>(asked: Signature<I, O>, options?: PredictOptions): Predict<I, O>
export function predict<const Text extends string>(
  text: SignatureText<Text>,
  options?: PredictOptions,
): Predict<InputsOfText<Text>, OutputsOfText<Text>>
export function predict(asked: string | Signature, options: PredictOptions = {}): Predict {
  return new Predict(readSignature('predict', asked), named('predict', options))
}

/**
 * A predictor whose first output is `reasoning`: the model thinks before it answers.
 *
 * Source: Wei et al., Chain-of-Thought Prompting, NeurIPS 2022. Differs: zero-shot unless demonstrations hold reasoning.
 * @example chainOfThought('question -> answer').signature.outputs.map(({ name }) => name) // => ['reasoning', 'answer']
 */
export function chainOfThought<I, O>(asked: Signature<I, O>, options?: PredictOptions): Predict<I, Reasoned<O>>
export function chainOfThought<const Text extends string>(
  text: SignatureText<Text>,
  options?: PredictOptions,
): Predict<InputsOfText<Text>, Reasoned<OutputsOfText<Text>>>
export function chainOfThought(asked: string | Signature, options: PredictOptions = {}): Predict {
  const name = 'chainOfThought'
  return new Predict(withOutputFirst(readSignature(name, asked), reasoningField), named(name, options))
}

/** Options with a name. Throws `foundation/invalid-option` for what are none, before they are taken apart. */
function named(name: string, options: PredictOptions): PredictOptions & { readonly name: string } {
  checkOptions(name, { options }, { options: rule.record() })
  return { name, ...definedOptions(options) }
}

/** The output that makes a model think first. */
export const reasoningField = plainField('reasoning', 'text', {
  description: 'think step by step, in a few sentences, before the other fields',
})

/** The adapters that settings and options may name without more ado: those of this package. */
export const knownAdapters: { readonly [name: string]: Adapter } = Object.fromEntries(
  [chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter, twoStepAdapter()].map((one) => [one.name, one]),
)

const predictRules = {
  ...runRules,
  name: rule.string(),
  instructions: rule.optional({ expected: 'text', test: (value) => typeof value === 'string', optional: true }),
  demos: rule.optional(rule.array()),
  nearest: rule.optional(rule.int(1, demosMax)),
}

async function askPredictor(predictor: Predict, inputs: Values, run: Run): Promise<Values> {
  const { onPart } = run
  const outputs = await ask(askedBeside(run.row, questionOf(predictor, run)), inputs, {
    ...askingOf(predictor, run),
    onText: onPart && ((text) => onPart({ type: 'text', ...text })),
  })
  if (run.reasoning !== 'steps' || !('reasoning' in outputs)) return outputs
  if (predictor.signature.outputs.some(({ name }) => name === reasoningField.name)) return outputs
  const { reasoning: _, ...asked } = outputs
  return asked
}

/**
 * How a predictor asks in a run: the model, and what goes with each call. Throws: `dspx/no-model`; `dspx/unknown-model`,
 * `dspx/missing-setting` for ids.
 */
export function askingOf(predictor: Predict, run: Run): Asking {
  const { clock = predictDefaults.clock, answerRetriesMax = predictDefaults.answerRetriesMax } = run
  const { temperature, maxOutputTokens, seed, signal, cache, budget, meter = newMeter({}) } = run
  const model = modelOf(predictor, run)
  return { model, temperature, maxOutputTokens, answerRetriesMax, clock, seed, signal, cache, budget, meter }
}

function modelOf(predictor: Predict, { lm, models, preview }: Run): LanguageModel {
  if (lm === undefined) throw noModel(predictor.programName)
  if (preview !== undefined) return preview(typeof lm === 'string' ? lm : lm.modelId)
  return typeof lm === 'string' ? (models ?? defaultModels(predictor)).get(lm) : lm
}

/** Where ids are looked up when nobody says where: made for a predictor when it first asks, so that no two of them share anything. */
function defaultModels(predictor: Predict): Models {
  const made = ownModels.get(predictor) ?? createModels()
  ownModels.set(predictor, made)
  return made
}

const ownModels = new WeakMap<Predict, Models>()

function adapterOf({ programName }: Predict, { adapter = predictDefaults.adapter, adapters }: Run): Adapter {
  if (typeof adapter !== 'string') return adapter
  const named = { ...knownAdapters, ...adapters }
  const found = Object.hasOwn(named, adapter) ? named[adapter] : undefined
  if (found === undefined) throw unknownName(programName, 'adapter', adapter, Object.keys(named))
  return found
}

/** A question and what it was made of. */
interface MadeQuestion {
  readonly question: Question
  readonly instructions: string
  readonly all: readonly Demo[]
  readonly nearest: number | undefined
  readonly count: number | undefined
  readonly reasoning: Run['reasoning']
}

/** Questions that predictors asked lately: preparing one renders its demonstrations. */
const questions = new WeakMap<Predict, MadeQuestion[]>()
/** Kept for each predictor: it may be asked by several adapters at the same time. */
const questionsMax = 4

function questionOf(predictor: Predict, run: Run): Question {
  const adapter = adapterOf(predictor, run)
  const { signature: base, instructions, demos: all, nearest, programName: name } = predictor
  const { reasoning, demosMax: count } = run
  if (run.advice !== undefined || run.shown?.to === predictor) {
    const told = toldIn(predictor, run)
    const signature = askedSignature(base, told.instructions, reasoning)
    return fixQuestion(predictor, { name, signature, demos: told.demos, adapter })
  }
  const known = questions.get(predictor)
  const found = known?.find(
    (one) =>
      one.question.adapter === adapter &&
      one.instructions === instructions &&
      one.all === all &&
      one.nearest === nearest &&
      one.count === count &&
      one.reasoning === reasoning,
  )
  if (found) return found.question
  const signature = askedSignature(base, instructions, reasoning)
  const question = fixQuestion(predictor, { name, signature, demos: demosFor(base, predictor, count), adapter })
  const kept = (known ?? []).slice(-(questionsMax - 1))
  questions.set(predictor, [...kept, { question, instructions, all, nearest, count, reasoning }])
  return question
}

/** What a predictor tells the model in a run: its own, and what those around it add. */
export function toldIn(predictor: Predict, run: Run): Pick<Question, 'demos'> & { readonly instructions: string } {
  const { signature: base, instructions } = predictor
  const { advice, shown, demosMax: count } = run
  const own = demosFor(base, predictor, count)
  const more = shown?.to === predictor ? shown.demos : []
  return {
    instructions: advice === undefined ? instructions : `${instructions}\n\n${advice}`,
    demos: typeof own === 'function' ? (inputs, isLeftOut) => [...own(inputs, isLeftOut), ...more] : [...own, ...more],
  }
}

function askedSignature(base: Signature, instructions: string, reasoning: Run['reasoning']): Signature {
  const asked = withInstructions(base, instructions)
  return reasoning === 'steps' ? withOutputFirst(asked, reasoningField) : asked
}
