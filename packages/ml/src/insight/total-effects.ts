/** How much of a forest's variance is gone once all variables but one are known: what a variable does by itself and with others. */

import type { Random } from '@mabeam/foundation'
import type { Forest } from './forest.ts'
import type { Region } from './region.ts'
import { predictTree } from './tree.ts'

export interface TotalEffects {
  /** Of the forest over the region. */
  readonly variance: number
  /** Shapes: [axes]. */
  readonly totals: Float64Array
}

export interface TotalEffectsOptions {
  readonly region: Region
  /** Those that are asked about. */
  readonly axes: readonly number[]
  /** Points drawn in the region. */
  readonly points: number
  readonly random: Random
}

/** As many points as take about a second at most. */
export function pointsFor(axes: number): number {
  return Math.max(256, Math.min(2_048, Math.floor(32_768 / axes)))
}

/**
 * By pairs of points that differ in one variable.
 *
 * Source: Jansen, Comput. Phys. Commun. 117, 1999; Saltelli et al., Comput. Phys. Commun. 181, 2010. Differs: none.
 */
export function totalEffects(forest: Forest, { region, axes, points, random }: TotalEffectsOptions): TotalEffects {
  const totals = new Float64Array(axes.length)
  let [sum, squares] = [0, 0]
  for (let p = 0; p < points; p++) {
    const here = region.sums.map((sums) => cellAtShare(sums, random.next()))
    const value = predictForest(forest, here)
    sum += value
    squares += value * value
    for (const [i, axis] of axes.entries()) {
      const kept = here[axis] as number
      here[axis] = cellAtShare(region.sums[axis] as Float64Array, random.next())
      if (here[axis] !== kept) totals[i] = (totals[i] as number) + (predictForest(forest, here) - value) ** 2 / 2
      here[axis] = kept
    }
  }
  const mean = sum / points
  return { variance: Math.max(0, squares / points - mean * mean), totals: totals.map((total) => total / points) }
}

function predictForest({ trees }: Forest, cells: readonly number[]): number {
  let sum = 0
  for (const tree of trees) sum += predictTree(tree, (axis) => cells[axis] as number)
  return sum / trees.length
}

function cellAtShare(sums: Float64Array, share: number): number {
  let [low, high] = [0, sums.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((sums[middle] as number) <= share) low = middle
    else high = middle
  }
  return low
}
