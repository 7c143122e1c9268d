/** What every kind of variable can say about itself besides its values: words, weights, hints and when it is active. */

import { type OptionRule, rule } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'

/** What one variable can be set to, as samplers see it. */
export type Scalar = number | boolean | string

/** What one variable can be set to: a scalar, or a list of them. */
export type Value = Scalar | readonly Scalar[]

/** When a variable is active: every parent named is active and has one of its values. @example { kind: ['tree', 'forest'] } */
export interface When {
  readonly [parent: string]: readonly Scalar[]
}

/** What is known of a variable besides its values. */
export interface Described<T extends Value = Value> {
  /** The unit of the values, for people. */
  readonly unit?: string
  /** One sentence for people. */
  readonly help?: string
  /** From 0 to 1: how much of what a configuration costs this variable is expected to decide. */
  readonly costWeight?: number
  /** From 0 to 1: how much of how well a configuration does this variable is expected to decide. */
  readonly performanceWeight?: number
  /** Values worth trying early, the most promising first; see `hintedConfigs`. */
  readonly hints?: readonly T[]
  /** Absent from configurations in which this does not hold. Parents are choices, bools or ints. */
  readonly when?: When
}

/** The options of every kind of variable. */
export interface DescribedOptions<T extends Value, W extends When | undefined> {
  /** The unit of the values, for people. @default none */
  readonly unit?: string
  /** One sentence for people. @default none */
  readonly help?: string
  /** From 0 to 1: how much of what a configuration costs this is expected to decide; orders hints. @default none */
  readonly costWeight?: number
  /** From 0 to 1: how much of how well a configuration does this is expected to decide; orders hints. @default none */
  readonly performanceWeight?: number
  /** Values worth trying early, the most promising first, at most 100. @default none */
  readonly hints?: readonly T[]
  /** The variable is part of a configuration only where each parent has one of these values. @default always */
  readonly when?: W
}

/** A variable of which the type says whether it has a condition. */
export type Gated<V, W extends When | undefined> = [W] extends [When] ? V & { readonly when: W } : V

/** The most hints a variable may have. */
const hintsMax = 100

const anyValue = rule.optional(rule.any())

/** Rules that let the keys of every variable through; what is wrong with their values is said by `described`. */
export const descriptionRules: { readonly [key: string]: OptionRule } = {
  unit: rule.optional(rule.string()),
  help: rule.optional(rule.string()),
  costWeight: rule.optional(rule.number(0, 1)),
  performanceWeight: rule.optional(rule.number(0, 1)),
  hints: anyValue,
  when: anyValue,
  default: anyValue,
}

/**
 * The description as it is kept; `stored` gives the form in which a value is kept, or undefined for what the variable can't be.
 *
 * Throws: `ml/invalid-variable` naming the option.
 */
export function described<T extends Value>(
  owner: string,
  options: DescribedOptions<T, When | undefined>,
  stored: (value: unknown) => T | undefined,
): Described<T> {
  const { unit, help, costWeight, performanceWeight, hints, when } = options
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(help === undefined ? {} : { help }),
    ...(costWeight === undefined ? {} : { costWeight }),
    ...(performanceWeight === undefined ? {} : { performanceWeight }),
    ...(hints === undefined ? {} : { hints: checkedHints(owner, hints, stored) }),
    ...(when === undefined ? {} : { when: checkedWhen(owner, when) }),
  }
}

const impliedDefault = Symbol('implied default')

/** The finished variable, which remembers outside its JSON form whether anyone gave its default. */
export function finishedVariable<T extends object>(variable: T, given: unknown): Readonly<T> {
  if (given === undefined) Object.defineProperty(variable, impliedDefault, { value: true })
  return Object.freeze(variable)
}

/** Whether nobody gave the variable's default. */
export function hasImpliedDefault(variable: object): boolean {
  return impliedDefault in variable
}

/** A copy with other values for some keys; what stands outside its JSON form is kept. */
export function changedVariable<T extends object>(variable: T, changes: { readonly [key: string]: unknown }): T {
  const descriptors: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(variable)
  for (const [key, value] of Object.entries(changes)) descriptors[key] = { value, enumerable: true }
  return Object.freeze(Object.defineProperties({}, descriptors)) as T
}

/** True for a finite number, a boolean or a string. */
export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/** Values in one short line, for messages: `"a", "b" (20 in all)`. */
export function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, 12).map((v) => JSON.stringify(v))
  return shown.join(', ') + (values.length > shown.length ? ` (${values.length} in all)` : '')
}

function checkedHints<T extends Value>(
  owner: string,
  hints: readonly T[],
  stored: (value: unknown) => T | undefined,
): readonly T[] {
  if (!Array.isArray(hints) || hints.length > hintsMax) {
    throw invalidVariable(`${owner}: hints`, `a list of at most ${hintsMax} values`, hints)
  }
  return Object.freeze(
    hints.map((hint, i) => {
      const one = stored(hint)
      if (one === undefined) throw invalidVariable(`${owner}: hints[${i}]`, 'a value that the variable can have', hint)
      return one
    }),
  )
}

/** Whether the parents exist and can take the values is seen by the space. */
function checkedWhen(owner: string, when: When): When {
  const isRecord = typeof when === 'object' && when !== null && !Array.isArray(when)
  if (!isRecord || Object.keys(when).length === 0) {
    throw invalidVariable(`${owner}: when`, 'an object with a list of values for each parent', when)
  }
  for (const [parent, values] of Object.entries(when)) {
    const fits = Array.isArray(values) && values.length > 0 && values.every(isScalar)
    if (!fits) throw invalidVariable(`${owner}: when.${parent}`, 'a list of at least one value', values)
    if (new Set(values).size !== values.length) {
      throw invalidVariable(`${owner}: when.${parent}`, 'values that differ', values)
    }
  }
  return Object.freeze(
    Object.fromEntries(Object.entries(when).map(([parent, values]) => [parent, Object.freeze([...values])])),
  )
}
