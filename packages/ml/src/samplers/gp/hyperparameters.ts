/** Hyperparameters of a Gaussian process from data: the mode of their posterior. */

import { boundedMinimum } from '../../numeric/bounded-minimum.ts'
import { factorise, inverseOf, logDeterminant, packedLength, solveLower, solveUpper } from '../../numeric/cholesky.ts'
import { coordinateDistance, type Hyperparameters, type PointColumns } from './kernel.ts'

/** The least noise variance, of values with a variance of 1. */
export const noiseFloor = 1e-6

/** Priors are normals of logarithms: mean and deviation. */
const priors = {
  /** Length scales: about the side of the cube; beyond 8 variables they grow with √d, so that points are not all strangers. */
  length: { mean: 0, deviation: 1 },
  scale: { mean: 0, deviation: 1 },
  /** As likely a hundred times smaller as larger: most of what is measured is either exact or rough. */
  noise: { mean: -6, deviation: 3 },
}

const bounds = {
  weights: [-14, 7],
  scale: [-5, 5],
  noise: [Math.log(noiseFloor), 2],
} as const

export interface FitData extends PointColumns {
  readonly n: number
  /** Standardised values. Shapes: [n]. */
  readonly values: Float64Array
}

/** Before anything was observed: the priors' means, and little noise. */
export function initialHyperparameters(dimensions: number): Hyperparameters {
  const weight = Math.exp(-2 * lengthMean(dimensions))
  return { weights: new Float64Array(dimensions).fill(weight), scale: 1, noise: 1e-2 }
}

/**
 * Goes up from each of `starts` (at least one) and returns the best.
 *
 * Source: Rasmussen & Williams, 2006, 5.4.1 (marginal likelihood and gradient); Hvarfner, Hellsten & Nardi, ICML 2024 (length scales
 * that grow with √d). Differs: the priors' means and deviations.
 */
export function fitHyperparameters(
  data: FitData,
  starts: readonly Hyperparameters[],
  evaluationsMax: number,
): Hyperparameters {
  const d = data.columns.length
  const low = new Float64Array(d + 2).fill(bounds.weights[0])
  const high = new Float64Array(d + 2).fill(bounds.weights[1])
  for (const [i, [from, to]] of [bounds.scale, bounds.noise].entries()) {
    low[d + i] = from
    high[d + i] = to
  }
  const evaluate = negativeLogPosterior(data)
  const ends = starts.map((start) =>
    boundedMinimum(evaluate, logsOf(start), {
      low,
      high,
      evaluationsMax,
      gradientTolerance: 1e-3,
      valueTolerance: 1e-6,
    }),
  )
  const best = ends.reduce((one, other) => (other.value < one.value ? other : one))
  return fromLogs(best.x)
}

/** By the logarithms of weights, scale and noise. Shapes: x [d+2]. */
export function negativeLogPosterior(data: FitData): (x: Float64Array, gradient: Float64Array) => number {
  const { n, values, columns } = data
  const d = columns.length
  const distances = pairDistances(data)
  const size = packedLength(n)
  const squares = new Float64Array(size)
  const decays = new Float64Array(size)
  const rows = new Float64Array(size)
  return (x, gradient) => {
    const { weights, scale, noise } = fromLogs(x)
    squares.fill(0)
    for (let k = 0; k < d; k++) addScaled(squares, distances[k] as Float64Array, weights[k] as number)
    for (let p = 0; p < size; p++) {
      const r = Math.sqrt(5 * (squares[p] as number))
      const decay = scale * Math.exp(-r)
      rows[p] = decay * (1 + r + (r * r) / 3)
      decays[p] = (-5 / 6) * decay * (1 + r)
    }
    for (let i = 0; i < n; i++) rows[packedLength(i) + i] = scale + noise
    if (!factorise(rows, n)) return Number.POSITIVE_INFINITY
    const alpha = values.slice(0, n)
    solveLower(rows, n, alpha)
    let fit = 0
    for (let i = 0; i < n; i++) fit += (alpha[i] as number) ** 2
    solveUpper(rows, n, alpha)
    const likelihood = 0.5 * fit + 0.5 * logDeterminant(rows, n)
    addLikelihoodSlopes(gradient, {
      inverse: inverseOf(rows, n),
      alpha,
      fit,
      distances,
      decays,
      hyper: { weights, scale, noise },
    })
    return likelihood + addPriors(x, gradient)
  }
}

