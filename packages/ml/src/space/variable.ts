/**
 * Variables: the dimensions of a search space. Each is a plain frozen value that is also its JSON form. A float or
 * an int has a range (linear, logarithmic or in steps), a bool has two values, a choice has a list of scalars.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidConfig, invalidVariable } from '../errors.ts'

/** What one variable can be set to. */
export type Scalar = number | boolean | string

/** When a variable is active: every parent named is active and has one of its values. @example { kind: ['tree', 'forest'] } */
export interface When {
  readonly [parent: string]: readonly Scalar[]
}

interface Described {
  /** The unit of the values, for people. */
  readonly unit?: string
  /** One sentence for people. */
  readonly help?: string
  /** Absent from configurations in which this does not hold. Parents are choices, bools or ints. */
  readonly when?: When
}

/** A variable of which the type says whether it has a condition. */
export type Gated<V extends Variable, W extends When | undefined> = [W] extends [When] ? V & { readonly when: W } : V

interface DescribedOptions<W extends When | undefined> {
  /** The unit of the values, for people. @default none */
  readonly unit?: string
  /** One sentence for people. @default none */
  readonly help?: string
  /** The variable is part of a configuration only where each parent has one of these values. @default always */
  readonly when?: W
}

/** A real number in [min, max]. */
export interface FloatVariable extends Described {
  readonly type: 'float'
  readonly min: number
  readonly max: number
  readonly log: boolean
  /** Only `min`, `min + step`, … are allowed when set. */
  readonly step?: number
  readonly default: number
}

/** A whole number in [min, max]. */
export interface IntVariable extends Described {
  readonly type: 'int'
  readonly min: number
  readonly max: number
  readonly log: boolean
  readonly step: number
  readonly default: number
}

export interface BoolVariable extends Described {
  readonly type: 'bool'
  readonly default: boolean
}

/** One of a list; the list has no order as far as samplers know. */
export interface ChoiceVariable<T extends Scalar = Scalar> extends Described {
  readonly type: 'choice'
  readonly values: readonly T[]
  readonly default: T
}

export type Variable = FloatVariable | IntVariable | BoolVariable | ChoiceVariable

/** The values that a variable can take, as a type. */
export type ValueOf<V extends Variable> = V extends { readonly type: 'float' | 'int' }
  ? number
  : V extends { readonly type: 'bool' }
    ? boolean
    : V extends ChoiceVariable<infer T>
      ? T
      : never

/** A range that is given by its ends. */
export interface RangeOptions<W extends When | undefined = When | undefined> extends RangeDetails<W> {
  readonly min: number
  readonly max: number
}

/** What else there is to say about a range. */
export interface RangeDetails<W extends When | undefined = When | undefined> extends DescribedOptions<W> {
  /** Samplers see the logarithm: 0.001 to 0.01 is as wide as 0.1 to 1. Requires `min > 0`, excludes `step`. @default false */
  readonly log?: boolean
  /** @default every value (float), 1 (int) */
  readonly step?: number
  /** @default the middle of the range (of the logarithms with `log`), on a step */
  readonly default?: number
}

export interface BoolOptions<W extends When | undefined = When | undefined> extends DescribedOptions<W> {
  /** @default false */
  readonly default?: boolean
}

export interface ChoiceOptions<T extends Scalar, W extends When | undefined = When | undefined>
  extends DescribedOptions<W> {
  /** @default the first value */
  readonly default?: T
}

/** The most values a choice may have. */
const choiceValuesMax = 10_000

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
  const options = rangeOptions(
    'float',
    typeof first === 'object' ? first : { ...details, min: first, max: max as number },
  )
  const { min, max: top, log = false, step } = options
  const shape = { type: 'float', min, max: top, log, ...(step === undefined ? {} : { step }) } as const
  return Object.freeze({
    ...shape,
    default: rangeDefault('float', shape, options.default),
    ...described('float', options),
  })
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
  const options = rangeOptions(
    'int',
    typeof first === 'object' ? first : { ...details, min: first, max: max as number },
  )
  const { min, max: top, log = false, step = 1 } = options
  for (const [key, value] of Object.entries({ min, max: top, step })) {
    if (!Number.isSafeInteger(value)) throw invalidVariable(`int: ${key}`, 'an integer', value)
  }
  const shape = { type: 'int', min, max: top, log, step } as const
  return Object.freeze({ ...shape, default: rangeDefault('int', shape, options.default), ...described('int', options) })
}

/** True or false. Throws: `ml/invalid-variable`, `foundation/unknown-name`. @example bool({ default: true }) */
export function bool<const W extends When | undefined = undefined>(
  options: BoolOptions<W> = {},
): Gated<BoolVariable, NoInfer<W>> {
  checkOptions('bool', options, detailRules)
  const value = options.default ?? false
  if (typeof value !== 'boolean') throw invalidVariable('bool: default', 'true or false', value)
  return Object.freeze({ type: 'bool', default: value, ...described('bool', options) }) as Gated<
    BoolVariable,
    NoInfer<W>
  >
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
  checkOptions('choice', options, detailRules)
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
  return Object.freeze({ ...shape, ...described('choice', options) }) as Gated<ChoiceVariable<T>, NoInfer<W>>
}

