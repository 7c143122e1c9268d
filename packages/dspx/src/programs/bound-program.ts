/** A program bound to a state and models: what is run, once or twenty thousand times. */

import { type Clock, checkOptions, isMabeamError, rule, systemClock } from '@mabeam/foundation'
import { type Config, space } from '@mabeam/ml'
import type { Adapter } from '../adapters/adapter.ts'
import type { Models } from '../models/models.ts'
import type { Usage } from '../models/usage.ts'
import { type Values, withInstructions, withOutputFirst } from '../signatures/signature.ts'
import { programFailed } from './errors.ts'
import { type Meter, metered, newMeter, type PredictorTrace } from './meter.ts'
import { reasoningField } from './predictor.ts'
import type { Program } from './program.ts'
import { checkState, type ProgramState } from './program-state.ts'
import { readSettings, reservedNames } from './program-variables.ts'
import { type AskOptions, ask, fixQuestion, type Question } from './question.ts'

/** What binding needs beyond the state. */
export interface BindOptions {
  readonly models: Models
  /** How often an answer that cannot be read is asked for again; each is counted in `usage.retries`. @default 1 */
  readonly answerRetriesMax?: number
  /** @default the provider's own */
  readonly maxOutputTokens?: number
  /** Measures latency where the model does not declare it. @default systemClock */
  readonly clock?: Clock
}

/** Defaults of {@link BindOptions} that are not the provider's own. */
export const bindDefaults = { answerRetriesMax: 1, clock: systemClock } as const satisfies Partial<BindOptions>

/** What one run gave. */
export interface ProgramResult<O = Values> {
  readonly outputs: O
  /** The sum over all calls of this run. */
  readonly usage: Usage
  /** Every question in the order of its answer. */
  readonly trace: readonly PredictorTrace[]
}

/** A program with its state and models: ready to run, as often and as concurrently as wanted. */
export interface BoundProgram<I = Values, O = Values> {
  readonly program: Program<I, O>
  readonly state: ProgramState
  /** Rejects with the error of the predictor that failed, with `usage` of the run so far in its `data`. */
  run(inputs: I, options?: AskOptions): Promise<ProgramResult<O>>
}

/** What `defineProgram` knows and a program does not show. */
export interface ProgramParts {
  readonly program: Program
  readonly adapters: { readonly [name: string]: Adapter }
  readonly run: RunFunction | undefined
}

type Asking = (inputs: Values, options?: AskOptions) => Promise<Values>
type RunFunction = (
  predictors: { readonly [name: string]: Asking },
  inputs: Values,
  context: AskOptions & { readonly variables: Config },
) => Promise<Values>

/** Binds; see `Program.bind`. */
export function bindProgram(parts: ProgramParts, state: ProgramState, options: BindOptions): BoundProgram {
  checkOptions('bind', options, bindRules)
  const { program, adapters } = parts
  const known = [...reservedNames, ...Object.keys(program.variables)]
  checkState(program.name, state, { predictors: program.predictors, settings: known })
  const questions = questionsOf(program, state, { ...options, adapters })
  checkOwnVariables(program, state.settings)
  const variables: Config = { ...program.initialState().settings, ...state.settings }
  const run = parts.run ?? askOnly
  return {
    program,
    state,
    run: async (inputs, asking = {}) => {
      const meter = newMeter()
      try {
        asking.signal?.throwIfAborted()
        const outputs = await run(askingsOf(questions, asking, meter), inputs, { ...asking, variables })
        return { outputs: wholeOutputs(program, outputs), usage: meter.usage, trace: meter.trace }
      } catch (thrown) {
        asking.signal?.throwIfAborted()
        throw metered(isMabeamError(thrown) ? thrown : programFailed(program.name, thrown), meter)
      }
    },
  }
}

const bindRules = {
  models: rule.object(),
  answerRetriesMax: rule.optional(rule.int(0, 10)),
  maxOutputTokens: rule.optional(rule.int(1)),
  clock: rule.optional(rule.object()),
}

/** Own variables must hold values that they allow; reserved ones are checked for meaning, not for range. */
function checkOwnVariables(program: Program, settings: Config): void {
  for (const [name, variable] of Object.entries(program.variables)) {
    const value = settings[name]
    const isOwn = !(reservedNames as readonly string[]).includes(name)
    if (isOwn && value !== undefined) space({ [name]: variable }).validate({ [name]: value })
  }
}

function questionsOf(
  program: Program,
  state: ProgramState,
  options: BindOptions & { readonly adapters: { readonly [name: string]: Adapter } },
): Map<string, Question> {
  const { models, adapters, maxOutputTokens, answerRetriesMax, clock } = { ...bindDefaults, ...options }
  const settings = readSettings(program.name, state.settings, adapters)
  const { temperature } = settings
  const model = models.get(settings.model)
  const adapter = adapters[settings.adapter] as Adapter
  const questions = new Map<string, Question>()
  for (const [name, base] of Object.entries(program.predictors)) {
    const { instructions, demos: all } = state.predictors[name] as ProgramState['predictors'][string]
    const asked = withInstructions(base, instructions)
    const signature = settings.reasoning === 'steps' ? withOutputFirst(asked, reasoningField) : asked
    const demos = settings.demos === undefined ? all : all.slice(0, settings.demos)
    const fixed = { name, signature, demos, adapter, model, temperature, maxOutputTokens, answerRetriesMax, clock }
    questions.set(name, fixQuestion(fixed))
  }
  return questions
}

/** The predictors of one run: they share its meter, seed and signal. */
function askingsOf(questions: Map<string, Question>, asking: AskOptions, meter: Meter): { [name: string]: Asking } {
  const askings: { [name: string]: Asking } = {}
  for (const [name, question] of questions) {
    askings[name] = (inputs, own) => ask(question, inputs, { ...asking, ...own, meter })
  }
  return askings
}

/** The default `run`: the one predictor there is. */
const askOnly: RunFunction = (predictors, inputs) => {
  const [only] = Object.values(predictors)
  return (only as Asking)(inputs)
}

/** The outputs of the program's signature, no more (`reasoning` stays in the trace) and no less. */
function wholeOutputs(program: Program, outputs: Values): Values {
  const whole: { [name: string]: unknown } = {}
  for (const { name, optional, typeText } of program.signature.outputs) {
    const value = Object.hasOwn(Object(outputs), name) ? outputs[name] : undefined
    if (value !== undefined) whole[name] = value
    else if (!optional) {
      throw programFailed(program.name, new Error(`run: output ${name}: expected ${typeText}, got nothing`))
    }
  }
  return whole
}
