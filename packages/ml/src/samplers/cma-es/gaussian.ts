/** The search distribution of CMA-ES: a normal on the unit cube, moved and reshaped by each generation. */

import type { Random } from '@mabeam/foundation'
import { type Strategy, strategyOf } from './strategy.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

export interface Gaussian {
  readonly d: number
  /** Above so many dimensions only the diagonal is learned. */
  readonly isDiagonal: boolean
  readonly strategy: Strategy
  readonly mean: Float64Array
  sigma: number
  /** Row-major. */
  readonly covariance: Float64Array
  /** Square roots of the eigenvalues of the covariance, and its eigenvectors. */
  roots: Float64Array
  vectors: Float64Array
  readonly sigmaPath: Float64Array
  readonly shapePath: Float64Array
  /** By how much the margin widens each dimension beyond the covariance. */
  readonly widening: Float64Array
  generations: number
}

/** Above it eigenvectors cost more than they give. */
const fullDimensionsMax = 64

/** Round `mean`, a sixth of the range wide. */
export function startGaussian(mean: Float64Array, population: number): Gaussian {
  const d = mean.length
  const isDiagonal = d > fullDimensionsMax
  const covariance = identity(d)
  return {
    d,
    isDiagonal,
    strategy: strategyOf(d, population, isDiagonal),
    mean,
    sigma: 1 / 6,
    covariance,
    roots: new Float64Array(d).fill(1),
    vectors: identity(d),
    sigmaPath: new Float64Array(d),
    shapePath: new Float64Array(d),
    widening: new Float64Array(d).fill(1),
    generations: 0,
  }
}

/** Standard deviation along axis j, widening included. */
export function deviationOf({ sigma, widening, covariance, d }: Gaussian, j: number): number {
  return sigma * (widening[j] as number) * Math.sqrt(covariance[j * d + j] as number)
}

/** A draw, not cut to the cube. */
export function drawPoint(gaussian: Gaussian, random: Random): Float64Array {
  const { d, mean, sigma, roots, vectors, widening, isDiagonal } = gaussian
  const z = Float64Array.from({ length: d }, (_, k) => (roots[k] as number) * random.normal())
  const y = isDiagonal ? z : times(vectors, z, d)
  return y.map((value, j) => (mean[j] as number) + sigma * (widening[j] as number) * value)
}

/**
 * One generation.
 *
 * Shapes: `points` [n][d], the best first; the better half of the generation is used, and nothing is learned of none.
 */
export function learn(gaussian: Gaussian, points: readonly Float64Array[]): void {
  const { d, strategy, mean, sigma, widening, sigmaPath, shapePath } = gaussian
  if (d === 0 || points.length === 0) return
  const { effectiveParents: mu, sigmaRate, pathRate, expectedLength } = strategy
  const steps = points.slice(0, strategy.weights.length).map((point) => cutStep(gaussian, point))
  const weights = weightsOf(strategy, steps.length)
  const step = new Float64Array(d)
  for (const [i, one] of steps.entries()) {
    for (let j = 0; j < d; j++) step[j] = (step[j] as number) + (weights[i] as number) * (one[j] as number)
  }
  const white = whiten(gaussian, step)
  for (let j = 0; j < d; j++) {
    mean[j] = Math.min(1, Math.max(0, (mean[j] as number) + sigma * (widening[j] as number) * (step[j] as number)))
    sigmaPath[j] =
      (1 - sigmaRate) * (sigmaPath[j] as number) + Math.sqrt(sigmaRate * (2 - sigmaRate) * mu) * (white[j] as number)
  }
  gaussian.generations++
  const length = Math.hypot(...sigmaPath)
  const bias = Math.sqrt(1 - (1 - sigmaRate) ** (2 * gaussian.generations))
  const isShort = length / bias < (1.4 + 2 / (d + 1)) * expectedLength
  for (let j = 0; j < d; j++) {
    const move = isShort ? Math.sqrt(pathRate * (2 - pathRate) * mu) * (step[j] as number) : 0
    shapePath[j] = (1 - pathRate) * (shapePath[j] as number) + move
  }
  reshape(gaussian, steps, isShort)
  const growth = Math.min(1, (sigmaRate / strategy.sigmaDamping) * (length / expectedLength - 1))
  gaussian.sigma = Math.min(1, sigma * Math.exp(growth))
}

function reshape(gaussian: Gaussian, steps: readonly Float64Array[], isShort: boolean): void {
  const { d, covariance, shapePath, strategy, isDiagonal } = gaussian
  const { rankOneRate, rankManyRate, pathRate } = strategy
  const weights = weightsOf(strategy, steps.length)
  const lost = isShort ? 0 : rankOneRate * pathRate * (2 - pathRate)
  const keep = 1 - rankOneRate - rankManyRate + lost
  for (let i = 0; i < d; i++) {
    for (let j = isDiagonal ? i : 0; j <= i; j++) {
      let sum = keep * (covariance[i * d + j] as number)
      sum += rankOneRate * (shapePath[i] as number) * (shapePath[j] as number)
      for (const [k, one] of steps.entries()) {
        sum += rankManyRate * (weights[k] as number) * (one[i] as number) * (one[j] as number)
      }
      covariance[i * d + j] = sum
      covariance[j * d + i] = sum
    }
  }
  if (isDiagonal) {
    for (let j = 0; j < d; j++) gaussian.roots[j] = Math.sqrt(Math.max(1e-20, covariance[j * d + j] as number))
    return
  }
  const { values, vectors } = symmetricEigen(covariance, d)
  gaussian.roots = values.map((value) => Math.sqrt(Math.max(1e-20, value)))
  gaussian.vectors = vectors
}

/** The first weights, so that they sum to 1 also where a generation has fewer complete trials. */
function weightsOf({ weights }: Strategy, count: number): number[] {
  const used = weights.slice(0, count)
  const total = used.reduce((sum, weight) => sum + weight, 0)
  return used.map((weight) => weight / total)
}

/** The step to a point in units of σ, no longer than steps of this distribution are. */
function cutStep(gaussian: Gaussian, point: Float64Array): Float64Array {
  const { mean, sigma, widening, strategy } = gaussian
  const step = point.map((value, j) => (value - (mean[j] as number)) / (sigma * (widening[j] as number)))
  const length = Math.hypot(...whiten(gaussian, step))
  return length > strategy.lengthMax ? step.map((value) => (value * strategy.lengthMax) / length) : step
}

/** C^(-1/2) · step. */
function whiten({ d, vectors, roots, isDiagonal }: Gaussian, step: Float64Array): Float64Array {
  if (isDiagonal) return step.map((value, j) => value / (roots[j] as number))
  const along = new Float64Array(d)
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) along[k] = (along[k] as number) + (vectors[i * d + k] as number) * (step[i] as number)
  }
  for (let k = 0; k < d; k++) along[k] = (along[k] as number) / (roots[k] as number)
  return times(vectors, along, d)
}

function times(matrix: Float64Array, vector: Float64Array, d: number): Float64Array {
  const product = new Float64Array(d)
  for (let i = 0; i < d; i++) {
    let sum = 0
    for (let k = 0; k < d; k++) sum += (matrix[i * d + k] as number) * (vector[k] as number)
    product[i] = sum
  }
  return product
}

function identity(d: number): Float64Array {
  const matrix = new Float64Array(d * d)
  for (let i = 0; i < d; i++) matrix[i * d + i] = 1
  return matrix
}
