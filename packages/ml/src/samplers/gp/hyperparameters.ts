/** Hyperparameters of a Gaussian process from data: the mode of their posterior. */

import { boundedMinimum, type CurvaturePair } from '../../numeric/bounded-minimum.ts'
import { factorise, inverseOf, logDeterminant, packedLength, solveLower, solveUpper } from '../../numeric/cholesky.ts'
import type { Hyperparameters, PointColumns } from './kernel.ts'
import { addPairs, addSlopes, type ScaledColumn, type SlopeSums, scaledColumns } from './scaled-columns.ts'

/** The least noise variance, of values with a variance of 1. */
export const noiseFloor = 1e-6

/** Priors are normals of logarithms: mean and deviation. */
const priors = {
  /** Length scales: about the side of the cube; beyond 8 variables they grow with √d, so that points are not all strangers. */
  length: { mean: 0, deviation: 1 },
  scale: { mean: 0, deviation: 1 },
  /** As likely a hundred times smaller as larger: most of what is measured is either exact or rough. */
  noise: { mean: -6, deviation: 3 },
  /** Of the logit: as likely mostly a sum as mostly not. */
  additive: { mean: 0, deviation: 1.5 },
}

const bounds = {
  weights: [-14, 7],
  scale: [-5, 5],
  noise: [Math.log(noiseFloor), 2],
  additive: [-7, 7],
} as const

export interface FitData extends PointColumns {
  readonly n: number
  /** Standardised values. Shapes: [n]. */
  readonly values: Float64Array
  /** Whether they are known to have no noise: it stays at its floor. @default false */
  readonly exact?: boolean
}

/** Whether a model found no noise, or was told of none. */
export function isQuiet({ noise }: Hyperparameters): boolean {
  return noise <= 1.001 * noiseFloor
}

/** Before anything was observed: the priors' means, and little noise. */
export function initialHyperparameters(dimensions: number): Hyperparameters {
  const weight = Math.exp(-2 * lengthMean(dimensions))
  return { weights: new Float64Array(dimensions).fill(weight), scale: 1, noise: 1e-2, additive: 0.5 }
}

/** Hyperparameters, and what was learned of the curvature there for each point of the data. */
export interface Fit {
  readonly hyper: Hyperparameters
  readonly curvature: readonly CurvaturePair[]
}

/**
 * Goes up from each of `starts` (at least one) and returns the best. `curvature`: what a fit to less data learned; then a few
 * evaluations go far.
 *
 * Source: Rasmussen & Williams, 2006, 5.4.1 (marginal likelihood and gradient); Hvarfner, Hellsten & Nardi, ICML 2024 (length scales
 * that grow with √d). Differs: the priors' means and deviations.
 */
export function fitHyperparameters(
  data: FitData,
  starts: readonly Hyperparameters[],
  {
    evaluationsMax,
    curvature = [],
  }: { readonly evaluationsMax: number; readonly curvature?: readonly CurvaturePair[] },
): Fit {
  const d = data.columns.length
  const low = new Float64Array(d + 3).fill(bounds.weights[0])
  const high = new Float64Array(d + 3).fill(bounds.weights[1])
  for (const [i, [from, to]] of [bounds.scale, bounds.noise, bounds.additive].entries()) {
    low[d + i] = from
    high[d + i] = to
  }
  if (data.exact) high[d + 1] = bounds.noise[0]
  const evaluate = negativeLogPosterior(data)
  const ends = starts.map((start) =>
    boundedMinimum(evaluate, logsOf(start), {
      low,
      high,
      evaluationsMax,
      gradientTolerance: 1e-3,
      valueTolerance: 1e-6,
      curvature: curvature.map((pair) => timesCurvature(pair, data.n)),
    }),
  )
  const best = ends.reduce((one, other) => (other.value < one.value ? other : one))
  return { hyper: fromLogs(best.x), curvature: best.curvature.map((pair) => timesCurvature(pair, 1 / data.n)) }
}

/** A likelihood is about as much more curved as it has more points. */
function timesCurvature({ step, change, curvature }: CurvaturePair, times: number): CurvaturePair {
  return { step, change: change.map((one) => one * times), curvature: curvature * times }
}

/** By the logarithms of weights, scale and noise and the logit of the additive part. Shapes: x [d+3]. */
export function negativeLogPosterior(data: FitData): (x: Float64Array, gradient: Float64Array) => number {
  const { n, values } = data
  const d = data.columns.length
  const size = packedLength(n)
  const whole = new Float64Array(size)
  const alone = new Float64Array(size)
  const wholeSlopes = new Float64Array(size)
  const rows = new Float64Array(size)
  return (x, gradient) => {
    const hyper = fromLogs(x)
    const { scale, noise, additive } = hyper
    const parts: KernelParts = { columns: scaledColumns(data, hyper), n, whole, alone, wholeSlopes }
    writeParts(parts)
    const [rest, part] = [scale * (1 - additive), (scale * additive) / d]
    for (let p = 0; p < size; p++) rows[p] = rest * (whole[p] as number) + part * (alone[p] as number)
    for (let i = 0; i < n; i++) rows[packedLength(i) + i] = scale + noise
    if (!factorise(rows, n)) return Number.POSITIVE_INFINITY
    const alpha = values.slice(0, n)
    solveLower(rows, n, alpha)
    let fit = 0
    for (let i = 0; i < n; i++) fit += (alpha[i] as number) ** 2
    solveUpper(rows, n, alpha)
    const likelihood = 0.5 * fit + 0.5 * logDeterminant(rows, n)
    addLikelihoodSlopes(gradient, { inverse: inverseOf(rows, n), alpha, fit, parts, hyper })
    return likelihood + addPriors(x, gradient)
  }
}

