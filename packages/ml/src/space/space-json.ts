/** Spaces as plain data and back: what a journal header and an artefact hold. */

import { checkOptions, rule, show } from '@mabeam/foundation'
import { unreadable } from '../errors.ts'
import type { AnyVariables } from './config.ts'
import { permutation, subset } from './list-variable.ts'
import { type Modules, text, withModules } from './named-choice.ts'
import { type Space, space } from './space.ts'
import { type AnyVariable, bool, choice, float, int, type RangeOptions, type Scalar } from './variable.ts'

export interface SpaceFromJsonOptions {
  /** What the names of module choices stand for, by variable; JSON holds the names alone. @default {} */
  readonly modules?: { readonly [variable: string]: Modules }
}

/**
 * The space of `Space.toJSON()`, without its constraints: they are code, and only their names were kept. Data of version 1
 * is upgraded.
 *
 * Throws: `ml/unreadable` for data of another form or version, or modules that the data doesn't name; `ml/invalid-variable`
 * and `foundation/unknown-name` for a variable that can't be.
 * @example spaceFromJSON(JSON.parse(JSON.stringify(tuning)))
 */
export function spaceFromJSON(json: unknown, options: SpaceFromJsonOptions = {}): Space {
  checkOptions('spaceFromJSON', options, { modules: rule.optional(rule.object()) })
  const { modules = {} } = options
  const { variables } = upgraded(asRecord('space', json))
  const made = Object.entries(asRecord('space: variables', variables)).map(
    ([name, one]) => [name, variableFromJSON(name, one, modules[name])] as const,
  )
  return space(Object.fromEntries(made) as AnyVariables) as unknown as Space
}

/** One step for each version: what it takes to be of the next. */
const upgrades: { readonly [version: number]: (data: Data) => Data } = {
  // Version 2 only added keys and types that version 1 did not have.
  1: (data) => ({ ...data, version: 2 }),
}

interface Data {
  readonly [key: string]: unknown
}

function upgraded(data: Data): Data {
  let now = data
  while (now.version !== 2) {
    const step = typeof now.version === 'number' ? upgrades[now.version] : undefined
    if (!step) throw unreadable('space', 'version 1 or 2', now.version)
    now = step(now)
  }
  return now
}

/** The variable of its JSON form. */
export function variableFromJSON(name: string, json: unknown, modules?: Modules): AnyVariable {
  const { type, role, values, items, ...options } = asRecord(`variable ${name}`, json)
  const list = (values ?? items) as readonly Scalar[]
  if (type === 'float') return float(options as unknown as RangeOptions)
  if (type === 'int') return int(options as unknown as RangeOptions)
  if (type === 'bool') return bool(options)
  if (type === 'subset') return subset(list, options)
  if (type === 'permutation') return permutation(list, options)
  if (type !== 'choice') {
    throw unreadable(`variable ${name}`, 'a type of float, int, bool, choice, subset or permutation', type)
  }
  if (role === undefined) return choice(list, options)
  if (role === 'text') return text(list as readonly string[], options)
  if (role !== 'module') throw unreadable(`variable ${name}`, 'a role of text or module', role)
  const known = modules ?? Object.fromEntries(list.map((one) => [String(one), undefined]))
  const missing = list.find((one) => !Object.hasOwn(known, String(one)))
  if (missing !== undefined) throw unreadable(`variable ${name}`, `a module named ${show(missing)}`, Object.keys(known))
  return withModules(choice(list, options), known, options.default)
}

function asRecord(what: string, json: unknown): Data {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Data
  throw unreadable(what, 'an object', show(json))
}
