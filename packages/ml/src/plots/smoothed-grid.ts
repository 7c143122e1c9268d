/**
 * A grid over two variables, each cell a mean of what is near: kernel regression with a Gaussian kernel on the axes, whose width shrinks
 * with the number of points. Source: Nadaraya 1964, Watson 1964; the width is n^(-1/6) of the spread (Scott, 1992), at least a cell.
 * Differs: a kernel ends at 2.5 widths, so that cells far from all points are empty.
 */

import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import { isLogarithmic, type VariableAxis, variableAxis } from './axis.ts'
import type { Axis, NumberAxis, Series } from './plot.ts'
import type { PlotSource } from './plot-source.ts'

/** One side of the grid. */
export interface GridAxis extends VariableAxis {
  /** From and to of each cell, on the axis; the same number twice for a category. */
  readonly cells: readonly (readonly [from: number, to: number])[]
  /** 0 to 1 along the axis; an index for categories. */
  unit(at: number): number
}

/** Cells of a variable: its values where there are few, else equal parts of its axis. */
export function gridAxis(
  dimension: Dimension,
  {
    source,
    configs,
    cells,
  }: {
    readonly source: PlotSource
    readonly configs: readonly Config[]
    readonly cells: number
  },
): GridAxis {
  const { axis, of } = variableAxis(dimension, source, configs)
  if (axis.scale === 'category') {
    return { axis, of, cells: axis.categories.map((_, i) => [i, i] as const), unit: (at) => at }
  }
  const value = (coordinate: number) => (isLogarithmic(dimension) ? Math.exp(coordinate) : coordinate)
  const isStepwise = dimension.count <= cells
  const count = isStepwise ? dimension.count : cells
  const edges = Array.from({ length: count + 1 }, (_, i) =>
    value(
      isStepwise
        ? i === 0
          ? dimension.low
          : dimension.edge(i - 1)
        : dimension.low + (i / count) * (dimension.high - dimension.low),
    ),
  )
  return {
    axis: { ...(axis as NumberAxis), domain: [edges[0] as number, edges[count] as number] } satisfies Axis,
    of,
    cells: Array.from({ length: count }, (_, i) => [edges[i] as number, edges[i + 1] as number] as const),
    unit: (at) => (dimension.coordinate(at) - dimension.low) / (dimension.high - dimension.low),
  }
}

/** A trial on both axes. */
export interface KnownPoint {
  readonly a: number
  readonly b: number
  readonly value: number
}

type Columns = Pick<Series, 'x' | 'x2' | 'y' | 'y2' | 'value'>

/**
 * Cells row by row, each with the mean of the points near its middle; null where none is.
 *
 * Ensures: between the least and the largest value. Cost: points times cells.
 */
export function smoothed(
  points: readonly KnownPoint[],
  { x, y, log }: { readonly x: GridAxis; readonly y: GridAxis; readonly log: boolean },
): Columns {
  const sides = [
    { side: x, at: Float64Array.from(points, ({ a }) => x.unit(a)) },
    { side: y, at: Float64Array.from(points, ({ b }) => y.unit(b)) },
  ].map(({ side, at }) => side.cells.map((cell) => weightsAt(side, { at, cell, n: points.length })))
  const values = points.map(({ value }) => (log ? Math.log(value) : value))
  const [least, most] = objectiveEnds(points)
  const columns = {
    x: [] as number[],
    x2: [] as number[],
    y: [] as number[],
    y2: [] as number[],
    value: [] as (number | null)[],
  }
  for (const [j, [y1, y2]] of y.cells.entries()) {
    for (const [i, [x1, x2]] of x.cells.entries()) {
      const mean = weightedMean(values, sides[0]?.[i] as Float64Array, sides[1]?.[j] as Float64Array)
      columns.x.push(x1)
      columns.x2.push(x2)
      columns.y.push(y1)
      columns.y2.push(y2)
      columns.value.push(mean === null ? null : Math.min(most, Math.max(least, log ? Math.exp(mean) : mean)))
    }
  }
  return columns
}

function objectiveEnds(points: readonly KnownPoint[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { value } of points) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return [least, most]
}

/** Weights of the points for one row or column of cells; their product over both sides is that of a cell. Shapes: `at` [n] → [n]. */
function weightsAt(
  { axis, unit }: GridAxis,
  { at, cell, n }: { readonly at: Float64Array; readonly cell: readonly [number, number]; readonly n: number },
): Float64Array {
  if (axis.scale === 'category') return at.map((one) => Number(one === cell[0]))
  const [from, to] = [unit(cell[0]), unit(cell[1])]
  const width = Math.max(to - from, spreadOf(at) * n ** (-1 / 6))
  return at.map((one) => {
    const distance = (one - (from + to) / 2) / width
    return Math.abs(distance) > reachMax ? 0 : Math.exp((-distance * distance) / 2)
  })
}

/** Beyond it, in widths, a point says nothing about a cell. */
const reachMax = 2.5

function spreadOf(at: Float64Array): number {
  const mean = at.reduce((sum, one) => sum + one, 0) / at.length
  return Math.sqrt(at.reduce((sum, one) => sum + (one - mean) ** 2, 0) / at.length)
}

/** Null where nothing has a weight. */
function weightedMean(values: readonly number[], across: Float64Array, up: Float64Array): number | null {
  let [total, mean] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const weight = (across[i] as number) * (up[i] as number)
    if (weight === 0) continue
    const value = values[i] as number
    total += weight
    // The mean is moved towards each value in turn: sums of large values can't overflow.
    mean = mean * (1 - weight / total) + value * (weight / total)
  }
  return total > 0 ? mean : null
}
