/**
 * Variables: the dimensions of a search space. Each is a plain frozen value that is also its JSON form. A float or
 * an int has a range (linear, logarithmic or in steps), a bool has two values, a choice has a list of scalars.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import {
  type Described,
  type DescribedOptions,
  described,
  descriptionRules,
  finishedVariable,
  type Gated,
  isScalar,
  listed,
  type Scalar,
  type When,
} from './description.ts'
import type { ListVariable } from './list-variable.ts'
import { checkRange, onRange, rangeDefault } from './range.ts'

export type { Gated, Scalar, Value, When } from './description.ts'

/** A real number in [min, max]. */
export interface FloatVariable extends Described<number> {
  readonly type: 'float'
  readonly min: number
  readonly max: number
  readonly log: boolean
  /** Only `min`, `min + step`, … are allowed when set. */
  readonly step?: number
  readonly default: number
}

/** A whole number in [min, max]. */
export interface IntVariable extends Described<number> {
  readonly type: 'int'
  readonly min: number
  readonly max: number
  readonly log: boolean
  readonly step: number
  readonly default: number
}

export interface BoolVariable extends Described<boolean> {
  readonly type: 'bool'
  readonly default: boolean
}

/** One of a list; the list has no order as far as samplers know. */
export interface ChoiceVariable<T extends Scalar = Scalar> extends Described<T> {
  readonly type: 'choice'
  /** What the values stand for: candidate texts, or names of modules. */
  readonly role?: 'text' | 'module'
  readonly values: readonly T[]
  readonly default: T
}

/** A variable of which each value is a scalar; what samplers see. */
export type Variable = FloatVariable | IntVariable | BoolVariable | ChoiceVariable

/** Any variable: of scalars or of lists. */
export type AnyVariable = Variable | ListVariable

/** The values that a variable can take, as a type. */
export type ValueOf<V extends AnyVariable> = V extends { readonly type: 'float' | 'int' }
  ? number
  : V extends { readonly type: 'bool' }
    ? boolean
    : V extends ChoiceVariable<infer T>
      ? T
      : V extends ListVariable<infer T>
        ? readonly T[]
        : never

/** A range that is given by its ends. */
export interface RangeOptions<W extends When | undefined = When | undefined> extends RangeDetails<W> {
  readonly min: number
  readonly max: number
}

/** What else there is to say about a range. */
export interface RangeDetails<W extends When | undefined = When | undefined> extends DescribedOptions<number, W> {
  /** Samplers see the logarithm: 0.001 to 0.01 is as wide as 0.1 to 1. Requires `min > 0`, excludes `step`. @default false */
  readonly log?: boolean
  /** @default every value (float), 1 (int) */
  readonly step?: number
  /** @default the middle of the range (of the logarithms with `log`), on a step */
  readonly default?: number
}

export interface BoolOptions<W extends When | undefined = When | undefined> extends DescribedOptions<boolean, W> {
  /** @default false */
  readonly default?: boolean
}

export interface ChoiceOptions<T extends Scalar, W extends When | undefined = When | undefined>
  extends DescribedOptions<T, W> {
  /** @default the first value */
  readonly default?: T
}

/** The most values a choice may have. */
export const choiceValuesMax = 10_000

/**
 * A real number in [min, max].
 *
 * Throws: `ml/invalid-variable` naming the option; `foundation/unknown-name`.
 * @example float({ min: 0, max: 1.5, default: 0.2, help: 'sampling temperature' })
 * @example float(1e-4, 1, { log: true })
 */
export function float<const W extends When | undefined = undefined>(
  options: RangeOptions<W>,
): Gated<FloatVariable, NoInfer<W>>
export function float<const W extends When | undefined = undefined>(
  min: number,
  max: number,
  details?: RangeDetails<W>,
): Gated<FloatVariable, NoInfer<W>>
export function float(first: RangeOptions | number, max?: number, details: RangeDetails = {}): FloatVariable {
  const options = rangeOptions('float', typeof first === 'object' ? first : fromEnds('float', [first, max], details))
  const { min, max: top, log = false, step } = options
  const shape = { type: 'float', min, max: top, log, ...(step === undefined ? {} : { step }) } as const
  const chosen = rangeDefault('float', shape, options.default)
  const description = described('float', options, (value) => stored(shape, value))
  return finishedVariable({ ...shape, default: chosen, ...description }, options.default)
}

/**
 * A whole number in [min, max].
 *
 * Throws: `ml/invalid-variable` naming the option; `foundation/unknown-name`.
 * @example int({ min: 1, max: 64, log: true })
 * @example int(0, 8, { when: { reasoning: ['predict', 'chainOfThought'] } })
 */
