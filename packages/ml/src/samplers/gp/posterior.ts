/** The posterior of a Gaussian process: what values it expects at a point, and how sure it is. */

import { factorise, lanes, packedLength, solveLower, solveLowerLanes, solveUpper } from '../../numeric/cholesky.ts'
import { covariances } from './covariances.ts'
import { type Hyperparameters, maternSlope, type PointColumns } from './kernel.ts'
import { placed, type ScaledColumn, scaledColumns, slopesAlong } from './scaled-columns.ts'

/** The factor of the covariance of the first `n` points of some; it grows by appending. */
export interface Factor {
  readonly n: number
  readonly hyper: Hyperparameters
  /** Packed rows of L, at least n of them. */
  readonly factor: Float64Array
  /** False where something had to be added to the diagonal. */
  readonly exact: boolean
}

/** Points that a posterior is conditioned on, and the factor of their covariance. */
export interface Conditioning extends Factor {
  readonly columns: readonly ScaledColumn[]
}

export interface Posterior extends Conditioning {
  /** K⁻¹ y. Shapes: [n]. */
  readonly alpha: Float64Array
}

/** A value with its deviation, and how both change along each numeric coordinate; NaN elsewhere. */
export interface Prediction {
  readonly mean: number
  readonly deviation: number
  readonly meanSlopes: Float64Array
  readonly deviationSlopes: Float64Array
}

/** Below it a variance is rounding. */
const varianceFloor = 1e-12

/**
 * The factor for the first `n` points, of which `known` says what is there already. Undefined where the covariance is not positive
 * definite even with 1e-6 of the scale added to it.
 *
 * Cost: O(n²) for each new point, n³/6 for all of them.
 */
export function condition(
  points: PointColumns,
  { n, hyper, known }: { readonly n: number; readonly hyper: Hyperparameters; readonly known?: Factor | undefined },
): Conditioning | undefined {
  const columns = scaledColumns(points, hyper)
  const from = known?.exact && known.hyper === hyper ? Math.min(n, known.n) : 0
  const appended = from > 0 ? withRoom(known as Factor, n) : new Float64Array(packedLength(n + spareRows))
  writeCovariances(columns, appended, { from, to: n, hyper, jitter: 0 })
  if (factorise(appended, n, from)) return { columns, n, hyper, factor: appended, exact: true }
  const anew = new Float64Array(packedLength(n))
  writeCovariances(columns, anew, { from: 0, to: n, hyper, jitter: 1e-6 * hyper.scale })
  return factorise(anew, n) ? { columns, n, hyper, factor: anew, exact: false } : undefined
}

/** Rows that a factor has room for beyond those it needs. */
const spareRows = 32

/** What the factor for `n` points takes in memory. */
export function factorBytes(n: number): number {
  return Float64Array.BYTES_PER_ELEMENT * packedLength(n + spareRows)
}

/** The factor where it has room; what is appended lies behind the rows that `known` counts. */
function withRoom({ factor, n: used }: Factor, n: number): Float64Array {
  if (factor.length >= packedLength(n)) return factor
  const larger = new Float64Array(packedLength(n + spareRows))
  larger.set(factor.subarray(0, packedLength(used)))
  return larger
}

/** Shapes: `values` ≥ [n]. */
export function posteriorOf(conditioning: Conditioning, values: Float64Array): Posterior {
  const { factor, n } = conditioning
  const alpha = values.slice(0, n)
  solveLower(factor, n, alpha)
  solveUpper(factor, n, alpha)
  return { ...conditioning, alpha }
}

/** Means at the points themselves. Shapes: `values` ≥ [n] → [n]. */
export function fittedMeans({ alpha, hyper }: Posterior, values: Float64Array): Float64Array {
  return alpha.map((one, i) => (values[i] as number) - hyper.noise * one)
}