/**
 * The value as the variable stores it (on its step, `-0` as `0`).
 *
 * Throws: `ml/invalid-config` naming variable, expectation and what was got.
 */
export function checkValue(name: string, variable: Variable, value: unknown): Scalar {
  if (variable.type === 'choice') {
    if (!(variable.values as readonly unknown[]).includes(value)) {
      throw invalidConfig(name, `one of ${listed(variable.values)}`, value)
    }
    return value as Scalar
  }
  if (variable.type === 'bool') {
    if (typeof value !== 'boolean') throw invalidConfig(name, 'true or false', value)
    return value
  }
  const stored = typeof value === 'number' ? onRange(variable, value) : undefined
  if (stored === undefined) throw invalidConfig(name, rangeSentence(variable), value)
  return stored
}

/** The value of step `index` of a stepped range, without the noise of repeated addition. */
export function stepValue(range: { readonly min: number; readonly step?: number }, index: number): number {
  const value = range.min + index * (range.step ?? 1)
  return Number.isInteger(range.min) && Number.isInteger(range.step ?? 1) ? value : Number(value.toPrecision(15))
}

/** How many steps fit into a stepped range, less one. */
export function lastStep(range: { readonly min: number; readonly max: number; readonly step?: number }): number {
  return Math.floor((range.max - range.min) / (range.step ?? 1) + 1e-9)
}

type Range = Pick<FloatVariable | IntVariable, 'type' | 'min' | 'max' | 'log'> & { readonly step?: number }

function checkRange(owner: string, options: RangeOptions): void {
  for (const key of ['min', 'max'] as const) {
    if (!Number.isFinite(options[key])) throw invalidVariable(`${owner}: ${key}`, 'a finite number', options[key])
  }
  if (options.max < options.min)
    throw invalidVariable(`${owner}: max`, `a number from min (${options.min})`, options.max)
  if (options.log && options.min <= 0) throw invalidVariable(`${owner}: min`, 'a number above 0 with log', options.min)
  if (options.step === undefined) return
  if (!(options.step > 0 && Number.isFinite(options.step))) {
    throw invalidVariable(`${owner}: step`, 'a number above 0', options.step)
  }
  if (options.log && (owner === 'float' || options.step !== 1))
    throw invalidVariable(`${owner}: step`, 'none with log', options.step)
}

function rangeDefault(owner: string, range: Range, given: number | undefined): number {
  if (given !== undefined) {
    const stored = onRange(range, given)
    if (stored === undefined) throw invalidVariable(`${owner}: default`, rangeSentence(range), given)
    return stored
  }
  const middle = range.log ? Math.sqrt(range.min * range.max) : range.min + (range.max - range.min) / 2
  if (range.step === undefined) return Math.min(range.max, Math.max(range.min, middle))
  return stepValue(range, Math.min(lastStep(range), Math.round((middle - range.min) / range.step)))
}

/** The stored form of `value`, or undefined when it isn't in the range. */
function onRange(range: Range, value: number): number | undefined {
  if (!(value >= range.min && value <= range.max)) return undefined
  if (range.step === undefined) return value === 0 ? 0 : value
  const index = (value - range.min) / range.step
  const nearest = Math.round(index)
  if (Math.abs(index - nearest) > 1e-6 || nearest > lastStep(range)) return undefined
  return stepValue(range, nearest)
}

function rangeSentence(range: Range): string {
  const noun = range.type === 'int' ? 'an integer' : 'a number'
  const steps =
    range.step === undefined || (range.type === 'int' && range.step === 1) ? '' : ` in steps of ${range.step}`
  return `${noun} from ${range.min} to ${range.max}${steps}`
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, 12).map((v) => JSON.stringify(v))
  return shown.join(', ') + (values.length > shown.length ? ` (${values.length} in all)` : '')
}

const anyValue = rule.optional(rule.any())
const detailRules = { unit: anyValue, help: anyValue, when: anyValue, default: anyValue }
const rangeRules = { ...detailRules, min: anyValue, max: anyValue, log: anyValue, step: anyValue }

function rangeOptions(owner: string, options: RangeOptions): RangeOptions {
  checkOptions(owner, options, rangeRules)
  checkRange(owner, options)
  return options
}

function described(owner: string, options: DescribedOptions<When | undefined>): Described {
  return {
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    ...(options.help === undefined ? {} : { help: options.help }),
    ...(options.when === undefined ? {} : { when: checkedWhen(owner, options.when) }),
  }
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
