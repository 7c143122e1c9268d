/**
 * The covariance of mixed and conditional points, with one length scale for each dimension: partly Matérn-5/2 over the weighted sum of
 * distances, for a function in which everything may depend on everything, and partly the mean of Matérn-5/2 over each of them,
 * for a sum of functions of one variable each. Of the second kind a trial teaches something about all that share a value with it.
 *
 * Source: Rasmussen & Williams, 2006, eq. 4.17 (Matérn); Duvenaud, Nickisch & Rasmussen, NeurIPS 2011 (additive); Ru et al., ICML 2020
 * (a learned mixture of both, Hamming distance). Differs: both parts share their length scales.
 */

/** Shapes: `weights` [d], inverse squared length scales. */
export interface Hyperparameters {
  readonly weights: Float64Array
  /** Variance of the function. */
  readonly scale: number
  /** The part of it that is a sum of functions of one variable each, 0 to 1. */
  readonly additive: number
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

/** Matérn-5/2 at a weighted squared distance. @example matern(0) // => 1 */
export function matern(square: number): number {
  const r = Math.sqrt(5 * square)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

/** Derivative of `matern` by the weighted squared distance. @example maternSlope(0) // => -5 / 6 */
export function maternSlope(square: number): number {
  const r = Math.sqrt(5 * square)
  return (-5 / 6) * (1 + r) * Math.exp(-r)
}
