/** Mean, median and quantiles of plain lists. */

import { unusableNumbers } from '../errors.ts'

/** Arithmetic mean. Throws: `ml/unusable-numbers` for an empty list or numbers that aren't finite. @example mean([1, 2, 6]) // => 3 */
export function mean(values: readonly number[]): number {
  checkNumbers('mean', values)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The middle value, or the mean of the two in the middle. Throws: as `mean`. @example median([3, 1, 2]) // => 2 */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/**
 * The value below which a share `p` lies, by linear interpolation between order statistics.
 *
 * Requires: 0 <= p <= 1. Throws: as `mean`.
 * Source: Hyndman & Fan, Am. Stat. 50(4), 1996, type 7 (the default of R and NumPy). Differs: none.
 * @example quantile([10, 20, 30, 40], 0.25) // => 17.5
 */
export function quantile(values: readonly number[], p: number): number {
  checkNumbers('quantile', values)
  if (typeof p !== 'number' || !(p >= 0 && p <= 1)) throw unusableNumbers('quantile: p', 'a number from 0 to 1', p)
  return sortedQuantile(Float64Array.from(values).sort(), p)
}

/** `quantile` of what is already sorted. */
export function sortedQuantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (place - below)
}

/** Throws `ml/unusable-numbers` for what is no list, for an empty one, and for the first number that isn't finite. */
export function checkNumbers(owner: string, values: readonly number[]): void {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) throw unusableNumbers(owner, 'a list of numbers', values)
  if (values.length === 0) throw unusableNumbers(owner, 'at least one number', values)
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at >= 0) throw unusableNumbers(`${owner}: [${at}]`, 'a finite number', values[at])
}
