/**
 * The functional analysis of variance of a forest: what it expects along one variable or two, the others averaged over, and how
 * much of its variance that is. Leaves are boxes, so averages over the prior are exact sums.
 */

import type { Forest } from './forest.ts'
import { massOf, type Region } from './region.ts'
import { type Leaf, leavesOf, type Side } from './tree.ts'

/** The leaves of all trees. */
export function leavesOfForest({ trees }: Forest): readonly Leaf[] {
  return trees.flatMap(leavesOf)
}

/** Leaves over a part of the space. */
export interface LeavesIn {
  readonly leaves: readonly Leaf[]
  readonly region: Region
}

/**
 * What the forest expects in each cell of every axis beyond its mean, averaged over the other axes of a region.
 *
 * Shapes: → [d][cells]. Ensures: the mean over the region is 0.   Cost: O(leaves · depth).
 * Source: Hutter, Hoos & Leyton-Brown, ICML 2014. Differs: of the forest and not of each tree, so that what trees make up by
 * themselves cancels out; over a region.
 */
export function mainEffects(forest: Forest, { leaves, region }: LeavesIn): Float64Array[] {
  const jumps = forest.axes.map(({ cells }) => new Float64Array(cells + 1))
  const constants = new Float64Array(forest.axes.length)
  for (const leaf of leaves) {
    const masses = leaf.sides.map((side) => massOn(region, side))
    for (const [s, { axis, runs }] of leaf.sides.entries()) {
      const weighted = leaf.value * productWithout(masses, s)
      if (weighted === 0) continue
      constants[axis] = (constants[axis] as number) + weighted * (masses[s] as number)
      addRuns(jumps[axis] as Float64Array, runs, weighted)
    }
  }
  const trees = forest.trees.length
  return jumps.map((jump, d) => levelsOf(jump).map((level) => (level - (constants[d] as number)) / trees))
}

/** The variance of an effect. Shapes: [cells], [cells]. */
export function varianceOf(effect: Float64Array, masses: Float64Array): number {
  return effect.reduce((sum, value, cell) => sum + value * value * (masses[cell] as number), 0)
}

/** Two axes that differ. */
export interface AxisPair {
  readonly first: number
  readonly second: number
}

/**
 * What the forest expects in each cell of two axes beyond its mean and beyond what each does by itself, averaged over the other axes.
 *
 * Shapes: → [cells of the first · cells of the second], the second counting fastest. Ensures: the mean along either axis is 0.
 * Source: as `mainEffects`.
 */
export function pairEffect(forest: Forest, { leaves, region }: LeavesIn, { first, second }: AxisPair): Float64Array {
  const [rows, columns] = [forest.axes[first]?.cells as number, forest.axes[second]?.cells as number]
  const width = columns + 1
  const jumps = new Float64Array((rows + 1) * width)
  const alone = [new Float64Array(rows + 1), new Float64Array(width)] as const
  let constant = 0
  for (const { value, sides } of leaves) {
    const [a, b] = [sides.find(({ axis }) => axis === first), sides.find(({ axis }) => axis === second)]
    // A leaf that covers the whole of one of them has no part in what they do together.
    if (!a || !b) continue
    let weighted = value / forest.trees.length
    for (const side of sides) if (side !== a && side !== b) weighted *= massOn(region, side)
    const [massA, massB] = [massOn(region, a), massOn(region, b)]
    addBox(jumps, width, { rows: a.runs, columns: b.runs, value: weighted })
    addRuns(alone[0], a.runs, weighted * massB)
    addRuns(alone[1], b.runs, weighted * massA)
    constant += weighted * massA * massB
  }
  const [ofRow, ofColumn] = [levelsOf(alone[0]), levelsOf(alone[1])]
  const out = new Float64Array(rows * columns)
  const above = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    let level = 0
    for (let column = 0; column < columns; column++) {
      level += jumps[row * width + column] as number
      above[column] = (above[column] as number) + level
      const together = above[column] as number
      out[row * columns + column] = together - (ofRow[row] as number) - (ofColumn[column] as number) + constant
    }
  }
  return out
}

/** The variance of an effect of two. Shapes: [rows · columns], [rows], [columns]. */
export function pairVarianceOf(effect: Float64Array, rows: Float64Array, columns: Float64Array): number {
  let sum = 0
  for (const [place, value] of effect.entries()) {
    const row = rows[Math.floor(place / columns.length)] as number
    sum += value * value * row * (columns[place % columns.length] as number)
  }
  return sum
}

/** What the forest expects in a region. */
export function meanOver(forest: Forest, { leaves, region }: LeavesIn): number {
  let sum = 0
  for (const { value, sides } of leaves) {
    sum += sides.reduce((product, side) => product * massOn(region, side), value)
  }
  return sum / forest.trees.length
}

function massOn(region: Region, { axis, runs }: Side): number {
  return massOf(region.sums[axis] as Float64Array, runs)
}

function addBox(
  jumps: Float64Array,
  width: number,
  {
    rows,
    columns,
    value,
  }: { readonly rows: readonly number[]; readonly columns: readonly number[]; readonly value: number },
): void {
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const at = row * width + column
      jumps[at] = (jumps[at] as number) + ((i + j) % 2 === 0 ? value : -value)
    }
  }
}

function levelsOf(jump: Float64Array): Float64Array {
  let level = 0
  return jump.subarray(0, -1).map((step) => {
    level += step
    return level
  })
}

function productWithout(masses: readonly number[], without: number): number {
  let product = 1
  for (const [s, mass] of masses.entries()) if (s !== without) product *= mass
  return product
}

function addRuns(jump: Float64Array, runs: readonly number[], value: number): void {
  for (let i = 0; i < runs.length; i += 2) {
    const [from, to] = [runs[i] as number, runs[i + 1] as number]
    jump[from] = (jump[from] as number) + value
    jump[to] = (jump[to] as number) - value
  }
}
