/**
 * Variables of lists as scalars, and back. A subset becomes a bool for each item, `tools[search]`; a permutation an int for each
 * item but the first, `order[rerank]`: its place among the items before it. Both ways are exact and one to one, so that a
 * sampler that knows scalars alone searches lists too.
 */

import { invalidVariable } from '../errors.ts'
import type { AnyConfig, AnyVariables, Config, Variables } from './config.ts'
import type { Scalar, Value } from './description.ts'
import type { ListVariable, PermutationVariable, SubsetVariable } from './list-variable.ts'
import { isList } from './value.ts'
import { bool, int, type Variable } from './variable.ts'

/** A subset's bools, of which between `min` and `max` may be true. */
export interface SizeBound {
  readonly variable: string
  readonly names: readonly string[]
  readonly min: number
  readonly max: number
}

/** Whether the subset, where it is active, has an allowed size. */
export function fitsSize({ names, min, max }: SizeBound, config: Config): boolean {
  if (config[names[0] as string] === undefined) return true
  const size = names.filter((name) => config[name] === true).length
  return size >= min && size <= max
}

/** How the variables of a space look as scalars. */
export interface ScalarForm {
  readonly variables: Variables
  /** Scalars whose names are hard to read, in words. */
  readonly labels: ReadonlyMap<string, string>
  /** Of the subsets that may not have every size. */
  readonly sizes: readonly SizeBound[]
  /** Names of the scalars that a variable consists of. */
  scalarsOf(name: string): readonly string[]
  /** Requires: an active list has a value for each of its scalars. Ensures: in the order of the variables. */
  fromScalar(config: Config): AnyConfig
  /** Requires: lists as their variables store them. */
  toScalar(config: AnyConfig): Config
}

/** Throws: `ml/invalid-variable` when a scalar would have the name of a variable. */
export function scalarForm(variables: AnyVariables): ScalarForm {
  const scalars = new Map<string, readonly string[]>()
  const flat: { [name: string]: Variable } = {}
  const sizes: SizeBound[] = []
  const labels = new Map<string, string>()
  for (const [name, variable] of Object.entries(variables)) {
    const parts = isList(variable) ? listScalars(name, variable) : { [name]: variable }
    scalars.set(name, Object.keys(parts))
    for (const [part, one] of Object.entries(parts)) {
      const isTaken = Object.hasOwn(flat, part) || (part !== name && Object.hasOwn(variables, part))
      if (isTaken) throw invalidVariable(`space: ${name}`, 'items that give no other variable its name', part)
      flat[part] = one
    }
    if (variable.type === 'permutation')
      for (const item of variable.items) labels.set(partName(name, item), `place of ${item} in ${name}`)
    const size = sizeBound(name, variable as ListVariable, Object.keys(parts))
    if (size) sizes.push(size)
  }
  const scalarsOf = (name: string) => scalars.get(name) ?? []
  const hasLists = Object.values(variables).some(isList)
  return {
    variables: flat,
    labels,
    sizes,
    scalarsOf,
    fromScalar: (config) => (hasLists ? raised(variables, scalars, config) : config),
    toScalar: (config) => (hasLists ? lowered(variables, scalars, config) : (config as Config)),
  }
}

function sizeBound(variable: string, { type, ...rest }: ListVariable, names: readonly string[]): SizeBound | undefined {
  if (type !== 'subset') return undefined
  const { minSize, maxSize } = rest as SubsetVariable
  if (minSize === 0 && maxSize === names.length) return undefined
  return { variable, names, min: minSize, max: maxSize }
}

function partName(name: string, item: Scalar): string {
  return `${name}[${item}]`
}

function listScalars(name: string, variable: ListVariable): { [part: string]: Variable } {
  const when = variable.when ? { when: variable.when } : {}
  const part = (item: Scalar) => partName(name, item)
  if (variable.type === 'subset') {
    const chosen = new Set(variable.default)
    return Object.fromEntries(variable.items.map((item) => [part(item), bool({ default: chosen.has(item), ...when })]))
  }
  const places = placesOf(variable, variable.default)
  return Object.fromEntries(
    variable.items
      .slice(1)
      .map((item, i) => [part(item), int({ min: 0, max: i + 1, default: places[i] as number, ...when })]),
  )
}

function raised(variables: AnyVariables, scalars: ReadonlyMap<string, readonly string[]>, config: Config): AnyConfig {
  const out: { [name: string]: Value } = {}
  for (const [name, variable] of Object.entries(variables)) {
    const values = (scalars.get(name) as readonly string[]).map((part) => config[part])
    if (values[0] === undefined) continue
    if (!isList(variable)) out[name] = values[0]
    else if (variable.type === 'subset') out[name] = variable.items.filter((_, i) => values[i] === true)
    else out[name] = inPlaces(variable, values as number[])
  }
  return out
}

function lowered(variables: AnyVariables, scalars: ReadonlyMap<string, readonly string[]>, config: AnyConfig): Config {
  const out: { [name: string]: Scalar } = {}
  for (const [name, variable] of Object.entries(variables)) {
    const value = config[name]
    if (value === undefined) continue
    if (!isList(variable)) {
      out[name] = value as Scalar
      continue
    }
    const list = value as readonly Scalar[]
    const parts = scalars.get(name) as readonly string[]
    const values =
      variable.type === 'subset' ? variable.items.map((item) => list.includes(item)) : placesOf(variable, list)
    for (const [i, part] of parts.entries()) out[part] = values[i] as Scalar
  }
  return out
}

/** Puts each item but the first into the list of those before it. */
function inPlaces({ items }: PermutationVariable, places: readonly number[]): Scalar[] {
  const list = items.slice(0, 1)
  for (const [i, place] of places.entries()) list.splice(place, 0, items[i + 1] as Scalar)
  return list
}

/** Takes the items out again, the last first. */
function placesOf({ items }: PermutationVariable, order: readonly Scalar[]): number[] {
  const list = [...order]
  const places: number[] = []
  for (let i = items.length - 1; i > 0; i--) {
    const place = list.indexOf(items[i] as Scalar)
    list.splice(place, 1)
    places[i - 1] = place
  }
  return places
}
