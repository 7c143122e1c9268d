/** Importance by shuffling: how much worse trees predict trials that they did not see once the values of a variable are mixed up. */

import { seededRandom } from '@mabeam/foundation'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'
import { type Forest, type ForestOptions, growForest } from './forest.ts'
import { predictTree } from './tree.ts'

/**
 * The growth of the mean squared error, in variances of the objective; 0 where it falls. Only trials in which the variable is active
 * are shuffled and counted.
 *
 * Source: Breiman, Machine Learning 45, 2001, section 10. Differs: conditional variables, see above; not divided by a deviation.
 */
export function permutationEffects(evidence: Evidence, options: Required<ForestOptions>): readonly Effect[] {
  const forest = growForest(evidence, options)
  const variance = forest.values.reduce((sum, value) => sum + value * value, 0) / forest.values.length
  const n = evidence.values.length
  return evidence.columns.map((column, axis) => {
    const random = seededRandom(options.seed).fork(axis)
    const active = column.reduce((count, cell) => count + Number(cell >= 0), 0)
    let [growth, rows] = [0, 0]
    for (const [t, unseen] of forest.outOfBag.entries()) {
      const asked = unseen.filter((row) => (column[row] as number) >= 0)
      if (!forest.trees[t]?.axis.includes(axis)) {
        rows += asked.length
        continue
      }
      const donors = random.shuffle([...asked])
      for (const [i, row] of asked.entries()) {
        growth += errorGrowth(forest, { tree: t, row, axis, cell: column[donors[i] as number] as number })
      }
      rows += asked.length
    }
    const effect = rows === 0 || variance === 0 ? 0 : Math.max(0, growth / rows / variance)
    return { effect, weight: active / n }
  })
}

interface Shuffled {
  readonly tree: number
  readonly row: number
  readonly axis: number
  /** The cell that another row has there. */
  readonly cell: number
}

function errorGrowth({ trees, columns, values }: Forest, { tree, row, axis, cell }: Shuffled): number {
  const one = trees[tree] as Forest['trees'][number]
  const cellAt = (at: number) => columns[tree]?.[at]?.[row] as number
  const truth = values[row] as number
  const before = predictTree(one, cellAt) - truth
  const after = predictTree(one, (at) => (at === axis ? cell : cellAt(at))) - truth
  return after * after - before * before
}
