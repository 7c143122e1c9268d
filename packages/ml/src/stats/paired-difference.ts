/** The difference of two means over the same examples: pairing removes what is hard or easy for both. */

import { checkOptions, seededRandom } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { normalQuantile } from '../numeric/normal.ts'
import { bootstrapMean } from './bootstrap.ts'
import { allowShares, type BoundedEstimate, boundedMean, checkBounds } from './bounded-mean.ts'
import { type IntervalOptions, intervalRules, isBit } from './mean-interval.ts'
import { checkNumbers, mean } from './quantile.ts'

export interface PairedDifference {
  /** mean(a) - mean(b). */
  readonly difference: number
  /** Excludes 0 when the difference is significant at 5 %, two-sided. */
  readonly ci95: readonly [low: number, high: number]
  readonly n: number
  /** `tango` when all scores are 0 or 1; the others as `bootstrapMean` and, with bounds, `boundedMean` say. */
  readonly method: 'tango' | BoundedEstimate['method']
}

/**
 * mean(a) - mean(b) with a 95 % interval, where `a[i]` and `b[i]` are scores of the same example: Tango's score interval for
 * paired proportions when all are 0 or 1, else the BCa bootstrap of the differences. `bounds`, of the differences, do what
 * they do in `meanInterval`; those other than [-1, 1] rule Tango's out.
 *
 * Shapes: `a` [n], `b` [n].
 * Throws: `ml/unusable-numbers` when lengths differ, for empty lists, for numbers that aren't finite, and for differences
 * beyond the bounds.
 * Source: Tango, Stat. Med. 17, 1998; for the others see `bootstrapMean`, `boundedMean`. Differs: the two roots are found by bisection.
 * @example pairedDifference([1, 1, 1, 0], [0, 1, 0, 0]).difference // => 0.5
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  options: IntervalOptions = {},
): PairedDifference {
  checkOptions('pairedDifference', options, intervalRules)
  checkNumbers('pairedDifference: a', a)
  checkNumbers('pairedDifference: b', b)
  if (a.length !== b.length) throw unusableNumbers('pairedDifference: b', `${a.length} scores as in a`, b.length)
  const differences = a.map((score, i) => score - (b[i] as number))
  const { random = seededRandom(0), bounds } = options
  if (bounds !== undefined) checkBounds('pairedDifference: a - b', differences, bounds)
  const difference = mean(differences)
  const n = differences.length
  const isShares = allowShares(bounds, [-1, 1], n) && a.every(isBit) && b.every(isBit)
  if (isShares) return { difference, ci95: tango(differences), n, method: 'tango' }
  const estimate = bounds === undefined ? bootstrapMean(differences, random) : boundedMean(differences, bounds, random)
  return { difference, n, ...estimate }
}

/** The differences that a score test at 5 % does not refuse. */
function tango(differences: readonly number[]): readonly [number, number] {
  const n = differences.length
  const onlyA = differences.filter((one) => one === 1).length
  const onlyB = differences.filter((one) => one === -1).length
  const z = normalQuantile(0.975)
  const statistic = (delta: number) => {
    const linear = (2 * n - onlyA + onlyB) * delta - onlyA - onlyB
    const constant = -onlyB * delta * (1 - delta)
    const shareB = (Math.sqrt(linear * linear - 8 * n * constant) - linear) / (4 * n)
    const variance = n * (2 * shareB + delta * (1 - delta))
    const distance = onlyA - onlyB - n * delta
    return distance === 0 ? 0 : distance / Math.sqrt(Math.max(variance, 0))
  }
  const center = (onlyA - onlyB) / n
  return [rootOf(statistic, z, [-1, center]), rootOf(statistic, -z, [center, 1])]
}

/** Where the falling `statistic` reaches `level` between two ends. */
function rootOf(statistic: (delta: number) => number, level: number, ends: readonly [number, number]): number {
  let [low, high] = ends
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (statistic(middle) > level) low = middle
    else high = middle
  }
  return (low + high) / 2
}
