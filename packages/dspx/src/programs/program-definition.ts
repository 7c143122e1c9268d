/** Programs: predictors, the code that joins them, a metric, and the variables that may be tuned. */

import { checkOptions, rule } from '@mabeam/foundation'
import { type Config, type ConfigOf, type Constraint, type Space, space, type Variables } from '@mabeam/ml'
import type { Adapter } from '../adapters/adapter.ts'
import type { JudgedInputs, JudgedOutputs } from '../evaluation/judged-program.ts'
import { checkMetric, type Metric, metricOf } from '../evaluation/metric.ts'
import { readSignature, type Signature, signature, type Values, withInstructions } from '../signatures/signature.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from '../signatures/signature-inference.ts'
import { bindCopy } from './bound-copy.ts'
import { type BindOptions, type BoundProgram, bindProgram } from './bound-program.ts'
import { invalidProgram } from './errors.ts'
import { knownAdapters } from './predictor.ts'
import type { Program, ProgramInputs, ProgramOutputs } from './program.ts'
import { settingNames } from './program-copy.ts'
import type { ProgramState } from './program-state.ts'
import {
  checkVariables,
  readSettings,
  reservedNames,
  settingsDefaults,
  standardVariables,
} from './program-variables.ts'
import { isProgram, predictorsIn, signatureOf } from './program-walk.ts'
import type { AskOptions } from './question.ts'

/** A typed program; what it does is fixed, what is tuned about it is a `ProgramState`. */
export interface ProgramDefinition<I = Values, O = Values> {
  readonly name: string
  /** Inputs and outputs of the whole program: what a data set must hold. */
  readonly signature: Signature<I, O>
  readonly predictors: { readonly [name: string]: Signature }
  readonly metric: Metric
  /** The variables that may be tuned, reserved and own. */
  readonly variables: Variables
  readonly space: Space
  /** Defaults everywhere, the instructions as written, and no demonstrations. */
  initialState(): ProgramState
  /**
   * Cheap: prompts are rendered when first asked.
   *
   * Throws: `dspx/invalid-state` when the state does not belong to this program; what `models.get` throws.
   */
  bind(state: ProgramState, options: BindOptions): BoundProgram<I, O>
}

/** Signatures by name, each as a value or as a string. */
export interface PredictorSignatures {
  // biome-ignore lint/suspicious/noExplicitAny: any typed signature is one
  readonly [name: string]: string | Signature<any, any>
}

/** The same, where each literal string among them can be read. */
type Readable<P> = { readonly [K in keyof P]: P[K] extends string ? SignatureText<P[K]> : P[K] }

/** One predictor as `run` sees it. */
export type Asked<S> = S extends string
  ? (inputs: InputsOfText<S>, options?: AskOptions) => Promise<OutputsOfText<S>>
  : S extends Signature<infer I, infer O>
    ? (inputs: I, options?: AskOptions) => Promise<O>
    : never

