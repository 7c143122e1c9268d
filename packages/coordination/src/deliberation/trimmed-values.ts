/**
 * What honest participants can be held to when some of the numbers are lies: the values that are left when as many as may be lies
 * have been taken off each end. All that is left lies between two honest values, so its median and its mean do too.
 */

import { assert } from '@mabeam/foundation'

/** A number and how much it counts. */
export interface WeightedValue {
  readonly value: number
  readonly weight: number
}

/**
 * What is left without the `count` smallest and the `count` largest, smallest first; nothing when there were no more than that.
 *
 * Shapes: [n] → [max(0, n - 2 count)].  Requires: finite values, an integer `count >= 0`.
 * Ensures: with at most `count` lies among them, every value left is within the range of the honest ones.
 * Source: trimmed mean of approximate agreement, Dolev et al., J. ACM 33(3), 1986. Differs: one reduction; the choice of a value is the caller's.
 * @example trimmedValues([{ value: 9, weight: 1 }, { value: 1, weight: 1 }, { value: 2, weight: 1 }], 1) // => [{ value: 2, weight: 1 }]
 */
export function trimmedValues<V extends WeightedValue>(values: readonly V[], count: number): readonly V[] {
  const sorted = values.toSorted((a, b) => a.value - b.value)
  return sorted.slice(count, Math.max(count, sorted.length - count))
}

/** Largest less smallest; 0 for none. Units: those of the values. Ensures: finite, the largest number there is at most. */
export function spreadOf(values: readonly WeightedValue[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { value } of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return values.length === 0 ? 0 : Math.min(Number.MAX_VALUE, most - least)
}

/**
 * The value with half of the weight on each side; half way between two where the weight divides evenly.
 *
 * Requires: at least one value, weights >= 0; where all are 0 they count the same.  Ensures: within the range of those that weigh.
 * @example weightedMedian([{ value: 1, weight: 1 }, { value: 5, weight: 3 }]) // => 5
 */
export function weightedMedian(values: readonly WeightedValue[]): number {
  const [sorted, total] = weighing(values)
  let below = 0
  for (const [at, { value, weight }] of sorted.entries()) {
    below += weight
    const next = sorted[at + 1]
    if (below * 2 > total || next === undefined) return value
    if (below * 2 === total) return midpoint(value, next.value)
  }
  return 0
}

/** The mean by weight. Requires: as `weightedMedian`. Ensures: within the range of those that weigh. */
export function weightedMean(values: readonly WeightedValue[]): number {
  const [sorted, total] = weighing(values)
  const mean = sorted.reduce((sum, { value, weight }) => sum + value * (weight / total), 0)
  // Rounding must not carry it out of the range that it is promised to lie in.
  return Math.min(sorted.at(-1)?.value ?? mean, Math.max(sorted[0]?.value ?? mean, mean))
}

/** Those that weigh anything, smallest first, and what they weigh together. */
function weighing(values: readonly WeightedValue[]): readonly [sorted: readonly WeightedValue[], total: number] {
  assert(values.length > 0, 'a median or mean of no values was asked for')
  const heavy = values.filter(({ weight }) => weight > 0)
  const counted = heavy.length > 0 ? heavy : values.map(({ value }) => ({ value, weight: 1 }))
  const sorted = counted.toSorted((a, b) => a.value - b.value)
  return [sorted, sorted.reduce((sum, { weight }) => sum + weight, 0)]
}

/** Half way; written so that it does not overflow. */
function midpoint(a: number, b: number): number {
  return a === b ? a : a / 2 + b / 2
}
