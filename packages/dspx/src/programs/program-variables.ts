/**
 * The variables every program can be tuned over, and what their values mean. A reserved name always has the same
 * meaning; any other variable is the program's own and is handed to its `run`.
 */

import { checkOptions, definedOptions, nearest, rule, show } from '@mabeam/foundation'
import { type Config, choice, float, int, type Variable, type Variables } from '@mabeam/ml'
import type { Adapter } from '../adapters/adapter.ts'
import { invalidProgram, invalidState } from './errors.ts'

/** What the reserved settings of a program say, read from its state. */
export interface StandardSettings {
  /** Id of the model that answers. */
  readonly model: string
  /** Name of the adapter. */
  readonly adapter: string
  /** `steps` puts a `reasoning` output before the others. */
  readonly reasoning: 'none' | 'steps'
  readonly temperature: number
  /** How many of the demonstrations are shown, from the first on; all when absent. */
  readonly demos?: number
}

/** What {@link standardVariables} is made of. */
export interface StandardVariablesOptions {
  /** Ids of models; the first is the default. @default ['local/small', 'local/nano', 'local/base'] */
  readonly models?: readonly string[]
  /** @default ['chat', 'json'] */
  readonly adapters?: readonly string[]
  /** @default ['none', 'steps'] */
  readonly reasoning?: readonly ('none' | 'steps')[]
  /** @default 1 */
  readonly temperatureMax?: number
  /** @default 16 */
  readonly demosMax?: number
}

/** Defaults of {@link StandardVariablesOptions}. */
export const standardVariablesDefaults = {
  models: ['local/small', 'local/nano', 'local/base'],
  adapters: ['chat', 'json'],
  reasoning: ['none', 'steps'],
  temperatureMax: 1,
  demosMax: 16,
} as const satisfies Required<StandardVariablesOptions>

/** The reserved settings where neither a variable nor the program's own `settings` say otherwise. */
export const settingsDefaults: StandardSettings = {
  model: 'local/small',
  adapter: 'chat',
  reasoning: 'none',
  temperature: 0,
}

/** The names whose meaning is fixed. */
export const reservedNames = ['model', 'adapter', 'reasoning', 'temperature', 'demos'] as const

/**
 * The five reserved variables. By default: the first model, chat, no reasoning, temperature 0, all demonstrations.
 *
 * @example Object.keys(standardVariables()) // => ['model', 'adapter', 'reasoning', 'temperature', 'demos']
 */
export function standardVariables(options: StandardVariablesOptions = {}) {
  const texts = { ...rule.array(), expected: 'an array of names, at least one', test: areTexts }
  checkOptions('standardVariables', options, {
    models: rule.optional(texts),
    adapters: rule.optional(texts),
    reasoning: rule.optional(texts),
    temperatureMax: rule.optional(rule.number(0, 2)),
    demosMax: rule.optional(rule.int(0)),
  })
  const { models, adapters, reasoning, temperatureMax, demosMax } = {
    ...standardVariablesDefaults,
    ...definedOptions(options),
  }
  return {
    model: choice(models, { help: 'which model answers' }),
    adapter: choice(adapters, { help: 'how the prompt is written and the answer read' }),
    reasoning: choice(reasoning, { help: 'whether the model writes its reasoning first' }),
    temperature: float({ min: 0, max: temperatureMax, default: 0, help: 'sampling temperature' }),
    demos: int({ min: 0, max: demosMax, default: demosMax, help: 'how many demonstrations are shown' }),
  } satisfies Variables
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '')
}

/**
 * Throws `dspx/invalid-program` for a reserved variable of the wrong kind, for a name that looks like a misspelt
 * reserved one, and for an own variable that nobody would read. `own` are those that are read; undefined stands for all.
 */
export function checkVariables(
  program: string,
  variables: Variables,
  given: { readonly adapters: { readonly [name: string]: Adapter }; readonly own: readonly string[] | undefined },
): void {
  const adapters = Object.keys(given.adapters)
  for (const [name, variable] of Object.entries(variables)) {
    const key = `variables.${name}`
    const expected = expectedVariable(name, adapters)
    if (expected) {
      if (!allows(name, variable, adapters)) throw invalidProgram(program, key, expected, show(variable))
      continue
    }
    if (given.own?.includes(name)) continue
    const near = nearest(name, reservedNames)
    if (near) throw invalidProgram(program, key, `"${near}", or a name less like it`, name)
    if (given.own !== undefined) {
      const read = [...new Set([...reservedNames, ...given.own])].join(', ')
      throw invalidProgram(program, key, `one of ${read}, since no run reads another`, name)
    }
  }
}

/**
 * The reserved settings of a state. Throws: `dspx/invalid-state` naming the setting.
 *
 * @example readSettings('triage', { model: 'local/base' }, { chat: chatAdapter }).adapter // => 'chat'
 */
export function readSettings(
  program: string,
  settings: Config,
  adapters: { readonly [name: string]: unknown },
): StandardSettings {
  const { model, adapter, reasoning, temperature, demos }: Config = { ...settingsDefaults, ...definedOptions(settings) }
  const refuse = (key: string, expected: string, got: unknown) =>
    invalidState(program, `settings.${key}`, expected, got)
  if (typeof model !== 'string') throw refuse('model', 'the id of a model', model)
  if (typeof adapter !== 'string' || !Object.hasOwn(adapters, adapter)) {
    throw refuse('adapter', `one of ${Object.keys(adapters).join(', ')}`, adapter)
  }
  if (reasoning !== 'none' && reasoning !== 'steps') throw refuse('reasoning', 'one of none, steps', reasoning)
  if (typeof temperature !== 'number' || !(temperature >= 0)) throw refuse('temperature', 'a number >= 0', temperature)
  if (demos === undefined) return { model, adapter, reasoning, temperature }
  if (!Number.isSafeInteger(demos) || (demos as number) < 0) throw refuse('demos', 'an integer >= 0', demos)
  return { model, adapter, reasoning, temperature, demos: demos as number }
}

/** Throws `dspx/invalid-state` for a reserved setting without a meaning. Which adapters there are is known when one is asked for. */
export function checkSettings(program: string, settings: Config): void {
  const { adapter, ...others } = settings
  if (adapter !== undefined && typeof adapter !== 'string') {
    throw invalidState(program, 'settings.adapter', 'the name of an adapter', adapter)
  }
  readSettings(program, others, { [settingsDefaults.adapter]: undefined })
}

function expectedVariable(name: string, adapters: readonly string[]): string | undefined {
  switch (name) {
    case 'model':
      return 'a choice of model ids'
    case 'adapter':
      return `a choice among ${adapters.join(', ')}`
    case 'reasoning':
      return 'a choice among none, steps'
    case 'temperature':
      return 'a float or int from 0 on'
    case 'demos':
      return 'an int from 0 on'
    default:
      return undefined
  }
}

function allows(name: string, variable: Variable, adapters: readonly string[]): boolean {
  const among = (known?: readonly string[]) =>
    variable.type === 'choice' &&
    variable.values.every((value) => typeof value === 'string' && value !== '' && (known?.includes(value) ?? true))
  if (name === 'model') return among()
  if (name === 'adapter') return among(adapters)
  if (name === 'reasoning') return among(['none', 'steps'])
  if (name === 'demos') return variable.type === 'int' && variable.min >= 0
  return (variable.type === 'float' || variable.type === 'int') && variable.min >= 0
}
