/**
 * Variables: the dimensions of a search space. Each is a plain frozen value that is also its JSON form. A float or
 * an int has a range (linear, logarithmic or in steps), a bool has two values, a choice has a list of scalars.
 */

import { invalidConfig, invalidVariable } from '../errors.ts'

/** What one variable can be set to. */
export type Scalar = number | boolean | string

interface Described {
  /** The unit of the values, for people. */
  readonly unit?: string
  /** One sentence for people. */
  readonly help?: string
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

export interface RangeOptions extends Described {
  readonly min: number
  readonly max: number
  /** Samplers see the logarithm: 0.001 to 0.01 is as wide as 0.1 to 1. Requires `min > 0`, excludes `step`. @default false */
  readonly log?: boolean
  /** @default every value (float), 1 (int) */
  readonly step?: number
  /** @default the middle of the range (of the logarithms with `log`), on a step */
  readonly default?: number
}

export interface BoolOptions extends Described {
  /** @default false */
  readonly default?: boolean
}

export interface ChoiceOptions<T extends Scalar> extends Described {
  /** @default the first value */
  readonly default?: T
}

/** The most values a choice may have. */
const choiceValuesMax = 10_000

/**
 * A real number in [min, max].
 *
 * Throws: `ml/invalid-variable` naming the option.
 * @example float({ min: 0, max: 1.5, default: 0.2, help: 'sampling temperature' })
 */
export function float(options: RangeOptions): FloatVariable {
  checkRange('float', options)
  const { min, max, log = false, step } = options
  const shape = { type: 'float', min, max, log, ...(step === undefined ? {} : { step }) } as const
  return Object.freeze({ ...shape, default: rangeDefault('float', shape, options.default), ...described(options) })
}

/**
 * A whole number in [min, max].
 *
 * Throws: `ml/invalid-variable` naming the option.
 * @example int({ min: 1, max: 64, log: true })
 */
export function int(options: RangeOptions): IntVariable {
  checkRange('int', options)
  const { min, max, log = false, step = 1 } = options
  for (const [key, value] of Object.entries({ min, max, step })) {
    if (!Number.isSafeInteger(value)) throw invalidVariable(`int: ${key}`, 'an integer', value)
  }
  const shape = { type: 'int', min, max, log, step } as const
  return Object.freeze({ ...shape, default: rangeDefault('int', shape, options.default), ...described(options) })
}

/** True or false. @example bool({ default: true }) */
export function bool(options: BoolOptions = {}): BoolVariable {
  const value = options.default ?? false
  if (typeof value !== 'boolean') throw invalidVariable('bool: default', 'true or false', value)
  return Object.freeze({ type: 'bool', default: value, ...described(options) })
}

/**
 * One of `values`, which keep their literal types.
 *
 * Throws: `ml/invalid-variable` for an empty list, a value twice, a value that isn't a scalar, or an unknown default.
 * @example choice(['chat', 'json']) // ConfigOf: 'chat' | 'json'
 */
export function choice<const T extends Scalar>(
  values: readonly T[],
  options: ChoiceOptions<NoInfer<T>> = {},
): ChoiceVariable<T> {
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
  return Object.freeze({ type: 'choice', values: Object.freeze([...values]), default: chosen, ...described(options) })
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

function described(options: Described): Described {
  return {
    ...(options.unit === undefined ? {} : { unit: options.unit }),
    ...(options.help === undefined ? {} : { help: options.help }),
  }
}