interface Slopes {
  readonly inverse: Float64Array
  readonly alpha: Float64Array
  /** yᵀ K⁻¹ y. */
  readonly fit: number
  readonly distances: readonly Float64Array[]
  readonly decays: Float64Array
  readonly hyper: Hyperparameters
}

/** Half the trace of (K⁻¹ - ααᵀ) ∂K, for each logarithm. */
function addLikelihoodSlopes(gradient: Float64Array, { inverse, alpha, fit, distances, decays, hyper }: Slopes): void {
  const n = alpha.length
  const d = distances.length
  let trace = 0
  for (let i = 0, p = 0; i < n; i++) {
    const own = alpha[i] as number
    for (let j = 0; j < i; j++, p++) {
      // Off the diagonal each pair counts twice, which takes up the half.
      decays[p] = (decays[p] as number) * ((inverse[p] as number) - own * (alpha[j] as number))
    }
    decays[p] = 0
    trace += (inverse[p] as number) - own * own
    p++
  }
  for (let k = 0; k < d; k++) {
    const distance = distances[k] as Float64Array
    let sum = 0
    for (let p = 0; p < distance.length; p++) sum += (decays[p] as number) * (distance[p] as number)
    gradient[k] = sum * (hyper.weights[k] as number)
  }
  gradient[d + 1] = 0.5 * hyper.noise * trace
  // K = scale C + noise I: tr(K⁻¹ K) = n and αᵀ K α = yᵀ α leave the slope by log scale.
  gradient[d] = 0.5 * (n - fit - hyper.noise * trace)
}

function addPriors(x: Float64Array, gradient: Float64Array): number {
  const d = x.length - 2
  const mean = lengthMean(d)
  let sum = 0
  const add = (at: number, z: number, slope: number) => {
    sum += 0.5 * z * z
    gradient[at] = (gradient[at] as number) + z * slope
  }
  for (let k = 0; k < d; k++) {
    const { deviation } = priors.length
    add(k, (-0.5 * (x[k] as number) - mean) / deviation, -0.5 / deviation)
  }
  for (const [i, { mean, deviation }] of [priors.scale, priors.noise].entries()) {
    add(d + i, ((x[d + i] as number) - mean) / deviation, 1 / deviation)
  }
  return sum
}

function lengthMean(dimensions: number): number {
  return priors.length.mean + 0.5 * Math.log(Math.max(1, dimensions / 8))
}

/** Shapes: → [d][n(n+1)/2]. */
function pairDistances({ columns, unordered, n }: FitData): Float64Array[] {
  return columns.map((column, d) => {
    const out = new Float64Array(packedLength(n))
    const isIndex = unordered[d] === 1
    for (let i = 0, p = 0; i < n; i++) {
      for (let j = 0; j <= i; j++, p++) out[p] = coordinateDistance(column[i] as number, column[j] as number, isIndex)
    }
    return out
  })
}

function addScaled(sums: Float64Array, values: Float64Array, factor: number): void {
  for (let p = 0; p < sums.length; p++) sums[p] = (sums[p] as number) + factor * (values[p] as number)
}

function logsOf({ weights, scale, noise }: Hyperparameters): Float64Array {
  return Float64Array.of(...[...weights, scale, noise].map(Math.log))
}

function fromLogs(x: Float64Array): Hyperparameters {
  const d = x.length - 2
  return { weights: x.slice(0, d).map(Math.exp), scale: Math.exp(x[d] as number), noise: Math.exp(x[d + 1] as number) }
}
