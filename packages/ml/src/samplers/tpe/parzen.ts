/** A Parzen estimator: a weighted mixture of products of kernels, one product per observation and one for the prior. */

import type { Random } from '@mabeam/foundation'
import type { Dimension } from '../../space/dimension.ts'
import type { Config } from '../../space/space.ts'
import type { Scalar } from '../../space/variable.ts'
import { type Kernels, kernelsOf, type Observations } from './kernels.ts'

export interface Parzen {
  /** Log density of a configuration, for the dimensions of this estimator. */
  logDensity(config: Config): number
  /** Writes a draw for each dimension into `config`; all of them from one component. */
  draw(random: Random, config: { [name: string]: Scalar }): void
}

/**
 * Shapes: one `Observations` per dimension, `weights` [n] by age; the prior weighs 1 beside them.
 * Requires: `weights` and all coordinates of equal length.
 */
export function parzen(
  dimensions: readonly Dimension[],
  observations: readonly Observations[],
  weights: Float64Array,
): Parzen {
  const kernels = dimensions.map((dimension, d) => kernelsOf(dimension, observations[d] as Observations))
  const size = weights.length + 1
  const total = weights.reduce((sum, weight) => sum + weight, 1)
  const logWeights = new Float64Array(size)
  for (let k = 0; k < size; k++) logWeights[k] = Math.log((weights[k] ?? 1) / total)
  const sums = new Float64Array(size)
  return {
    logDensity(config) {
      sums.set(logWeights)
      for (const [d, dimension] of dimensions.entries()) {
        ;(kernels[d] as Kernels).addLogDensity(config[dimension.name] as Scalar, sums)
      }
      return logSumExp(sums)
    },
    draw(random, config) {
      const kernel = pick(weights, total, random)
      for (const [d, dimension] of dimensions.entries()) {
        config[dimension.name] = (kernels[d] as Kernels).draw(kernel, random)
      }
    },
  }
}

/**
 * Weights of n observations by age: all 1 below 25, else 1 for the newest 25 and for the older ones a ramp from 1/n to 1.
 *
 * @example agedWeights(2) // => Float64Array [1, 1]
 */
export function agedWeights(n: number): Float64Array {
  const weights = new Float64Array(n).fill(1)
  const ramp = n - 25
  for (let i = 0; i < ramp; i++) weights[i] = ramp === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (ramp - 1)
  return weights
}

/** The component a draw comes from; the last is the prior. */
function pick(weights: Float64Array, total: number, random: Random): number {
  let level = random.next() * total
  for (let k = 0; k < weights.length; k++) {
    level -= weights[k] as number
    if (level < 0) return k
  }
  return weights.length
}

function logSumExp(values: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY
  for (let k = 0; k < values.length; k++) if ((values[k] as number) > top) top = values[k] as number
  let sum = 0
  for (let k = 0; k < values.length; k++) {
    const below = (values[k] as number) - top
    if (below > -40) sum += Math.exp(below)
  }
  return top + Math.log(sum)
}
