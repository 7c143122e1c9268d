/** One objective over two variables, smoothed. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { lossOf } from '../objective.ts'
import type { Dimension } from '../space/dimension.ts'
import { isLogarithmic, objectiveAxis, onAxis, type VariableAxis, variableAxis } from './axis.ts'
import { type Axis, type ChartPlot, type NumberAxis, plotVersion, type Series } from './plot.ts'
import {
  counted,
  type ObjectiveOptions,
  objectiveOf,
  objectiveRules,
  type PlotSource,
  plotTrials,
} from './plot-source.ts'
import { completeOnes, dimensionOf, missingNote, scalarConfig } from './plot-variables.ts'

export interface ContourPlotOptions extends ObjectiveOptions {
  /** @default the first variable */
  readonly x?: string
  /** @default the second variable */
  readonly y?: string
  /** Cells along a numeric axis, 2 to 64. @default 24 */
  readonly cells?: number
}

export const contourPlotDefaults = { cells: 24 } as const satisfies ContourPlotOptions

/**
 * A grid of cells over two variables, each with the mean of the trials near its middle (a Gaussian kernel on the axes, whose width
 * shrinks with the trials; categories don't mix), whatever their other variables were; and the trials themselves.
 *
 * Ensures: cells lie between the least and the largest value of the trials; null where no trial is near, or either variable was
 * inactive in all. As many points as complete trials.
 * Throws: `foundation/invalid-option` for one variable, or the same twice; `foundation/unknown-name`; `ml/invalid-variable`,
 * `ml/unusable-numbers` for what is no study.
 * Source: Nadaraya 1964, Watson 1964; width n^(-1/6) of the spread (Scott, 1992), at least a cell. Differs: none.
 * Cost: trials times cells.
 * @example contourPlot(study, { x: 'temperature', y: 'demos' })
 */
export function contourPlot(source: PlotSource, options: ContourPlotOptions = {}): ChartPlot {
  checkOptions('contourPlot', options, {
    ...objectiveRules,
    x: rule.optional(rule.string()),
    y: rule.optional(rule.string()),
    cells: rule.optional(rule.int(2, 64)),
  })
  const cells = options.cells ?? contourPlotDefaults.cells
  const trials = plotTrials('contourPlot', source)
  const objective = objectiveOf('contourPlot', source, options.objective)
  const [first, second] = twoDimensions(source, options)
  const scale = options.log ? 'log' : 'linear'
  const complete = completeOnes(trials)
  const configs = complete.map((trial) => scalarConfig(source, trial))
  const [x, y] = [gridAxis(first, { source, configs, cells }), gridAxis(second, { source, configs, cells })]
  const rows = complete.map((trial, i) => {
    const config = configs[i] as (typeof configs)[number]
    const value = onAxis(scale, trial.values[objective.name])
    return { ...trial, x: x.of(config), y: y.of(config), value }
  })
  const known = rows.flatMap(({ x: a, y: b, value }) =>
    a === null || b === null || value === null ? [] : [{ a, b, value }],
  )
  const within = rows.filter(
    ({ role, x: a, y: b, value }) => role === 'measured' && a !== null && b !== null && value !== null,
  )
  const best = within.reduce<(typeof rows)[number] | undefined>(
    (a, b) => (a && lossOf(a, objective) <= lossOf(b, objective) ? a : b),
    undefined,
  )
  const pointsOf = (name: string, role: Series['role'], some: readonly (typeof rows)[number][]): Series[] => {
    if (some.length === 0) return []
    const [xs, ys] = [some.map((row) => row.x), some.map((row) => row.y)]
    return [{ name, role, mark: 'points', x: xs, y: ys, trials: some.map(({ number }) => number) }]
  }
  const away = rows.length - known.length
  return {
    version: plotVersion,
    type: 'contour',
    title: `${objective.name} by ${first.name} and ${second.name}`,
    notes: [
      ...missingNote(trials),
      ...(away > 0 ? [`${counted(away, 'trial')} without one of the variables, or without a place on the axis.`] : []),
    ],
    panels: [
      {
        x: x.axis,
        y: y.axis,
        colour: objectiveAxis(
          objective,
          known.map(({ value }) => value),
          options.log,
        ),
        series: [
          { name: 'smoothed', role: 'value', mark: 'cells', ...smoothed(known, { x, y, log: options.log ?? false }) },
          ...pointsOf(
            'trials',
            'measured',
            rows.filter((row) => row !== best && row.role === 'measured'),
          ),
          ...pointsOf(
            'beyond a limit',
            'beyond-limit',
            rows.filter(({ role }) => role === 'beyond-limit'),
          ),
          ...pointsOf('best', 'best', best ? [best] : []),
        ],
      },
    ],
  }
}

function twoDimensions(source: PlotSource, options: ContourPlotOptions): [Dimension, Dimension] {
  const names = source.space.dimensions.map(({ name }) => name)
  const x = options.x ?? names.find((name) => name !== options.y)
  const y = options.y ?? names.find((name) => name !== x)
  if (x === undefined || y === undefined || x === y) {
    throw invalidOption('contourPlot', 'x and y', 'two variables that differ', options.x ?? names)
  }
  return [dimensionOf('contourPlot', source.space, x), dimensionOf('contourPlot', source.space, y)]
}

/** One side of the grid. */
interface GridAxis extends VariableAxis {
  /** From and to of each cell, on the axis; the same number twice for a category. */
  readonly cells: readonly (readonly [from: number, to: number])[]
  /** 0 to 1 along the axis; an index for categories. */
  unit(at: number): number
}

function gridAxis(
  dimension: Dimension,
  {
    source,
    configs,
    cells,
  }: {
    readonly source: PlotSource
    readonly configs: Parameters<VariableAxis['of']>[0][]
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

interface KnownPoint {
  readonly a: number
  readonly b: number
  readonly value: number
}

type Columns = Pick<Series, 'x' | 'x2' | 'y' | 'y2' | 'value'>

function smoothed(
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