/** What `run` gets beside predictors and inputs. */
export interface RunContext<V extends Variables = Variables> {
  /** The values of all variables and settings of this state. */
  readonly variables: ConfigOf<V>
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** Joins predictors: plain code that may branch, loop and ask at the same time. */
export type ProgramRun<P, I, O, V extends Variables> = (
  predictors: { readonly [K in keyof P]: Asked<P[K]> },
  inputs: I,
  context: RunContext<V>,
) => Promise<O>

/** What every program has. */
interface CommonOptions<P extends PredictorSignatures, V extends Variables, I = Values, O = Values> {
  /** Names studies and artefacts. */
  readonly name: string
  readonly predictors: P & Readable<P>
  /** A metric, or the function of one; it sees the inputs and outputs of the program. */
  readonly metric: Metric<I, O> | Metric<I, O>['score']
  /** What may be tuned. @default standardVariables() */
  readonly variables?: V
  /** What configurations must satisfy. @default [] */
  readonly constraints?: readonly Constraint<ConfigOf<V>>[]
  /** Reserved settings that are not tuned: a fixed model, say. @default settingsDefaults */
  readonly settings?: Config
  /** Adapters of your own beside chat and json. @default {} */
  readonly adapters?: { readonly [name: string]: Adapter }
}

/** A program whose inputs and outputs are those of its one predictor. */
export interface SinglePredictorOptions<P extends PredictorSignatures, V extends Variables>
  extends CommonOptions<P, V, InputsOfOne<P>, OutputsOfOne<P>> {
  readonly signature?: undefined
  /** @default asks the one predictor */
  readonly run?: ProgramRun<P, InputsOfOne<P>, OutputsOfOne<P>, V>
}

/** A program with inputs and outputs of its own. */
export interface JoinedPredictorsOptions<P extends PredictorSignatures, V extends Variables, I, O>
  extends CommonOptions<P, V, NoInfer<I>, NoInfer<O>> {
  /** Inputs and outputs of the whole program. */
  readonly signature: Signature<I, O>
  readonly run: ProgramRun<P, I, O, V>
}

/** The inputs of the only predictor. */
export type InputsOfOne<P> = Parameters<Asked<P[keyof P]>>[0]
/** The outputs of the only predictor. */
export type OutputsOfOne<P> = Awaited<ReturnType<Asked<P[keyof P]>>>

type StandardSpace = ReturnType<typeof standardVariables>

/**
 * A program over one predictor, or over several with a `signature` of its own and a `run` that joins them.
 *
 * Throws: `dspx/invalid-program` naming what contradicts what; `dspx/metric-field-unknown`; `foundation/unknown-name`.
 * @example
 * defineProgram({
 *   name: 'triage',
 *   predictors: { triage: 'text -> team: "billing" | "tech"' },
 *   metric: exactMatch('team'),
 * })
 */
export function defineProgram<const P extends PredictorSignatures, const V extends Variables = StandardSpace>(
  options: SinglePredictorOptions<P, V>,
): ProgramDefinition<InputsOfOne<P>, OutputsOfOne<P>>
export function defineProgram<const P extends PredictorSignatures, I, O, const V extends Variables = StandardSpace>(
  options: JoinedPredictorsOptions<P, V, I, O>,
): ProgramDefinition<I, O>
export function defineProgram(given: object): ProgramDefinition {
  const options = given as DefinedOptions
  checkOptions('defineProgram', options, programRules)
  const { name, run } = options
  const metric = metricOf('defineProgram', options.metric)
  const predictors = signaturesOf(name, options.predictors)
  const whole = wholeSignature(options, predictors)
  const own = run === undefined ? [] : undefined
  return build(options, { predictors, whole, own, metric }, (program, adapters) => (state, bindOptions) => {
    return bindProgram({ program, adapters, run }, state, bindOptions)
  })
}

/** What else a program needs to be tuned. */
export interface DefinitionOptions<V extends Variables, I = Values, O = Values, Text extends string = string>
  extends Omit<CommonOptions<PredictorSignatures, V, I, O>, 'predictors'> {
  /**
   * Inputs and outputs of the whole: what a data set must hold. @default the member `signature` of the program, which predictors
   * and most modules have; nothing is said, and nothing checked, of a program without one
   */
  readonly signature?: Signature | SignatureText<Text>
}

/**
 * The definition of a program that is a class: its predictors are found in its fields, its own variables are those of its
 * `settings`, and each state is run in a copy. Settings of a program inside are named by its path (`query.temperature`). What a
 * predictor says itself (`predict(…, { temperature })`) is stronger than any setting, and so is not tuned.
 *
 * Throws: as `defineProgram`; `dspx/program-too-large`.
 * @example definitionOf(new Rag(), { name: 'rag', metric: exactMatch('answer') })
 */
export function definitionOf<
  P extends Program,
  const V extends Variables = StandardSpace,
  const Text extends string = string,
>(
  program: P,
  options: DefinitionOptions<V, JudgedInputs<P>, JudgedOutputs<P>, Text>,
): ProgramDefinition<ProgramInputs<P>, ProgramOutputs<P>>
export function definitionOf(program: Program, given: object): ProgramDefinition {
  const options = given as DefinitionOptions<Variables>
  checkOptions('definitionOf', options, definitionRules)
  if (!isProgram(program)) throw invalidProgram(options.name, '(all)', 'a program', program)
  const metric = metricOf('definitionOf', options.metric)
  const found = predictorsIn(program)
  if (found.size === 0) throw invalidProgram(options.name, 'predictors', 'at least one predictor in its fields', 'none')
  const predictors: { [path: string]: Signature } = {}
  for (const [path, { signature: asked, instructions }] of found)
    predictors[path] = withInstructions(asked, instructions)
  const { signature: asked } = options
  const known = asked === undefined ? signatureOf(program) : readSignature('definitionOf', asked)
  const whole = known ?? openSignature(options.name)
  const parts = { predictors, whole, metric, own: settingNames(program), state: program.state() }
  return build(options, parts, (definition, adapters) => (state, bindOptions) => {
    return bindCopy({ program, definition, adapters }, state, bindOptions)
  })
}

/** Says nothing about inputs and outputs. */
function openSignature(name: string): Signature {
  return { name, instructions: '', inputs: [], outputs: [] }
}

interface Parts {
  readonly predictors: { readonly [name: string]: Signature }
  readonly whole: Signature
  readonly metric: Metric
  /** Variables besides the reserved ones that are read; undefined for all. */
  readonly own: readonly string[] | undefined
  /** Where it starts, but for what variables and settings say. */
  readonly state?: ProgramState
}

type Bind = ProgramDefinition['bind']

function build(
  options: Omit<CommonOptions<PredictorSignatures, Variables>, 'predictors'>,
  { predictors, whole, metric, own, state }: Parts,
  bindOf: (program: ProgramDefinition, adapters: { readonly [name: string]: Adapter }) => Bind,
): ProgramDefinition {
  const { name, settings = {} } = options
  const adapters = { ...knownAdapters, ...options.adapters }
  const variables: Variables = options.variables ?? standardVariables()
  checkVariables(name, variables, { adapters, own })
  checkFixedSettings(name, settings, variables)
  readSettings(name, settings, adapters)
  if (whole.outputs.length > 0) checkMetric(metric, whole.outputs)
  const tuned = space(variables, { constraints: options.constraints ?? [] })
  const written: ProgramState['predictors'] =
    state?.predictors ??
    Object.fromEntries(Object.entries(predictors).map(([key, { instructions }]) => [key, { instructions, demos: [] }]))
  const program: ProgramDefinition = {
    name,
    signature: whole,
    predictors,
    metric,
    variables,
    space: tuned,
    initialState: () => ({
      settings: { ...settingsDefaults, ...state?.settings, ...settings, ...tuned.defaults },
      predictors: structuredClone(written),
    }),
    bind: (given, bindOptions) => bindOf(program, adapters)(given, bindOptions),
  }
  return Object.freeze(Object.defineProperty(program, brand, { value: true }))
}

/** True for a program of any copy of this package in the process. */
export function isProgramDefinition(value: unknown): value is ProgramDefinition {
  return typeof value === 'object' && value !== null && brand in value
}

const brand: unique symbol = Symbol.for('mabeam.program')

interface DefinedOptions extends CommonOptions<PredictorSignatures, Variables> {
  readonly signature?: Signature
  readonly run?: ProgramRun<unknown, Values, Values, Variables>
}

const programRules = {
  name: rule.string(),
  predictors: rule.object(),
  metric: rule.optional(rule.any()),
  signature: rule.optional(rule.object()),
  run: rule.optional(rule.fn()),
  variables: rule.optional(rule.object()),
  constraints: rule.optional(rule.array()),
  settings: rule.optional(rule.object()),
  adapters: rule.optional(rule.object()),
}

const { predictors: _, run: __, ...sharedRules } = programRules
const definitionRules = {
  ...sharedRules,
  signature: rule.optional({
    expected: 'a signature',
    test: (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
    optional: true,
  }),
}

function signaturesOf(program: string, given: PredictorSignatures): { [name: string]: Signature } {
  const entries = Object.entries(given)
  if (entries.length === 0) throw invalidProgram(program, 'predictors', 'at least one predictor', given)
  return Object.fromEntries(
    entries.map(([name, one]) => {
      const made: Signature = typeof one === 'string' ? signature(one) : one
      const fits = Array.isArray(made?.inputs) && Array.isArray(made.outputs)
      if (!fits) throw invalidProgram(program, `predictors.${name}`, 'a signature', one)
      return [name, made]
    }),
  )
}

/** A setting is either tuned or fixed, and what is fixed has a meaning. */
function checkFixedSettings(program: string, settings: Config, variables: Variables): void {
  for (const name of Object.keys(settings)) {
    const key = `settings.${name}`
    if (Object.hasOwn(variables, name)) {
      throw invalidProgram(program, key, 'a name that is not a variable too', name)
    }
    if (!(reservedNames as readonly string[]).includes(name)) {
      throw invalidProgram(program, key, `one of ${reservedNames.join(', ')}`, name)
    }
  }
}

function wholeSignature(options: DefinedOptions, predictors: { readonly [name: string]: Signature }): Signature {
  const { name, run } = options
  const all = Object.values(predictors)
  const [only] = all
  if (all.length === 1 && only && options.signature === undefined) return only
  const names = Object.keys(predictors).join(', ')
  if (run === undefined) throw invalidProgram(name, 'run', `a function that joins the predictors ${names}`, undefined)
  if (options.signature === undefined) {
    throw invalidProgram(name, 'signature', 'the inputs and outputs of the whole program', undefined)
  }
  return options.signature
}
