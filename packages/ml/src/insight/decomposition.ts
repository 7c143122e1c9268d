/**
 * The functional analysis of variance of a forest: what it expects along one variable or two, the others averaged over, and how
 * much of its variance that is. Leaves are boxes, so averages over the prior are exact sums.
 */

import type { Forest } from './forest.ts'
import { massOf, type Region } from './region.ts'
import { type Leaf, leavesOf } from './tree.ts'

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
    const masses = leaf.sides.map(({ axis, runs }) => massOf(region.sums[axis] as Float64Array, runs))
    for (const [s, { axis, runs }] of leaf.sides.entries()) {
      const weighted = leaf.value * productWithout(masses, s)
      if (weighted === 0) continue
      constants[axis] = (constants[axis] as number) + weighted * (masses[s] as number)
      addRuns(jumps[axis] as Float64Array, runs, weighted)
    }
  }
  return jumps.map((jump, d) => {
    const effect = new Float64Array(jump.length - 1)
    let level = -(constants[d] as number)
    for (let cell = 0; cell < effect.length; cell++) {
      level += jump[cell] as number
      effect[cell] = level / forest.trees.length
    }
    return effect
  })
}

/** The variance of an effect. Shapes: [cells], [cells]. */
export function varianceOf(effect: Float64Array, masses: Float64Array): number {
  return effect.reduce((sum, value, cell) => sum + value * value * (masses[cell] as number), 0)
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
