/** Importance by shuffling: how much worse trees predict trials that they did not see once the values of a variable are mixed up. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'
import { centered, type Forest, type ForestOptions, growForest } from './forest.ts'
import { partsOf } from './parts.ts'
import { predictChanged, predictTree, type Tree } from './tree.ts'

/**
 * The growth of the mean squared error of trees at trials that they did not see, in variances of the objective; 0 where it falls.
 * Only trials in which the variable is active are counted and lend their values; they have a forest of their own.
 *
 * Source: Breiman, Machine Learning 45, 2001, section 10. Differs: a value is drawn from all trials in place of one shuffle, so that
 * only variables that a tree asks about on its way cost time; conditional variables, see above; not divided by a deviation.
 */
export function permutationEffects(evidence: Evidence, options: Required<ForestOptions>): readonly Effect[] {
  const effects: Effect[] = evidence.axes.map(() => ({ effect: 0, weight: 0 }))
  const { scale } = centered(evidence.values)
  for (const part of partsOf(evidence)) {
    if (scale === 0 || part.evidence.values.length < 2) continue
    const { growths, variance, scale: own } = growthsIn(part.evidence, options)
    const share = part.evidence.values.length / evidence.values.length
    for (const axis of part.axes)
      effects[axis] = { effect: growths[axis] as number, weight: share * variance * (own / scale) ** 2 }
  }
  return effects
}

/** In variances. Shapes: [d]. */
interface Growths {
  readonly growths: Float64Array
  /** Of the objective, in squares of its scale. */
  readonly variance: number
  readonly scale: number
}

function growthsIn(evidence: Evidence, options: Required<ForestOptions>): Growths {
  const forest = growForest(evidence, options)
  const variance = forest.values.reduce((sum, value) => sum + value * value, 0) / forest.values.length
  const active = evidence.columns.map((column) => column.filter((cell) => cell >= 0))
  const sums: Sums = { growth: new Float64Array(active.length), rows: new Float64Array(active.length) }
  const random = seededRandom(options.seed)
  for (const t of forest.trees.keys()) addGrowth(sums, { evidence, forest, active, tree: t, random: random.fork(t) })
  const growths = sums.growth.map((growth, axis) => {
    const rows = sums.rows[axis] as number
    return rows === 0 || variance === 0 ? 0 : Math.max(0, growth / rows / variance)
  })
  return { growths, variance, scale: forest.scale }
}

/** Shapes: [d] each. */
interface Sums {
  readonly growth: Float64Array
  readonly rows: Float64Array
}

interface Shuffling {
  readonly evidence: Evidence
  readonly forest: Forest
  /** The cells of all trials in which an axis is active. Shapes: [d][…]. */
  readonly active: readonly Int32Array[]
  readonly tree: number
  readonly random: Random
}

function addGrowth(sums: Sums, { evidence, forest, active, tree: t, random }: Shuffling): void {
  const tree = forest.trees[t] as Tree
  const columns = forest.columns[t] as readonly Int32Array[]
  const cells = new Int32Array(columns.length)
  for (const row of forest.outOfBag[t] as Int32Array) {
    const isActive = (axis: number) => (evidence.columns[axis]?.[row] as number) >= 0
    for (let axis = 0; axis < cells.length; axis++) {
      cells[axis] = columns[axis]?.[row] as number
      if (isActive(axis)) sums.rows[axis] = (sums.rows[axis] as number) + 1
    }
    const truth = forest.values[row] as number
    const before = (predictTree(tree, cells) - truth) ** 2
    predictChanged(tree, cells, {
      other(axis) {
        const lenders = active[axis] as Int32Array
        return isActive(axis) ? lenders[random.int(lenders.length)] : undefined
      },
      found(axis, value) {
        sums.growth[axis] = (sums.growth[axis] as number) + (value - truth) ** 2 - before
      },
    })
  }
}
