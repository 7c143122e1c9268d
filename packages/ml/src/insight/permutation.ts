/** Importance by shuffling: how much worse trees predict trials that they did not see once the values of a variable are mixed up. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'
import { type Forest, type ForestOptions, growForest } from './forest.ts'
import { predictChanged, predictTree, type Tree } from './tree.ts'

/**
 * The growth of the mean squared error of trees at trials that they did not see, in variances of the objective; 0 where it falls.
 * Only trials in which the variable is active are counted and lend their values.
 *
 * Source: Breiman, Machine Learning 45, 2001, section 10. Differs: a value is drawn from all trials in place of one shuffle, so that
 * only variables that a tree asks about on its way cost time; conditional variables, see above; not divided by a deviation.
 */
export function permutationEffects(evidence: Evidence, options: Required<ForestOptions>): readonly Effect[] {
  const forest = growForest(evidence, options)
  const n = evidence.values.length
  const variance = forest.values.reduce((sum, value) => sum + value * value, 0) / n
  const active = evidence.columns.map((column) => column.filter((cell) => cell >= 0))
  const sums: Sums = { growth: new Float64Array(active.length), rows: new Float64Array(active.length) }
  const random = seededRandom(options.seed)
  for (const t of forest.trees.keys()) addGrowth(sums, { evidence, forest, active, tree: t, random: random.fork(t) })
  return active.map((cells, axis) => {
    const rows = sums.rows[axis] as number
    const growth = rows === 0 || variance === 0 ? 0 : (sums.growth[axis] as number) / rows / variance
    return { effect: Math.max(0, growth), weight: cells.length / n }
  })
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
