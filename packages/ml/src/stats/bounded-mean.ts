/**
 * An interval for the mean of scores that are known to lie between two bounds: where there is little data or no spread,
 * resampling knows only what it saw, and the bounds say how far away the rest may be.
 */

import { type Random, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { bootstrapMean, type MeanEstimate } from './bootstrap.ts'
import { mean } from './quantile.ts'

/** What no score goes beyond. */
export type Bounds = readonly [low: number, high: number]

/** An interval between bounds and how it was made. */
export interface BoundedEstimate {
  readonly ci95: Bounds
  readonly method: MeanEstimate['method'] | 'bounds' | 'unseen-share'
}

/**
 * 95 % interval of the mean of `values`, never beyond `bounds`. `bounds`: one value, and the interval is the bounds.
 * `unseen-share`: all n values are equal; values other than that are at most a share 1 - 0.025^(1/n) of all (the upper
 * end of the exact interval for 0 of n; near 3.7 / n), and may lie anywhere up to the bounds. Else as `bootstrapMean`,
 * which knows nothing beyond the values: of a handful that nearly agree it is too narrow.
 *
 * Requires: at least one value, all between the bounds. Ensures: the mean lies inside.
 * Source: Clopper & Pearson, Biometrika 26, 1934, for the share; as the "rule of three" Hanley & Lippman-Hand, JAMA
 * 249(13), 1983. Differs: two-sided (3.7 in place of 3), and as an interval of the mean by the worst case within bounds.
 * @example boundedMean([0.5, 0.5, 0.5, 0.5], [0, 1], random).ci95 // => [0.198…, 0.801…]
 */
export function boundedMean(values: readonly number[], bounds: Bounds, random: Random): BoundedEstimate {
  const [low, high] = bounds
  const first = values[0] as number
  if (values.length === 1) return { ci95: [low, high], method: 'bounds' }
  if (values.every((value) => value === first)) {
    const unseen = 1 - 0.025 ** (1 / values.length)
    return { ci95: [first - unseen * (first - low), first + unseen * (high - first)], method: 'unseen-share' }
  }
  const { ci95, method } = bootstrapMean(values, random)
  const center = mean(values)
  return { ci95: [Math.max(low, Math.min(ci95[0], center)), Math.min(high, Math.max(ci95[1], center))], method }
}

/** What `bounds` must be among options. */
export const boundsRule = {
  ...rule.array(),
  expected: 'two finite numbers, the lower one first',
  test: (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] < value[1],
}

/** Throws `ml/unusable-numbers` for the first value beyond the bounds. */
export function checkBounds(owner: string, values: readonly number[], [low, high]: Bounds): void {
  const at = values.findIndex((value) => value < low || value > high)
  if (at >= 0) throw unusableNumbers(`${owner}: [${at}]`, `a number from ${low} to ${high}, as bounds say`, values[at])
}

/** Whether n scores may be taken for shares of successes, which lie between `low` and `high`: not one alone, nor where more may come. */
export function allowShares(bounds: Bounds | undefined, [low, high]: Bounds, n: number): boolean {
  return bounds === undefined || (n > 1 && bounds[0] === low && bounds[1] === high)
}
