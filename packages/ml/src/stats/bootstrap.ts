/** A confidence interval for a mean without assuming a distribution: the bias-corrected and accelerated bootstrap. */

import type { Random } from '@mabeam/foundation'
import { normalCdf, normalQuantile } from '../numeric/normal.ts'
import { mean, sortedQuantile } from './quantile.ts'

/** A 95 % interval and how it was made. */
export interface MeanEstimate {
  readonly ci95: readonly [low: number, high: number]
  readonly method: 'bca' | 'normal' | 'constant' | 'none'
}

const resamples = 2_000
/** Above this many values the normal interval is as good, and resampling only slow. */
export const bootstrapMax = 10_000

/**
 * 95 % interval of the mean of `values`. `bca`: 2,000 resamples. `normal`: mean ± 1.96 standard errors, above 10,000 values.
 * `constant`: all values are equal, and so are both ends. `none`: one value says nothing, the interval is the whole line.
 *
 * Requires: at least one value, all finite.
 * Source: Efron, J. Am. Stat. Assoc. 82, 1987; Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 14. Differs: none.
 * @example bootstrapMean([0.2, 0.4, 0.9], seededRandom(1)).method // => 'bca'
 */
export function bootstrapMean(values: readonly number[], random: Random): MeanEstimate {
  const center = mean(values)
  const first = values[0] as number
  if (values.length === 1) return { ci95: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], method: 'none' }
  if (values.every((value) => value === first)) return { ci95: [first, first], method: 'constant' }
  if (values.length > bootstrapMax) return { ci95: normalInterval(values, center), method: 'normal' }
  const means = resampledMeans(values, random)
  const below = means.reduce((count, one) => count + (one < center ? 1 : one === center ? 0.5 : 0), 0)
  const share = Math.min(1 - 0.5 / resamples, Math.max(0.5 / resamples, below / resamples))
  const bias = normalQuantile(share)
  const acceleration = accelerationOf(values, center)
  const end = (p: number) => {
    const z = bias + normalQuantile(p)
    return sortedQuantile(means, normalCdf(bias + z / (1 - acceleration * z)))
  }
  return { ci95: [end(0.025), end(0.975)], method: 'bca' }
}

function normalInterval(values: readonly number[], center: number): readonly [number, number] {
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0)
  const half = normalQuantile(0.975) * Math.sqrt(squares / (values.length - 1) / values.length)
  return [center - half, center + half]
}

/** Sorted. */
function resampledMeans(values: readonly number[], random: Random): Float64Array {
  const n = values.length
  const means = new Float64Array(resamples)
  for (let b = 0; b < resamples; b++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[random.int(n)] as number
    means[b] = sum / n
  }
  return means.sort()
}

/** By the jackknife; for a mean that is a sixth of the skewness over √n. */
function accelerationOf(values: readonly number[], center: number): number {
  let squares = 0
  let cubes = 0
  for (const value of values) {
    const distance = value - center
    squares += distance ** 2
    cubes += distance ** 3
  }
  const scale = squares ** 1.5
  // A spread so small that its powers are 0 has no skewness to speak of.
  return scale > 0 ? cubes / (6 * scale) : 0
}
