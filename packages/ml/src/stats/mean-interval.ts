/** The mean of scores with a 95 % interval that fits what they are: shares of successes, or anything. */

import { checkOptions, type Random, rule, seededRandom } from '@mabeam/foundation'
import { normalQuantile } from '../numeric/normal.ts'
import { bootstrapMean, type MeanEstimate } from './bootstrap.ts'
import { checkNumbers, mean } from './quantile.ts'

export interface IntervalOptions {
  /** For resampling. @default seededRandom(0), so that the same scores give the same interval */
  readonly random?: Random
}

export interface MeanInterval {
  readonly mean: number
  readonly ci95: readonly [low: number, high: number]
  readonly n: number
  /** `wilson` when all scores are 0 or 1; the others as `bootstrapMean` says. */
  readonly method: 'wilson' | MeanEstimate['method']
}

/**
 * Mean of `scores` with a 95 % interval: Wilson's score interval when all are 0 or 1, else the BCa bootstrap.
 *
 * Throws: `ml/unusable-numbers` for an empty list or numbers that aren't finite.
 * Source: Wilson, J. Am. Stat. Assoc. 22, 1927; for the others see `bootstrapMean`. Differs: none.
 * @example meanInterval([1, 1, 0, 1]).ci95 // => [0.3006418…, 0.9544127…]
 */
export function meanInterval(scores: readonly number[], options: IntervalOptions = {}): MeanInterval {
  checkOptions('meanInterval', options, { random: rule.optional(rule.object()) })
  checkNumbers('meanInterval', scores)
  const average = mean(scores)
  const n = scores.length
  if (scores.every(isBit)) return { mean: average, ci95: wilson(average, n), n, method: 'wilson' }
  return { mean: average, n, ...bootstrapMean(scores, options.random ?? seededRandom(0)) }
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
