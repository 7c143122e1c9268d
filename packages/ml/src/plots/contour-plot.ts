/** One objective over two variables, smoothed. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { lossOf } from '../objective.ts'
import type { Dimension } from '../space/dimension.ts'
import { objectiveAxis, onAxis } from './axis.ts'
import { type ChartPlot, plotVersion, type Series } from './plot.ts'
import {
  counted,
  type ObjectiveOptions,
  objectiveOf,
  objectiveRules,
  type PlotSource,
  plotTrials,
} from './plot-source.ts'
import { completeOnes, dimensionOf, missingNote, scalarConfig } from './plot-variables.ts'
import { gridAxis, smoothed } from './smoothed-grid.ts'

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
 * Source: see `smoothed-grid.ts`.
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

interface PlacedTrial {
  readonly number: number
  readonly x: number | null
  readonly y: number | null
}

function pointsOf(name: string, role: Series['role'], some: readonly PlacedTrial[]): Series[] {
  if (some.length === 0) return []
  const [x, y] = [some.map((one) => one.x), some.map((one) => one.y)]
  return [{ name, role, mark: 'points', x, y, trials: some.map(({ number }) => number) }]
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