/** Both kernels of all pairs, and the derivative of the first by the weighted squared distance. Shapes: [n(n+1)/2]. */
interface KernelParts {
  readonly columns: readonly ScaledColumn[]
  readonly n: number
  readonly whole: Float64Array
  readonly wholeSlopes: Float64Array
  /** The sum over dimensions. */
  readonly alone: Float64Array
}

function writeParts({ columns, n, whole, alone, wholeSlopes }: KernelParts): void {
  // `whole` holds squared distances until its turn comes.
  whole.fill(0)
  alone.fill(0)
  for (let i = 0, from = 0; i < n; i++, from += i) {
    const sums = { squares: whole, alone, from, count: i }
    for (const column of columns) addPairs(column, column.places[i] as number, sums)
    for (let p = from; p < from + i; p++) {
      const square = whole[p] as number
      const r = Math.sqrt(square)
      const decay = Math.exp(-r)
      whole[p] = decay * (1 + r + square / 3)
      wholeSlopes[p] = (-5 / 6) * decay * (1 + r)
    }
    whole[from + i] = 1
    alone[from + i] = columns.length
  }
}

interface Slopes {
  /** Taken over. */
  readonly inverse: Float64Array
  readonly alpha: Float64Array
  /** yᵀ K⁻¹ y. */
  readonly fit: number
  /** Slopes are taken over. */
  readonly parts: KernelParts
  readonly hyper: Hyperparameters
}

/** Half the trace of (K⁻¹ - ααᵀ) ∂K, for each logarithm. */
function addLikelihoodSlopes(gradient: Float64Array, { inverse, alpha, fit, parts, hyper }: Slopes): void {
  const { columns, n, whole, alone, wholeSlopes } = parts
  const { scale, noise, additive } = hyper
  const d = columns.length
  let trace = 0
  for (let i = 0, p = 0; i < n; i++) {
    const own = alpha[i] as number
    // Off the diagonal each pair counts twice, which takes up the half.
    for (let j = 0; j < i; j++, p++) inverse[p] = (inverse[p] as number) - own * (alpha[j] as number)
    trace += (inverse[p] as number) - own * own
    inverse[p] = 0
    p++
  }
  for (let p = 0; p < whole.length; p++) wholeSlopes[p] = (wholeSlopes[p] as number) * (inverse[p] as number)
  const [rest, part] = [scale * (1 - additive), (scale * additive) / d]
  const sums = columns.map(() => ({ whole: 0, alone: 0 }))
  for (let i = 0, from = 0; i < n; i++, from += i) {
    const weights = { byWhole: wholeSlopes, byAlone: inverse, from, count: i }
    for (const [k, column] of columns.entries()) {
      addSlopes(column, column.places[i] as number, { weights, sums: sums[k] as SlopeSums })
    }
  }
  // Squared distances are five times the weighted ones.
  for (const [k, sum] of sums.entries()) gradient[k] = (rest * sum.whole + part * sum.alone) / 5
  // K = scale C + noise I: tr(K⁻¹ K) = n and αᵀ K α = yᵀ α leave the slope by log scale.
  gradient[d] = 0.5 * (n - fit - noise * trace)
  gradient[d + 1] = 0.5 * noise * trace
  let byPart = 0
  for (let p = 0; p < whole.length; p++) {
    byPart += (inverse[p] as number) * ((alone[p] as number) / d - (whole[p] as number))
  }
  gradient[d + 2] = scale * additive * (1 - additive) * byPart
}

function addPriors(x: Float64Array, gradient: Float64Array): number {
  const d = x.length - 3
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
  for (const [i, { mean, deviation }] of [priors.scale, priors.noise, priors.additive].entries()) {
    add(d + i, ((x[d + i] as number) - mean) / deviation, 1 / deviation)
  }
  return sum
}

function lengthMean(dimensions: number): number {
  return priors.length.mean + 0.5 * Math.log(Math.max(1, dimensions / 8))
}

function logsOf({ weights, scale, noise, additive }: Hyperparameters): Float64Array {
  return Float64Array.of(...[...weights, scale, noise].map(Math.log), Math.log(additive / (1 - additive)))
}

function fromLogs(x: Float64Array): Hyperparameters {
  const d = x.length - 3
  return {
    weights: x.slice(0, d).map(Math.exp),
    scale: Math.exp(x[d] as number),
    noise: Math.exp(x[d + 1] as number),
    additive: 1 / (1 + Math.exp(-(x[d + 2] as number))),
  }
}
