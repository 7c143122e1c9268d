/** The Pareto front: the trials that no other trial beats in every objective. */

import { checkOptions, rule } from '@mabeam/foundation'
import { checkAllMeasured, lossesOf, type Measured, type Objective } from '../objective.ts'

/**
 * The points that no other point dominates, in the order they were given. Equal points are all kept.
 *
 * Ensures: as a set independent of the order of `points`. A value that is missing or NaN counts as the worst.
 * Throws: `foundation/invalid-option` for what is no list, and for a point without values.
 * @example paretoFront([{ values: { cost: 1 } }, { values: { cost: 2 } }], [{ name: 'cost', direction: 'minimise' }]) // => the first
 */
export function paretoFront<T extends Measured>(points: readonly T[], objectives: readonly Objective[]): T[] {
  checkOptions('paretoFront', { points, objectives }, { points: rule.array(), objectives: rule.array() })
  checkAllMeasured('paretoFront', 'points', points)
  const losses = points.map((point) => lossesOf(point, objectives))
  return nonDominated(losses).map((index) => points[index] as T)
}

/** Whether losses `a` are nowhere above `b` and somewhere below. @example dominates([1, 2], [1, 3]) // => true */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let below = false
  for (let i = 0; i < a.length; i++) {
    const left = a[i] as number
    const right = b[i] as number
    if (left > right) return false
    if (left < right) below = true
  }
  return below
}

/**
 * Indices of the losses that no other dominates, ascending.
 *
 * Shapes: `losses` [n][m] → indices. Cost: O(n log n + n f m) with f the size of the front, because in lexicographic order
 * nothing is dominated by what comes later.
 */
export function nonDominated(losses: readonly (readonly number[])[]): number[] {
  const order = losses.map((_, index) => index)
  order.sort((a, b) => lexicographic(losses[a] as readonly number[], losses[b] as readonly number[]))
  const front: number[] = []
  for (const index of order) {
    const point = losses[index] as readonly number[]
    if (!front.some((kept) => dominates(losses[kept] as readonly number[], point))) front.push(index)
  }
  return front.sort((a, b) => a - b)
}

function lexicographic(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const left = a[i] as number
    const right = b[i] as number
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
