/** Spaces as plain data and back: what a journal header and an artefact hold. */

import { show } from '@mabeam/foundation'
import { unreadable } from '../errors.ts'
import { type Space, space } from './space.ts'
import { bool, choice, float, int, type RangeOptions, type Scalar, type Variable } from './variable.ts'

/**
 * The space of `Space.toJSON()`, without its constraints: they are code, and only their names were kept.
 *
 * Throws: `ml/unreadable` for data of another form or version; `ml/invalid-variable` for a variable that can't be.
 * @example spaceFromJSON(JSON.parse(JSON.stringify(tuning)))
 */
export function spaceFromJSON(json: unknown): Space {
  const data = asRecord('space', json)
  if (data.version !== 1) throw unreadable('space', 'version 1', data.version)
  const variables = Object.entries(asRecord('space: variables', data.variables))
  return space(Object.fromEntries(variables.map(([name, one]) => [name, variableFromJSON(name, one)])))
}

function variableFromJSON(name: string, json: unknown): Variable {
  const { type, ...options } = asRecord(`variable ${name}`, json)
  if (type === 'float') return float(options as unknown as RangeOptions)
  if (type === 'int') return int(options as unknown as RangeOptions)
  if (type === 'bool') return bool(options)
  if (type !== 'choice') throw unreadable(`variable ${name}`, 'a type of float, int, bool or choice', type)
  const { values, ...rest } = options
  return choice(values as readonly Scalar[], rest)
}

function asRecord(what: string, json: unknown): { readonly [key: string]: unknown } {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as { [key: string]: unknown }
  throw unreadable(what, 'an object', show(json))
}