/** Means and deviations at many points. Shapes: [p][d] → [p] each. */
export function predictMany(
  posterior: Posterior,
  points: readonly Float64Array[],
): { readonly means: Float64Array; readonly deviations: Float64Array } {
  const { n, hyper, factor, alpha } = posterior
  const means = new Float64Array(points.length)
  const deviations = new Float64Array(points.length)
  const block = new Float64Array(lanes * n)
  const [out, squares] = [new Float64Array(n), new Float64Array(n)]
  for (let first = 0; first < points.length; first += lanes) {
    const width = Math.min(lanes, points.length - first)
    for (let lane = 0; lane < width; lane++) {
      covariances(posterior.columns, placesOf(posterior, points[first + lane] as Float64Array), {
        hyper,
        n,
        out,
        squares,
      })
      let mean = 0
      for (let i = 0; i < n; i++) {
        const k = out[i] as number
        block[lanes * i + lane] = k
        mean += k * (alpha[i] as number)
      }
      means[first + lane] = mean
    }
    solveLowerLanes(factor, { from: 0, to: n }, block)
    for (let lane = 0; lane < width; lane++) {
      let variance = hyper.scale
      for (let i = lane; i < lanes * n; i += lanes) variance -= (block[i] as number) ** 2
      deviations[first + lane] = Math.sqrt(Math.max(varianceFloor, variance))
    }
  }
  return { means, deviations }
}

/** Means at many points. Shapes: [p][d] → [p]. Cost: O(n) for each. */
export function predictMeans(posterior: Posterior, points: readonly Float64Array[]): Float64Array {
  const { n, hyper, alpha, columns } = posterior
  const [out, squares] = [new Float64Array(n), new Float64Array(n)]
  return Float64Array.from(points, (point) => {
    covariances(columns, placesOf(posterior, point), { hyper, n, out, squares })
    return out.reduce((mean, one, i) => mean + one * (alpha[i] as number), 0)
  })
}

/** Shapes: `point` [d]. Cost: O(n²). */
export function predict(posterior: Posterior, point: Float64Array): Prediction {
  const { n, hyper, factor, alpha, columns } = posterior
  const squares = new Float64Array(n)
  const solved = new Float64Array(n)
  const places = placesOf(posterior, point)
  covariances(columns, places, { hyper, n, out: solved, squares })
  let mean = 0
  for (let i = 0; i < n; i++) mean += (solved[i] as number) * (alpha[i] as number)
  solveLower(factor, n, solved)
  let variance = hyper.scale
  for (let i = 0; i < n; i++) variance -= (solved[i] as number) ** 2
  solveUpper(factor, n, solved)
  const deviation = Math.sqrt(Math.max(varianceFloor, variance))
  // ∂k/∂xᵢ = 2 θ (x - xᵢ) · scale · matern′ of both parts; then ∂mean = Σ α ∂k and ∂variance = -2 Σ K⁻¹k ∂k.
  const weights = {
    whole: squares.map((square) => 2 * hyper.scale * (1 - hyper.additive) * maternSlope(square / 5)),
    alone: (2 * hyper.scale * hyper.additive) / columns.length,
    byMean: alpha,
    byVariance: solved,
  }
  const meanSlopes = new Float64Array(point.length).fill(Number.NaN)
  const deviationSlopes = new Float64Array(point.length).fill(Number.NaN)
  for (const [d, column] of columns.entries()) {
    const slopes = slopesAlong(column, places[d] as number, weights)
    if (!slopes) continue
    // √5 θ^½ of θ is in the places already.
    const rest = column.rate / 5
    meanSlopes[d] = rest * slopes.mean
    deviationSlopes[d] = variance > varianceFloor ? (-rest * slopes.variance) / deviation : 0
  }
  return { mean, deviation, meanSlopes, deviationSlopes }
}

/** A point in the units of the columns. */
function placesOf({ columns }: Conditioning, point: Float64Array): Float64Array {
  return point.map((x, d) => placed(x, columns[d] as ScaledColumn))
}

/** Rows `from … to-1` of the covariance. */
function writeCovariances(
  columns: readonly ScaledColumn[],
  factor: Float64Array,
  { from, to, hyper, jitter }: { from: number; to: number; hyper: Hyperparameters; jitter: number },
): void {
  const [out, squares] = [new Float64Array(to), new Float64Array(to)]
  const point = new Float64Array(columns.length)
  for (let i = from; i < to; i++) {
    for (let d = 0; d < point.length; d++) point[d] = columns[d]?.places[i] as number
    covariances(columns, point, { hyper, n: i, out, squares })
    const at = packedLength(i)
    factor.set(out.subarray(0, i), at)
    factor[at + i] = hyper.scale + hyper.noise + jitter
  }
}
