/** The mean of scores with a 95 % interval that fits what they are: shares of successes, or anything. */

import { checkOptions, type Random, rule, seededRandom } from '@mabeam/foundation'
import { normalQuantile } from '../numeric/normal.ts'
import { bootstrapMean } from './bootstrap.ts'
import { allowShares, type BoundedEstimate, type Bounds, boundedMean, boundsRule, checkBounds } from './bounded-mean.ts'
import { checkNumbers, mean } from './quantile.ts'

export interface IntervalOptions {
  /** For resampling. @default seededRandom(0), so that the same scores give the same interval */
  readonly random?: Random
  /**
   * What no score goes beyond, as [0, 1] for most metrics; of `pairedDifference` what no difference goes beyond, as
   * [-1, 1]. Keeps the interval inside, and makes that of one score or of equal scores an honest one.
   * @default none: one score gives the whole line, equal scores an interval of no width
   */
  readonly bounds?: Bounds
}

export const intervalRules = { random: rule.optional(rule.object()), bounds: rule.optional(boundsRule) }

export interface MeanInterval {
  readonly mean: number
  readonly ci95: readonly [low: number, high: number]
  readonly n: number
  /** `wilson` when all scores are 0 or 1; the others as `bootstrapMean` and, with bounds, `boundedMean` say. */
  readonly method: 'wilson' | BoundedEstimate['method']
}

/**
 * Mean of `scores` with a 95 % interval: Wilson's score interval when all are 0 or 1, else the BCa bootstrap. With `bounds`
 * the interval stays inside them; one score gives the bounds, and equal scores an interval that shrinks with their number.
 * Bounds other than [0, 1] rule Wilson's out, since other scores may come.
 *
 * Throws: `ml/unusable-numbers` for an empty list, numbers that aren't finite, and numbers beyond the bounds.
 * Source: Wilson, J. Am. Stat. Assoc. 22, 1927; for the others see `bootstrapMean`, `boundedMean`. Differs: none.
 * @example meanInterval([1, 1, 0, 1]).ci95 // => [0.3006418…, 0.9544127…]
 */
export function meanInterval(scores: readonly number[], options: IntervalOptions = {}): MeanInterval {
  checkOptions('meanInterval', options, intervalRules)
  checkNumbers('meanInterval', scores)
  const { random = seededRandom(0), bounds } = options
  if (bounds !== undefined) checkBounds('meanInterval', scores, bounds)
  const average = mean(scores)
  const n = scores.length
  const isShare = allowShares(bounds, [0, 1], n) && scores.every(isBit)
  if (isShare) return { mean: average, ci95: wilson(average, n), n, method: 'wilson' }
  const estimate = bounds === undefined ? bootstrapMean(scores, random) : boundedMean(scores, bounds, random)
  return { mean: average, n, ...estimate }
}

export function isBit(value: number): boolean {
  return value === 0 || value === 1
}

function wilson(share: number, n: number): readonly [number, number] {
  const z = normalQuantile(0.975)
  const spread = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  const center = share + (z * z) / (2 * n)
  return [Math.max(0, (center - spread) / scale), Math.min(1, (center + spread) / scale)]
}
