/** The covariance of mixed and conditional points: Matérn-5/2 over a weighted sum of distances, one for each dimension. */

/** Shapes: `weights` [d], inverse squared length scales. */
export interface Hyperparameters {
  readonly weights: Float64Array
  /** Variance of the function. */
  readonly scale: number
  /** Variance of what an observation adds. */
  readonly noise: number
}

/** Encoded points by column, so that a distance in one dimension is one loop. Shapes: [d][≥ n]. */
export interface PointColumns {
  readonly columns: readonly Float64Array[]
  readonly unordered: Uint8Array
}

/**
 * Distance of two encoded coordinates: squared difference, 0 or 1 for indices; 0 where both are inactive, 1 where one is.
 *
 * @example coordinateDistance(0.5, Number.NaN, false) // => 1
 */
export function coordinateDistance(a: number, b: number, unordered: boolean): number {
  const difference = a - b
  if (Number.isNaN(difference)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : 1
  return unordered ? Number(difference !== 0) : difference * difference
}

/** Writes weighted squared distances of `point` to the first `n` points into `out`. Shapes: `point` [d], `out` ≥ [n]. */
export function weightedDistances(
  { columns, unordered }: PointColumns,
  point: Float64Array,
  { weights, n, out }: { readonly weights: Float64Array; readonly n: number; readonly out: Float64Array },
): void {
  out.fill(0, 0, n)
  for (let d = 0; d < columns.length; d++) {
    const column = columns[d] as Float64Array
    const weight = weights[d] as number
    const at = point[d] as number
    if (Number.isNaN(at))
      for (let i = 0; i < n; i++) out[i] = (out[i] as number) + (Number.isNaN(column[i]) ? 0 : weight)
    else if (unordered[d]) for (let i = 0; i < n; i++) out[i] = (out[i] as number) + (column[i] === at ? 0 : weight)
    else {
      for (let i = 0; i < n; i++) {
        const difference = at - (column[i] as number)
        const square = difference * difference
        out[i] = (out[i] as number) + weight * (Number.isNaN(square) ? 1 : square)
      }
    }
  }
}

/** Correlation at a weighted squared distance. Source: Rasmussen & Williams, 2006, eq. 4.17. @example matern(0) // => 1 */
export function matern(square: number): number {
  const r = Math.sqrt(5 * square)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

/** Derivative of `matern` by the weighted squared distance. @example maternSlope(0) // => -5 / 6 */
export function maternSlope(square: number): number {
  const r = Math.sqrt(5 * square)
  return (-5 / 6) * (1 + r) * Math.exp(-r)
}
