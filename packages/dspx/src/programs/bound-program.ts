/** A program bound to a state and models: what is run, once or twenty thousand times. */

import {
  type Clock,
  checkOptions,
  definedOptions,
  isMabeamError,
  rule,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import { type Config, space, type Variable } from '@mabeam/ml'
import type { Adapter } from '../adapters/adapter.ts'
import type { Usage } from '../models/usage.ts'
import { type Values, withInstructions, withOutputFirst } from '../signatures/signature.ts'
import type { Attempt, PredictorTrace } from './attempt.ts'
import { demosFor } from './demo-choice.ts'
import { programFailed } from './errors.ts'
import { bothSignals, InnerRuns, type RunOutcome } from './inner-runs.ts'
import { type Meter, metered, newMeter, whatWasSaid } from './meter.ts'
import { reasoningField } from './predictor.ts'
import type { ProgramDefinition } from './program-definition.ts'
import { checkState, type ProgramState } from './program-state.ts'
import { readSettings, reservedNames } from './program-variables.ts'
import { type Asking, type AskOptions, ask, fixQuestion, type Question } from './question.ts'
import { type AskedRow, askedBeside } from './row-demos.ts'
import { currentRun } from './run-context.ts'
import type { ModelSource } from './run-options.ts'

/** What binding needs beyond the state. */
export interface BindOptions {
  readonly models: ModelSource
  /** How often an answer that cannot be read is asked for again; each is counted in `usage.retries`. @default 1 */
  readonly answerRetriesMax?: number
  /** @default the provider's own */
  readonly maxOutputTokens?: number
  /** Measures latency where the model does not declare it. @default systemClock */
  readonly clock?: Clock
  /** Told where a run ends before what works in it: `dspx.inner-runs-aborted`. @default that of the run around it, if any */
  readonly telemetry?: Telemetry
}

/** Defaults of {@link BindOptions} that are not the provider's own. */
export const bindDefaults = { answerRetriesMax: 1, clock: systemClock } as const satisfies Partial<BindOptions>

/** What one run gave. */
export interface ProgramResult<O = Values> {
  readonly outputs: O
  /** The sum over all calls of this run. */
  readonly usage: Usage
  /** Every call of a model in the order of its end. */
  readonly attempts: readonly Attempt[]
  /** Every question in the order of its answer, at most `traceMaxDefault`, the first ones; empty unless `trace` asks for it. */
  readonly trace: readonly PredictorTrace[]
  /** How many more there were. */
  readonly traceOmitted: number
}

/** A program with its state and models: ready to run, as often and as concurrently as wanted. */
export interface BoundProgram<I = Values, O = Values> {
  readonly program: ProgramDefinition<I, O>
  readonly state: ProgramState
  /**
   * Rejects with the error of the predictor that failed, with `usage` of the run so far in its `data`. Inside of the run of another program
   * it ends with that, as any inner run.
   */
  run(inputs: I, options?: AskOptions): Promise<ProgramResult<O>>
}

/** What `defineProgram` knows and a program does not show. */
export interface ProgramParts {
  readonly program: ProgramDefinition
  readonly adapters: { readonly [name: string]: Adapter }
  readonly run: RunFunction | undefined
}

type AskingFunction = (inputs: Values, options?: AskOptions) => Promise<Values>
type RunFunction = (
  predictors: { readonly [name: string]: AskingFunction },
  inputs: Values,
  context: AskOptions & { readonly variables: Config },
) => Promise<Values>

/** Binds; see `ProgramDefinition.bind`. */
export function bindProgram(parts: ProgramParts, state: ProgramState, options: BindOptions): BoundProgram {
  const { program, adapters } = parts
  checkBinding(program, { state, settings: Object.keys(program.variables) }, options)
  const questions = questionsOf(program, state, { ...options, adapters })
  const variables = variablesOf(program, state.settings)
  const boundRun = async (inputs: Values, { row, ...asking }: AskOptions) => {
    const meter = newMeter({ trace: asking.trace })
    const { signal } = asking
    const telemetry = options.telemetry ?? currentRun()?.telemetry
    // the one predictor there is has none beside it
    const inner = parts.run && new InnerRuns({ name: () => program.name, signal, telemetry })
    const within = inner ? { ...asking, signal: inner.signal } : asking
    const run = parts.run ?? askOnly
    let outcome: RunOutcome = { type: 'completed' }
    try {
      signal?.throwIfAborted()
      const askings = askingsOf(questions, { asking, row, meter, inner })
      const outputs = await run(askings, inputs, { ...within, variables })
      return { outputs: wholeOutputs(program, outputs), ...detailsIn(meter) }
    } catch (thrown) {
      outcome = { type: 'failed', thrown }
      signal?.throwIfAborted()
      throw metered(isMabeamError(thrown) ? thrown : programFailed(program.name, thrown), {
        ...detailsIn(meter),
        attemptsOmitted: meter.attemptsOmitted,
      })
    } finally {
      inner?.close(outcome)
    }
  }
  return {
    program,
    state,
    run: (inputs, asking = {}) => {
      const run = (around?: AbortSignal) =>
        boundRun(inputs as Values, around ? { ...asking, signal: bothSignals(asking.signal, around) } : asking)
      const outer = currentRun()?.inner
      return outer === undefined ? run() : outer.run(run)
    },
  }
}

/** What one run took. Predictors have their names from the definition. */
function detailsIn({ usage, attempts, trace, traceOmitted }: Meter): Omit<ProgramResult, 'outputs'> {
  return { usage, attempts: whatWasSaid(attempts), trace: whatWasSaid(trace), traceOmitted }
}

/**
 * Throws for options and states that do not belong to the program; see `ProgramDefinition.bind`. `settings` are those that it reads
 * besides the reserved ones.
 */
export function checkBinding(
  program: ProgramDefinition,
  { state, settings }: { readonly state: ProgramState; readonly settings: readonly string[] },
  options: BindOptions,
): void {
  checkOptions('bind', options, bindRules)
  const known = [...new Set([...reservedNames, ...settings])]
  checkState(program.name, state, { predictors: program.predictors, settings: known })
}

const bindRules = {
  models: rule.having('get'),
  answerRetriesMax: rule.optional(rule.int(0, 10)),
  maxOutputTokens: rule.optional(rule.int(1)),
  clock: rule.optional(rule.having('monotonicMs')),
  telemetry: rule.optional(rule.having('emit')),
}

/**
 * The values of all variables and settings of a state. Own variables must hold values that they allow, and those whose
 * condition does not hold are left out; reserved ones are checked for meaning, not for range.
 */
export function variablesOf(program: ProgramDefinition, settings: Config): Config {
  const all: { [name: string]: Config[string] } = { ...program.initialState().settings, ...settings }
  const own = Object.keys(program.variables).filter((name) => !(reservedNames as readonly string[]).includes(name))
  for (const name of own) {
    const value = all[name]
    // alone, a variable is always active
    const variable = { ...program.variables[name], when: undefined } as unknown as Variable
    if (value !== undefined) space({ [name]: variable }).validate({ [name]: value })
  }
  const active = program.space.activeIn(all)
  for (const name of own) if (!active.includes(name)) delete all[name]
  return all
}

/** A question, and how all its runs are asked. */
interface BoundQuestion {
  readonly question: Question
  readonly fixed: Omit<Asking, 'meter' | 'seed' | 'signal'>
}

function questionsOf(
  program: ProgramDefinition,
  state: ProgramState,
  options: BindOptions & { readonly adapters: { readonly [name: string]: Adapter } },
): Map<string, BoundQuestion> {
  const { models, adapters, maxOutputTokens, answerRetriesMax, clock } = { ...bindDefaults, ...definedOptions(options) }
  const settings = readSettings(program.name, state.settings, adapters)
  const { temperature } = settings
  const model = models.get(settings.model)
  const adapter = adapters[settings.adapter] as Adapter
  const fixed = { model, temperature, maxOutputTokens, answerRetriesMax, clock }
  const questions = new Map<string, BoundQuestion>()
  for (const [name, base] of Object.entries(program.predictors)) {
    const one = state.predictors[name] as ProgramState['predictors'][string]
    const { instructions } = one
    const asked = withInstructions(base, instructions)
    const signature = settings.reasoning === 'steps' ? withOutputFirst(asked, reasoningField) : asked
    const demos = demosFor(base, one, settings.demos)
    questions.set(name, { question: fixQuestion(base, { name, signature, demos, adapter }), fixed })
  }
  return questions
}

/** One run. */
interface RunParts {
  readonly asking: Omit<AskOptions, 'row'>
  /** Not for the code of the program, which would be told its answer. */
  readonly row: AskedRow | undefined
  readonly meter: Meter
  readonly inner: InnerRuns | undefined
}

/** The predictors of one run: they share its meter, seed and signal, and end with it. */
function askingsOf(
  questions: Map<string, BoundQuestion>,
  { asking, row, meter, inner }: RunParts,
): { [name: string]: AskingFunction } {
  const askings: { [name: string]: AskingFunction } = {}
  for (const [name, { question, fixed }] of questions) {
    const beside = askedBeside(row, question)
    const asked = (inputs: Values, how: AskOptions) => ask(beside, inputs, { ...fixed, ...asking, ...how, meter })
    askings[name] = (inputs, own = {}) => {
      if (inner === undefined) return asked(inputs, own)
      return inner.run((around) => asked(inputs, { ...own, signal: bothSignals(own.signal, around) }))
    }
  }
  return askings
}

/** The default `run`: the one predictor there is. */
const askOnly: RunFunction = (predictors, inputs) => {
  const [only] = Object.values(predictors)
  return (only as AskingFunction)(inputs)
}

/** The outputs of the program's signature, no more (`reasoning` stays in the trace) and no less. */
export function wholeOutputs(program: ProgramDefinition, outputs: Values): Values {
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
