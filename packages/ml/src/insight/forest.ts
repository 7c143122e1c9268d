/** A random forest of regression trees: a model of a study whose integrals over any variables are exact. */

import { type Random, rule, seededRandom } from '@mabeam/foundation'
import type { Axis } from './axis.ts'
import type { Evidence } from './evidence.ts'
import { growTree, type Tree } from './tree.ts'

/** How forests of this room are grown. */
export interface ForestOptions {
  /** @default 64 */
  readonly trees?: number
  /** The most trials in one tree; each draws its own. @default 2_000 */
  readonly trialsMax?: number
  /** Of the draws; the same seed gives the same forest. @default 0 */
  readonly seed?: number
}

export const forestDefaults = { trees: 64, trialsMax: 2_000, seed: 0 } satisfies Required<ForestOptions>

export const forestRules = {
  trees: rule.optional(rule.int(1, 1_000)),
  trialsMax: rule.optional(rule.int(10, 100_000)),
  seed: rule.optional(rule.int(0)),
}

export interface Forest {
  readonly axes: readonly Axis[]
  readonly trees: readonly Tree[]
  /** Columns without gaps, as each tree saw them. Shapes: [trees][d][n]. */
  readonly columns: readonly (readonly Int32Array[])[]
  /** Rows that a tree did not see. Shapes: [trees][rows]. */
  readonly outOfBag: readonly Int32Array[]
  /** Values as the trees have them: the mean is 0 and the largest distance from it 1, or all are 0. Shapes: [n]. */
  readonly values: Float64Array
  readonly center: number
  readonly scale: number
}

/**
 * Grows the trees, each from as many trials as there are, drawn with repeats. Where a variable is inactive it has no value; each tree
 * draws its own from the prior, so that it learns that nothing depends on it.
 *
 * Requires: at least one trial.
 * Source: Breiman, Machine Learning 45, 2001. Differs: for what is inactive, see above.
 */
export function growForest(evidence: Evidence, { trees, trialsMax, seed }: Required<ForestOptions>): Forest {
  const { axes } = evidence
  const n = evidence.values.length
  const { values, center, scale } = centered(evidence.values)
  const root = seededRandom(seed)
  const grown = Array.from({ length: trees }, (_, t) => {
    const random = root.fork(t)
    const columns = evidence.columns.map((column, d) => filled(column, axes[d] as Axis, random))
    const rows = Int32Array.from({ length: Math.min(n, trialsMax) }, () => random.int(n)).sort()
    const data = {
      columns,
      cells: axes.map(({ cells }) => cells),
      ordered: axes.map(({ dimension }) => dimension.kind !== 'unordered'),
      values,
    }
    const tree = growTree(data, rows, { axesTried: axesTried(axes.length), sideRows: 1, random })
    return { tree, columns, outOfBag: without(n, rows) }
  })
  return {
    axes,
    trees: grown.map(({ tree }) => tree),
    columns: grown.map(({ columns }) => columns),
    outOfBag: grown.map(({ outOfBag }) => outOfBag),
    values,
    center,
    scale,
  }
}

/** All where that takes little time: a third of them, as is the custom for regression, sees less of what acts in bends or together. */
function axesTried(axes: number): number {
  return Math.min(axes, Math.max(30, Math.min(200, Math.ceil(axes / 3))))
}

/** The column with a cell drawn from the prior where it has none. */
function filled(column: Int32Array, { cells, masses }: Axis, random: Random): Int32Array {
  if (!column.includes(-1)) return column
  return column.map((cell) => (cell < 0 ? drawnCell(masses, random.next(), cells) : cell))
}

function drawnCell(masses: Float64Array, unit: number, cells: number): number {
  let rest = unit
  for (let cell = 0; cell < cells - 1; cell++) {
    rest -= masses[cell] as number
    if (rest < 0) return cell
  }
  return cells - 1
}

/** Requires: `rows` ascending. */
function without(n: number, rows: Int32Array): Int32Array {
  const seen = new Uint8Array(n)
  for (const row of rows) seen[row] = 1
  return Int32Array.from({ length: n }, (_, row) => row).filter((row) => seen[row] === 0)
}

/** Values from -1 to 1 around a mean of 0; a scale of 0 where all are equal. Requires: at least one. */
export function centered(given: Float64Array): { values: Float64Array; center: number; scale: number } {
  const most = given.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1
  const shares = given.map((value) => value / most)
  const center = shares.reduce((sum, value) => sum + value, 0) / given.length
  const scale = shares.reduce((a, b) => Math.max(a, Math.abs(b - center)), 0)
  // What differs by rounding alone does not differ.
  const isConstant = scale <= 1e-12
  const values = shares.map((value) => (isConstant ? 0 : (value - center) / scale))
  return { values, center: center * most, scale: isConstant ? 0 : scale * most }
}
