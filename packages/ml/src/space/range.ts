/** The arithmetic of ranges: what is on a step, the middle, and what is said of a range. */

import { invalidVariable } from '../errors.ts'

/** A range of numbers, linear, logarithmic or in steps. */
export interface Range {
  readonly type: 'float' | 'int'
  readonly min: number
  readonly max: number
  readonly log: boolean
  readonly step?: number
}

interface GivenRange {
  readonly min: number
  readonly max: number
  readonly log?: boolean
  readonly step?: number
}

/** Throws `ml/invalid-variable` naming the option that can't be. */
export function checkRange(owner: 'float' | 'int', options: GivenRange): void {
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

/** The given default in its stored form, or the middle. */
export function rangeDefault(owner: string, range: Range, given: number | undefined): number {
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
export function onRange(range: Range, value: number): number | undefined {
  if (!(value >= range.min && value <= range.max)) return undefined
  if (range.step === undefined) return value === 0 ? 0 : value
  const index = (value - range.min) / range.step
  const nearest = Math.round(index)
  if (Math.abs(index - nearest) > 1e-6 || nearest > lastStep(range)) return undefined
  return stepValue(range, nearest)
}

/** `an integer from 0 to 8 in steps of 2`. */
export function rangeSentence(range: Range): string {
  const noun = range.type === 'int' ? 'an integer' : 'a number'
  const steps =
    range.step === undefined || (range.type === 'int' && range.step === 1) ? '' : ` in steps of ${range.step}`
  return `${noun} from ${range.min} to ${range.max}${steps}`
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
