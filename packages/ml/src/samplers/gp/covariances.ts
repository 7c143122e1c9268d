/** Covariances of a point with others. */

import { type Hyperparameters, matern } from './kernel.ts'
import { addPairs, type ScaledColumn } from './scaled-columns.ts'

/** A part of the variance of less is not worth the time that it takes. */
const additiveMin = 1e-3

export interface CovarianceTarget {
  readonly hyper: Hyperparameters
  readonly n: number
  readonly out: Float64Array
  /** Receives squared distances, five times the weighted ones. */
  readonly squares: Float64Array
}

/** Writes the covariances of a point with the first `n` into `out`. Shapes: `places` [d], as in the columns; `out`, `squares` ≥ [n]. */
export function covariances(
  columns: readonly ScaledColumn[],
  places: Float64Array,
  { hyper, n, out, squares }: CovarianceTarget,
): void {
  const { scale, additive } = hyper
  const isAdditive = additive >= additiveMin
  squares.fill(0, 0, n)
  out.fill(0, 0, n)
  const sums = { squares, alone: isAdditive ? out : undefined, from: 0, count: n }
  for (const [d, column] of columns.entries()) addPairs(column, places[d] as number, sums)
  const part = isAdditive ? (scale * additive) / columns.length : 0
  const rest = isAdditive ? scale * (1 - additive) : scale
  for (let i = 0; i < n; i++) out[i] = rest * matern((squares[i] as number) / 5) + part * (out[i] as number)
}
