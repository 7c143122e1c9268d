/** Densities on the cells of an axis: a Parzen estimator whose table is all there is to it. */

import { normalMass } from '../numeric/normal.ts'
import type { Axis } from './axis.ts'

export interface DensityOptions {
  /** How wide kernels are, in cells; of ordered cells only. */
  readonly bandwidth: number
  /** What the prior has of the whole, above 0. */
  readonly priorShare: number
}

/**
 * How likely each cell is, by kernels at the observed ones and the prior. Ordered cells: normals; others: all on the observed cell.
 *
 * Requires: at least one cell.   Ensures: sums to 1, all above 0.
 */
export function cellDensity(
  { dimension, masses }: Axis,
  observed: readonly number[],
  { bandwidth, priorShare }: DensityOptions,
): Float64Array {
  const weights = new Float64Array(masses.length)
  for (const cell of observed) weights[cell] = (weights[cell] as number) + 1 / observed.length
  const smoothed = dimension.kind === 'unordered' ? weights : smooth(weights, bandwidth)
  return smoothed.map((weight, cell) => (1 - priorShare) * weight + priorShare * (masses[cell] as number))
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

/** Each weight as a normal that is cut at the ends of the axis. */
function smooth(weights: Float64Array, bandwidth: number): Float64Array {
  const cells = weights.length
  const mass = (from: number, to: number) => normalMass(from / bandwidth, to / bandwidth)
  const out = new Float64Array(cells)
  for (const [center, weight] of weights.entries()) {
    if (weight === 0) continue
    const whole = mass(-center - 0.5, cells - center - 0.5)
    for (let cell = 0; cell < cells; cell++) {
      out[cell] = (out[cell] as number) + (weight * mass(cell - center - 0.5, cell - center + 0.5)) / whole
    }
  }
  return out
}