export function int<const W extends When | undefined = undefined>(
  options: RangeOptions<W>,
): Gated<IntVariable, NoInfer<W>>
export function int<const W extends When | undefined = undefined>(
  min: number,
  max: number,
  details?: RangeDetails<W>,
): Gated<IntVariable, NoInfer<W>>
export function int(first: RangeOptions | number, max?: number, details: RangeDetails = {}): IntVariable {
  const options = rangeOptions('int', typeof first === 'object' ? first : fromEnds('int', [first, max], details))
  const { min, max: top, log = false, step = 1 } = options
  for (const [key, value] of Object.entries({ min, max: top, step })) {
    if (!Number.isSafeInteger(value)) throw invalidVariable(`int: ${key}`, 'an integer', value)
  }
  const shape = { type: 'int', min, max: top, log, step } as const
  const chosen = rangeDefault('int', shape, options.default)
  const description = described('int', options, (value) => stored(shape, value))
  return finishedVariable({ ...shape, default: chosen, ...description }, options.default)
}

/** True or false. Throws: `ml/invalid-variable`, `foundation/unknown-name`. @example bool({ default: true }) */
export function bool<const W extends When | undefined = undefined>(
  options: BoolOptions<W> = {},
): Gated<BoolVariable, NoInfer<W>> {
  checkOptions('bool', options, descriptionRules)
  const value = options.default ?? false
  if (typeof value !== 'boolean') throw invalidVariable('bool: default', 'true or false', value)
  const description = described('bool', options, (one) => (typeof one === 'boolean' ? one : undefined))
  const made = { type: 'bool', default: value, ...description }
  return finishedVariable(made, options.default) as Gated<BoolVariable, NoInfer<W>>
}

/**
 * One of `values`, which keep their literal types.
 *
 * Throws: `ml/invalid-variable` for an empty list, a value twice, a value that isn't a scalar, or an unknown default;
 * `foundation/unknown-name`.
 * @example choice(['chat', 'json']) // ConfigOf: 'chat' | 'json'
 */
export function choice<const T extends Scalar, const W extends When | undefined = undefined>(
  values: readonly T[],
  options: ChoiceOptions<NoInfer<T>, W> = {},
): Gated<ChoiceVariable<T>, NoInfer<W>> {
  if (!Array.isArray(values) && isScalar(values)) throw invalidVariable('choice', listMeant(values, options), values)
  checkOptions('choice', options, descriptionRules)
  if (!Array.isArray(values) || values.length === 0 || values.length > choiceValuesMax) {
    throw invalidVariable('choice: values', `a list of 1 to ${choiceValuesMax} values`, values)
  }
  for (const [i, value] of values.entries()) {
    if (!isScalar(value)) throw invalidVariable(`choice: values[${i}]`, 'a finite number, a boolean or a string', value)
  }
  if (new Set(values).size !== values.length) throw invalidVariable('choice: values', 'values that differ', values)
  const first = values[0] as T
  const chosen = options.default ?? first
  if (!values.includes(chosen)) throw invalidVariable('choice: default', `one of ${listed(values)}`, chosen)
  const shape = { type: 'choice', values: Object.freeze([...values]), default: chosen } as const
  const description = described('choice', options, (one) => values.find((value) => value === one))
  return finishedVariable({ ...shape, ...description }, options.default) as Gated<ChoiceVariable<T>, NoInfer<W>>
}

/** Values are easily written one behind the other: what they are as a list. */
function listMeant(first: Scalar, second: unknown): string {
  const shown = [first, ...(isScalar(second) ? [second] : [])].map((one) =>
    typeof one === 'string' ? `'${one}'` : one,
  )
  return `a list of values, such as choice([${shown.join(', ')}])`
}

const detailRules = { ...descriptionRules, log: rule.optional(rule.boolean()), step: rule.optional(rule.any()) }
const rangeRules = { ...detailRules, min: rule.optional(rule.any()), max: rule.optional(rule.any()) }

/** What is wrong with the ends is said where all options are looked at. */
function fromEnds(
  owner: 'float' | 'int',
  [min, max]: readonly [min: number, max: number | undefined],
  details: RangeDetails,
): RangeOptions {
  checkOptions(owner, details, detailRules)
  return { ...details, min, max: max as number }
}

function rangeOptions(owner: 'float' | 'int', options: RangeOptions): RangeOptions {
  checkOptions(owner, options, rangeRules)
  checkRange(owner, options)
  return options
}

function stored(range: Parameters<typeof onRange>[0], value: unknown): number | undefined {
  return typeof value === 'number' ? onRange(range, value) : undefined
}
