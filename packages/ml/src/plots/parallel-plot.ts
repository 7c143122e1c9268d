/** All trials through all variables at once. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { objectiveAxis, variableAxis } from './axis.ts'
import { type ParallelPlot, plotVersion } from './plot.ts'
import { objectiveOf, type PlotSource, plotTrials } from './plot-source.ts'
import { completeOnes, missingNote, scalarConfig, shownVariables } from './plot-variables.ts'

export interface ParallelPlotOptions {
  /** The objective of the colour. @default the first */
  readonly objective?: string
  /** Which variables, at most 64, in this order. @default the first 20 */
  readonly variables?: readonly string[]
}

/** The most variables unless they are named, and then. */
const axesMax = { byDefault: 20, named: 64 }

/**
 * Parallel coordinates: an axis for each variable and each objective, a line for each complete trial, coloured by one objective.
 *
 * Ensures: as many lines as complete trials, each with a place for each axis, null where the variable was inactive.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * Source: Inselberg, The Visual Computer 1(2), 1985.
 * @example parallelPlot(study, { variables: ['model', 'temperature'] })
 */
export function parallelPlot(source: PlotSource, options: ParallelPlotOptions = {}): ParallelPlot {
  checkOptions('parallelPlot', options, {
    objective: rule.optional(rule.string()),
    variables: rule.optional(rule.array()),
  })
  if (options.variables && options.variables.length > axesMax.named) {
    throw invalidOption('parallelPlot', 'variables', `at most ${axesMax.named} names`, options.variables.length)
  }
  const trials = plotTrials('parallelPlot', source)
  const objective = objectiveOf('parallelPlot', source, options.objective)
  const shown = shownVariables('parallelPlot', source, { names: options.variables, most: axesMax.byDefault })
  const rows = completeOnes(trials).map((trial) => ({ ...trial, config: scalarConfig(source, trial) }))
  const configs = rows.map(({ config }) => config)
  const variables = shown.dimensions.map((dimension) => variableAxis(dimension, source, configs))
  const objectives = source.objectives.map((one) =>
    objectiveAxis(
      one,
      rows.map(({ values }) => values[one.name] as number),
    ),
  )
  const colour = objectives[source.objectives.indexOf(objective)] as (typeof objectives)[number]
  return {
    version: plotVersion,
    type: 'parallel',
    title: `Trials by variable, coloured by ${objective.name}`,
    notes: [...shown.notes, ...missingNote(trials)],
    axes: [...variables.map(({ axis }) => axis), ...objectives],
    colour,
    lines: rows.map(({ number, role, config, values }) => ({
      trial: number,
      role,
      at: [...variables.map(({ of }) => of(config)), ...source.objectives.map(({ name }) => values[name] as number)],
      value: values[objective.name] as number,
    })),
  }
}
