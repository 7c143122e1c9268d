/** Densities on the cells of an axis: a Parzen estimator whose table is all there is to it. */

import { normalMass } from '../numeric/normal.ts'
import type { Axis } from './axis.ts'

export interface DensityOptions {
  /** How wide kernels are, in cells; of ordered cells only. */
  readonly bandwidth: number
  /** What the prior has of the whole, above 0. */
  readonly priorShare: number
}

/** Shapes: [cells] each. */
export interface CellDensity {
  /** How likely each cell is; sums to 1, all above 0. */
  readonly density: Float64Array
  /** The variance that one observation brings to each: over the number of observations it is that of the density. */
  readonly spread: Float64Array
}

/**
 * How likely each cell is, by kernels at the observed ones and the prior. Ordered cells: normals cut at the ends of the axis; others:
 * all on the observed cell.
 *
 * Requires: at least one cell.
 */
export function cellDensity(
  { dimension, masses }: Axis,
  observed: readonly number[],
  { bandwidth, priorShare }: DensityOptions,
): CellDensity {
  const cells = masses.length
  const weights = new Float64Array(cells)
  for (const cell of observed) weights[cell] = (weights[cell] as number) + 1 / observed.length
  const means = new Float64Array(cells)
  const squares = new Float64Array(cells)
  for (const [center, weight] of weights.entries()) {
    if (weight === 0) continue
    const kernel = dimension.kind === 'unordered' ? onlyAt(center, cells) : normalAt(center, cells, bandwidth)
    for (const [cell, share] of kernel.entries()) {
      means[cell] = (means[cell] as number) + weight * share
      squares[cell] = (squares[cell] as number) + weight * share * share
    }
  }
  return {
    density: means.map((mean, cell) => (1 - priorShare) * mean + priorShare * (masses[cell] as number)),
    spread: squares.map((square, cell) => (1 - priorShare) ** 2 * Math.max(0, square - (means[cell] as number) ** 2)),
  }
}

/**
 * In cells, half of one at least.
 *
 * Requires: at least one cell. Source: Scott, Multivariate Density Estimation, 1992, with the robust deviation of Silverman, 1986.
 */
export function bandwidthOf(observed: readonly number[]): number {
  const n = observed.length
  const sorted = [...observed].sort((a, b) => a - b)
  const mean = sorted.reduce((sum, cell) => sum + cell, 0) / n
  const deviation = Math.sqrt(sorted.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / Math.max(1, n - 1))
  const at = (share: number) => sorted[Math.min(n - 1, Math.floor(share * n))] as number
  const robust = (at(0.75) - at(0.25)) / 1.34
  const spread = robust > 0 ? Math.min(deviation, robust) : deviation
  return Math.max(0.5, 1.059 * spread * n ** -0.2)
}

function onlyAt(center: number, cells: number): Float64Array {
  const kernel = new Float64Array(cells)
  kernel[center] = 1
  return kernel
}

function normalAt(center: number, cells: number, bandwidth: number): Float64Array {
  const mass = (from: number, to: number) => normalMass((from - center) / bandwidth, (to - center) / bandwidth)
  const whole = mass(-0.5, cells - 0.5)
  return Float64Array.from({ length: cells }, (_, cell) => mass(cell - 0.5, cell + 0.5) / whole)
}
