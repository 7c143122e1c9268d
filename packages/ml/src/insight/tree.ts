/** Regression trees on cells, and the boxes that their leaves are. */

import type { SplitOptions, TreeData } from './split.ts'
import { SplitSearch } from './split.ts'

/** Nodes by number, the root is 0. Shapes: [nodes] each. */
export interface Tree {
  /** The axis that a node asks about, -1 for a leaf. */
  readonly axis: number[]
  /** 1 for each cell of that axis that goes to the left. */
  readonly goesLeft: (Uint8Array | undefined)[]
  readonly left: number[]
  readonly right: number[]
  /** The mean of the rows in a node. */
  readonly value: number[]
}

/** Cells of one axis, as ranges [from, to, from, to, …) that ascend and do not touch. */
export interface Side {
  readonly axis: number
  readonly runs: readonly number[]
}

/** A leaf: what it expects, and the cells it covers on each axis that it does not cover whole. */
export interface Leaf {
  readonly value: number
  readonly sides: readonly Side[]
}

/**
 * Grows a tree by the largest fall of squared error until leaves are pure or small. `rows` may repeat.
 *
 * Cost: O(axesTried · n log n) for n rows.
 * Source: Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984; categories in the order of their means as
 * Fisher, J. Am. Stat. Assoc. 53, 1958. Differs: a cut between two rows is at a random cell, so that a forest is smooth.
 */
export function growTree(data: TreeData, rows: Int32Array, options: SplitOptions): Tree {
  const tree: Tree = { axis: [], goesLeft: [], left: [], right: [], value: [] }
  const search = new SplitSearch(data, options)
  const open = [{ node: addNode(tree, data.values, rows), rows }]
  for (let next = open.pop(); next; next = open.pop()) {
    const split = search.best(next.rows)
    if (!split) continue
    const column = data.columns[split.axis] as Int32Array
    const isLeft = (row: number) => split.goesLeft[column[row] as number] === 1
    const [leftRows, rightRows] = [next.rows.filter(isLeft), next.rows.filter((row) => !isLeft(row))]
    const left = addNode(tree, data.values, leftRows)
    const right = addNode(tree, data.values, rightRows)
    tree.axis[next.node] = split.axis
    tree.goesLeft[next.node] = split.goesLeft
    tree.left[next.node] = left
    tree.right[next.node] = right
    open.push({ node: left, rows: leftRows }, { node: right, rows: rightRows })
  }
  return tree
}

/** What a tree expects at a point. Shapes: `cells` [d], one for each axis. */
export function predictTree(tree: Tree, cells: ArrayLike<number>): number {
  let node = 0
  for (let axis = tree.axis[0] as number; axis >= 0; axis = tree.axis[node] as number) {
    const isLeft = tree.goesLeft[node]?.[cells[axis] as number] === 1
    node = (isLeft ? tree.left[node] : tree.right[node]) as number
  }
  return tree.value[node] as number
}

/**
 * Tells what a tree expects instead where one coordinate of a point is another one, for each axis on which that can matter: those that
 * the tree asks about on its way to the point. `other` says which cell to take there, or undefined to leave the axis out.
 *
 * Ensures: `cells` is as before.   Cost: O(depth²), however many axes there are.
 */
export function predictChanged(
  tree: Tree,
  cells: Int32Array,
  { other, found }: { other(axis: number): number | undefined; found(axis: number, value: number): void },
): void {
  const asked: number[] = []
  let node = 0
  for (let axis = tree.axis[0] as number; axis >= 0; axis = tree.axis[node] as number) {
    if (!asked.includes(axis)) asked.push(axis)
    const isLeft = tree.goesLeft[node]?.[cells[axis] as number] === 1
    node = (isLeft ? tree.left[node] : tree.right[node]) as number
  }
  for (const axis of asked) {
    const changed = other(axis)
    if (changed === undefined) continue
    const kept = cells[axis] as number
    cells[axis] = changed
    found(axis, predictTree(tree, cells))
    cells[axis] = kept
  }
}

/** The leaves, which cover all of the space and do not overlap. Sides are shared between leaves. */
export function leavesOf(tree: Tree): Leaf[] {
  const leaves: Leaf[] = []
  const open: { readonly node: number; readonly sides: readonly Side[]; readonly masks: readonly Uint8Array[] }[] = [
    { node: 0, sides: [], masks: [] },
  ]
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, sides, masks } = next
    const axis = tree.axis[node] as number
    const goesLeft = tree.goesLeft[node]
    if (!goesLeft) {
      leaves.push({ value: tree.value[node] as number, sides })
      continue
    }
    const at = sides.findIndex((side) => side.axis === axis)
    for (const left of [1, 0]) {
      const mask = goesLeft.map((goes, cell) => Number(goes === left && (at < 0 || masks[at]?.[cell] === 1)))
      const side = { axis, runs: runsOf(mask) }
      open.push({
        node: (left === 1 ? tree.left[node] : tree.right[node]) as number,
        sides: at < 0 ? [...sides, side] : sides.with(at, side),
        masks: at < 0 ? [...masks, mask] : masks.with(at, mask),
      })
    }
  }
  return leaves
}

function addNode(tree: Tree, values: Float64Array, rows: Int32Array): number {
  let sum = 0
  for (const row of rows) sum += values[row] as number
  tree.goesLeft.push(undefined)
  tree.left.push(-1)
  tree.right.push(-1)
  tree.value.push(sum / rows.length)
  return tree.axis.push(-1) - 1
}

function runsOf(mask: Uint8Array): number[] {
  const runs: number[] = []
  for (const [cell, is] of mask.entries()) {
    if (is !== (cell > 0 ? mask[cell - 1] : 0)) runs.push(cell)
  }
  if (runs.length % 2 === 1) runs.push(mask.length)
  return runs
}
