/** What `optimize` may change about a program, in the short forms people write, as variables with today's values as defaults. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { type Config, choice, float, int, type Variables } from '@mabeam/ml'
import { mostDemosShown, type ProgramState } from '../programs/program-state.ts'
import { settingsDefaults, standardVariablesDefaults } from '../programs/program-variables.ts'

/** Part by part; what is left out stays as it is. */
export interface TuneOptions {
  /** @default false */
  readonly instructions?: boolean
  /** Whether demonstrations are chosen; a number is the most that a predictor shows. @default false; true stands for 16 */
  readonly demos?: boolean | number
  /** Ids of models to choose among; the first is the default. @default none: the model stays */
  readonly model?: readonly string[]
  /** Names of adapters to choose among; true stands for chat and json. @default false */
  readonly adapter?: boolean | readonly string[]
  /** Whether predictors reason first. @default false */
  readonly reasoning?: boolean
  /** A number is the highest; true stands for 1. @default false */
  readonly temperature?: boolean | number
  /** Variables of the program's own, which its `forward` reads, or settings of inner programs by path. @default none */
  readonly variables?: Variables
}

/**
 * All that can be tuned without being told what else there is: instructions, demonstrations, adapter, reasoning and temperature,
 * and the size of the embedded model where no model is given; or part by part; or exactly these settings, as variables.
 */
export type Tune = 'everything' | TuneOptions | Variables

/** What is tuned, resolved. */
export interface Tuned {
  readonly variables: Variables
  /** The names of those that have more than one value. */
  readonly names: readonly string[]
  readonly parts: { readonly instructions: boolean; readonly demos: boolean }
}

const demosDefault = standardVariablesDefaults.demosMax

const tuneRules = {
  instructions: rule.optional(rule.boolean()),
  demos: rule.optional(rule.any()),
  model: rule.optional(rule.array()),
  adapter: rule.optional(rule.any()),
  reasoning: rule.optional(rule.boolean()),
  temperature: rule.optional(rule.any()),
  variables: rule.optional(rule.object()),
}

/**
 * Variables and parts. The defaults of the variables are what the program has now, where they can be.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; what variables throw.
 */
export function tuned(given: Tune, now: ProgramState, { hasModel }: { readonly hasModel: boolean }): Tuned {
  if (given === 'everything') {
    const model = hasModel || now.settings.model !== undefined ? {} : { model: standardVariablesDefaults.models }
    const all = { instructions: true, demos: true, adapter: true, reasoning: true, temperature: true, ...model }
    return tuned(all, now, { hasModel })
  }
  if (typeof given !== 'object' || given === null)
    throw invalidOption('optimize', 'tune', "'everything' or an object", given)
  if (areVariables(given)) return tunedOf(given, { instructions: false, demos: false }, now)
  checkOptions('optimize: tune', given, tuneRules)
  const { instructions = false, demos = false, model, variables = {} } = given
  if (model !== undefined && hasModel) {
    throw invalidOption('optimize', 'tune.model', 'no models to choose among where lm fixes one', model)
  }
  const parts = { instructions, demos: demos !== false }
  return tunedOf({ ...standard(given, now), ...variables }, parts, now)
}

/** A space needs a variable: where no setting is tuned it is one of a single value, the present one. */
function tunedOf(variables: Variables, parts: Tuned['parts'], now: ProgramState): Tuned {
  const names = Object.keys(variables)
  if (names.length > 0) return { variables, names, parts }
  const reasoning = now.settings.reasoning ?? settingsDefaults.reasoning
  return { variables: { reasoning: choice([reasoning]) }, names, parts }
}

function areVariables(given: TuneOptions | Variables): given is Variables {
  const values: unknown[] = Object.values(given)
  return values.length > 0 && values.every((one) => typeof one === 'object' && one !== null && 'type' in one)
}

function standard(
  { demos = false, model, adapter = false, reasoning = false, temperature = false }: TuneOptions,
  now: ProgramState,
): Variables {
  const made: { [name: string]: Variables[string] } = {}
  const { settings } = now
  if (model !== undefined)
    made.model = choice(model, { help: 'which model answers', ...startAt(model, settings, 'model') })
  if (adapter !== false) {
    const names = adapter === true ? standardVariablesDefaults.adapters : adapter
    made.adapter = choice(names, {
      help: 'how the prompt is written and the answer read',
      ...startAt(names, settings, 'adapter'),
    })
  }
  if (reasoning) {
    const values = standardVariablesDefaults.reasoning
    made.reasoning = choice(values, {
      help: 'whether the model writes its reasoning first',
      ...startAt(values, settings, 'reasoning'),
    })
  }
  if (temperature !== false) {
    const max = temperature === true ? standardVariablesDefaults.temperatureMax : temperature
    const start = Math.min(max, Number(settings.temperature ?? settingsDefaults.temperature))
    made.temperature = float({ min: 0, max, default: start, help: 'sampling temperature' })
  }
  if (demos !== false) {
    const max = demos === true ? demosDefault : demos
    made.demos = int({
      min: 0,
      max,
      default: Math.min(max, Number(settings.demos ?? max)),
      help: 'how many demonstrations are shown',
    })
  }
  return made
}

/** The present value as the default, where it is among the choices. */
function startAt<T extends string>(values: readonly T[], settings: Config, name: string): { readonly default?: T } {
  const now = values.find((value) => value === settings[name])
  return now === undefined ? {} : { default: now }
}

/**
 * The program as it is given: its own settings, and all demonstrations it has.
 *
 * Ensures: what `definition` would fill in by defaults is filled in, but nothing that the program says itself is changed.
 */
export function givenState(defaults: ProgramState, now: ProgramState): ProgramState {
  const { demos: _, ...settings } = defaults.settings
  const longest = mostDemosShown(now.predictors)
  const shown =
    defaults.settings.demos === undefined ? {} : { demos: Math.max(Number(defaults.settings.demos), longest) }
  return { settings: { ...settings, ...shown, ...now.settings }, predictors: now.predictors }
}
