/** An interval for a median or any quantile, without assuming a distribution: latencies and costs have tails that means do not show. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { type Bounds, boundsRule, checkBounds } from './bounded-mean.ts'
import { checkNumbers, sortedQuantile } from './quantile.ts'

export interface QuantileIntervalOptions {
  /** The share that lies below the quantile. @default 0.5, the median */
  readonly p?: number
  /** The least probability with which the interval holds the quantile. @default 0.95 */
  readonly level?: number
  /** What no value goes beyond; they take the place of ends that few values can't give. @default none: such an end is infinite */
  readonly bounds?: Bounds
}

export const quantileIntervalDefaults = { p: 0.5, level: 0.95 } satisfies Omit<
  Required<QuantileIntervalOptions>,
  'bounds'
>

export interface QuantileInterval {
  /** As `quantile` gives it. */
  readonly value: number
  readonly interval: readonly [low: number, high: number]
  /** The probability with which such an interval holds the quantile: at least the level, for a continuous distribution exactly this. */
  readonly coverage: number
  readonly n: number
}

/**
 * The quantile of what `values` were drawn from, between two of them.
 *
 * Cost: O(n log n).   Throws: `foundation/invalid-option`; `ml/unusable-numbers` for an empty list, numbers that aren't finite and numbers beyond the bounds.
 * Source: Thompson, Ann. Math. Statist. 7(3), 1936; Conover, Practical Nonparametric Statistics, 1999, section 3.2. Differs: none.
 * @example quantileInterval([3, 1, 4, 1, 5, 9, 2, 6]).interval // => [1, 9]
 */
export function quantileInterval(values: readonly number[], options: QuantileIntervalOptions = {}): QuantileInterval {
  checkOptions('quantileInterval', options, {
    p: rule.optional(rule.number(0, 1)),
    level: rule.optional(rule.number(0.5, 0.999999)),
    bounds: rule.optional(boundsRule),
  })
  checkNumbers('quantileInterval', values)
  const { p, level, bounds } = { ...quantileIntervalDefaults, ...definedOptions(options) }
  if (bounds) checkBounds('quantileInterval', values, bounds)
  const n = values.length
  const sorted = Float64Array.from(values).sort()
  const tail = (1 - level) / 2
  const masses = binomialMasses(n, p)
  // The k-th value from below is above the quantile when fewer than k of all are below it.
  const [below, missedLow] = lastWithin(masses, tail)
  const [above, missedHigh] = lastWithin(masses.toReversed(), tail)
  const [least, most] = bounds ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const low = below === 0 ? least : (sorted[below - 1] as number)
  const high = above === 0 ? most : (sorted[n - above] as number)
  return { value: sortedQuantile(sorted, p), interval: [low, high], coverage: 1 - missedLow - missedHigh, n }
}

/** How many masses from the first on stay within `tail` together, and what they are together. */
function lastWithin(masses: Float64Array, tail: number): readonly [count: number, sum: number] {
  let sum = 0
  for (const [count, mass] of masses.entries()) {
    if (sum + mass > tail) return [count, sum]
    sum += mass
  }
  return [masses.length - 1, sum]
}

/** P(k of n) for k from 0 to n. Around the mode first, so that nothing is lost to small numbers. */
function binomialMasses(n: number, p: number): Float64Array {
  const masses = new Float64Array(n + 1)
  const mode = Math.min(n, Math.floor((n + 1) * p))
  masses[mode] = 1
  for (let k = mode; k > 0; k--) masses[k - 1] = ((masses[k] as number) * k * (1 - p)) / ((n - k + 1) * p)
  for (let k = mode; k < n; k++) masses[k + 1] = ((masses[k] as number) * (n - k) * p) / ((k + 1) * (1 - p))
  const whole = masses.reduce((sum, mass) => sum + mass, 0)
  return masses.map((mass) => mass / whole)
}
