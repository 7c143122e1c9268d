/**
 * Configurations of an earlier space in a changed one: what still fits is kept, what doesn't is moved or left out, and all of
 * it is reported, so that a warm start survives changed choices and ranges and nobody mistakes it for the same.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import type { AnyConfig, AnyVariables, ConfigOf, Variables } from './config.ts'
import type { Value } from './description.ts'
import { dimensionsOf } from './dimension.ts'
import { type ListVariable, storedList } from './list-variable.ts'
import { checkSpace } from './space-check.ts'
import type { Space } from './space-interface.ts'
import { isList, storedValue } from './value.ts'
import type { AnyVariable } from './variable.ts'

/** One difference between an old configuration and what it became. */
export type CarryChange =
  /** The space has no such variable, or its parents have other values: the value was dropped. */
  | {
      readonly type: 'dropped'
      readonly variable: string
      readonly from: Value
      readonly reason: 'unknown' | 'inactive'
    }
  /** The old configuration had no value: it got the default. */
  | { readonly type: 'added'; readonly variable: string; readonly to: Value }
  /** The value is none any more: it became the nearest, or the default where values have no order. */
  | { readonly type: 'moved'; readonly variable: string; readonly from: Value; readonly to: Value }
  /** A constraint refuses what came of it. */
  | { readonly type: 'refused'; readonly constraint: string }

/** What became of one configuration. */
export interface Carried<C = AnyConfig> {
  /** Valid in the new space; undefined when a constraint refuses it. */
  readonly config: C | undefined
  /** Nothing was moved or refused: what was measured of the old one is as good as measured of this, at the defaults of what was added. */
  readonly exact: boolean
  readonly changes: readonly CarryChange[]
}

export interface CarryOptions {
  /** New names by old ones. @default {} */
  readonly renamed?: { readonly [old: string]: string }
}

/** The most configurations carried over at once. */
const carriedMax = 100_000

/**
 * The configurations in `space`, one for each, in their order.
 *
 * Throws: `ml/unusable-numbers` for more than 100,000; `foundation/invalid-option` for what is no space, list or configuration.
 * @example openStudy({ …, enqueue: carryOver(space, old).flatMap(({ config }) => config ?? []) })
 */
export function carryOver<V extends AnyVariables = Variables>(
  space: Space<V>,
  configs: readonly AnyConfig[],
  options: CarryOptions = {},
): Carried<ConfigOf<V>>[] {
  checkSpace('carryOver', space)
  checkOptions('carryOver', { configs }, { configs: rule.array() })
  checkOptions('carryOver', options, { renamed: rule.optional(rule.record()) })
  if (configs.length > carriedMax)
    throw unusableNumbers('carryOver', `at most ${carriedMax} configurations`, configs.length)
  const wrong = configs.findIndex((config: unknown) => typeof config !== 'object' || !config || Array.isArray(config))
  if (wrong >= 0) throw invalidOption('carryOver', `configs[${wrong}]`, 'a configuration', configs[wrong])
  return configs.map((config) => carried(space, named(config, options.renamed ?? {})))
}

function named(config: AnyConfig, renamed: { readonly [old: string]: string }): AnyConfig {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      Object.hasOwn(renamed, name) ? (renamed[name] as string) : name,
      value,
    ]),
  )
}

function carried<V extends AnyVariables>(space: Space<V>, old: AnyConfig): Carried<ConfigOf<V>> {
  const kept: { [name: string]: Value } = {}
  const moved: CarryChange[] = []
  for (const [name, variable] of Object.entries(space.variables)) {
    const from = old[name]
    if (from === undefined) continue
    const to = storedValue(variable, from) ?? nearestValue(name, variable, from)
    kept[name] = to
    if (JSON.stringify(to) !== JSON.stringify(storedValue(variable, from)))
      moved.push({ type: 'moved', variable: name, from, to })
  }
  const full = filledIn(space, kept)
  const active = new Set(Object.keys(full))
  const dropped = Object.entries(old).flatMap(([variable, from]): CarryChange[] => {
    if (!Object.hasOwn(space.variables, variable)) return [{ type: 'dropped', variable, from, reason: 'unknown' }]
    return active.has(variable) ? [] : [{ type: 'dropped', variable, from, reason: 'inactive' }]
  })
  const added = Object.entries(full).flatMap(([variable, to]): CarryChange[] =>
    old[variable] === undefined ? [{ type: 'added', variable, to }] : [],
  )
  const stillMoved = moved.filter((one) => one.type === 'moved' && active.has(one.variable))
  const changes = [...dropped, ...stillMoved, ...added]
  const config = full as unknown as ConfigOf<V>
  if (space.satisfies(config)) return { config, exact: stillMoved.length === 0, changes }
  const broken = space.constraints.filter((one) => !one.test(config))
  const refused = broken.map(({ name }): CarryChange => ({ type: 'refused', constraint: name }))
  return { config: undefined, exact: false, changes: [...changes, ...refused] }
}

/** As `complete`, without asking the constraints. */
function filledIn<V extends AnyVariables>(space: Space<V>, kept: AnyConfig): AnyConfig {
  const { variables } = space
  let config: AnyConfig = kept
  for (;;) {
    const active = space.activeIn(config as unknown as ConfigOf<V>)
    const next = Object.fromEntries(
      active.map((name) => [name, config[name] ?? kept[name] ?? ((variables[name] as AnyVariable).default as Value)]),
    )
    if (Object.keys(next).length === Object.keys(config).length && active.every((name) => config[name] !== undefined))
      return next
    config = next
  }
}

function nearestValue(name: string, variable: AnyVariable, from: Value): Value {
  if (isList(variable)) return nearestList(variable, from)
  const isRange = variable.type === 'float' || variable.type === 'int'
  if (!isRange || typeof from !== 'number' || !Number.isFinite(from)) return variable.default
  const clamped = Math.min(variable.max, Math.max(variable.min, from))
  const [dimension] = dimensionsOf({
    [name]: { ...variable, when: undefined } as unknown as AnyVariable & typeof variable,
  })
  return dimension ? dimension.nearest(dimension.coordinate(clamped)) : variable.default
}

/** What is left of the list, and for a permutation the new items behind it. */
function nearestList(variable: ListVariable, from: Value): Value {
  if (!Array.isArray(from)) return variable.default
  const left = variable.items.filter((one) => from.includes(one))
  left.sort((a, b) => from.indexOf(a) - from.indexOf(b))
  const list =
    variable.type === 'permutation' ? [...left, ...variable.items.filter((one) => !from.includes(one))] : left
  return storedList(variable, list) ?? variable.default
}
