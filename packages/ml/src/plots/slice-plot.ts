/** One objective over each variable by itself. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { numberAxis, objectiveAxis, onAxis, variableAxis } from './axis.ts'
import { type ChartPlot, type Panel, plotVersion, type Series } from './plot.ts'
import {
  counted,
  type ObjectiveOptions,
  objectiveOf,
  objectiveRules,
  type PlotSource,
  plotTrials,
  trialRoleNames,
} from './plot-source.ts'
import { completeOnes, missingNote, scalarConfig, shownVariables } from './plot-variables.ts'

export interface SlicePlotOptions extends ObjectiveOptions {
  /** Which variables, at most 64. @default the first 12 */
  readonly variables?: readonly string[]
}

/** The most variables unless they are named, and then. */
const slicesMax = { byDefault: 12, named: 64 }

/**
 * A panel for each variable, a point for each complete trial; colours go from early to late.
 *
 * Ensures: each panel has as many points as complete trials; x is null where the variable was inactive.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * @example slicePlot(study, { variables: ['temperature', 'demos'] })
 */
export function slicePlot(source: PlotSource, options: SlicePlotOptions = {}): ChartPlot {
  checkOptions('slicePlot', options, { ...objectiveRules, variables: rule.optional(rule.array()) })
  if (options.variables && options.variables.length > slicesMax.named) {
    throw invalidOption('slicePlot', 'variables', `at most ${slicesMax.named} names`, options.variables.length)
  }
  const trials = plotTrials('slicePlot', source)
  const objective = objectiveOf('slicePlot', source, options.objective)
  const shown = shownVariables('slicePlot', source, { names: options.variables, most: slicesMax.byDefault })
  const scale = options.log ? 'log' : 'linear'
  const complete = completeOnes(trials)
  const rows = complete.map((trial) => ({
    ...trial,
    config: scalarConfig(source, trial),
    height: onAxis(scale, trial.values[objective.name]),
  }))
  const y = objectiveAxis(
    objective,
    rows.map(({ height }) => height),
    options.log,
  )
  const colour = numberAxis(
    'trial',
    rows.map(({ number }) => number),
  )
  const panels = shown.dimensions.map((dimension): Panel => {
    const { axis, of } = variableAxis(
      dimension,
      source,
      rows.map(({ config }) => config),
    )
    const series = (['beyond-limit', 'measured'] as const).flatMap((role): Series[] => {
      const some = rows.filter((row) => row.role === role)
      if (some.length === 0) return []
      const numbers = some.map(({ number }) => number)
      const x = some.map(({ config }) => of(config))
      const name = trialRoleNames[role]
      return [{ name, role, mark: 'points', x, y: some.map(({ height }) => height), value: numbers, trials: numbers }]
    })
    return { title: dimension.name, x: axis, y, colour, series }
  })
  const hidden = rows.filter(({ height }) => height === null).length
  return {
    version: plotVersion,
    type: 'slice',
    title: `${objective.name} by each variable`,
    notes: [
      ...shown.notes,
      ...missingNote(trials),
      ...(hidden > 0 ? [`${counted(hidden, 'trial')} not above 0, which a logarithmic axis can't show.`] : []),
    ],
    panels,
  }
}
