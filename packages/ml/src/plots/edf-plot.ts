/** Which share of the trials came to a value or stayed below it: what a space, or a sampler, gives when luck is left aside. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { checkMeasurements } from '../recommend/measurements.ts'
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

export interface EdfPlotOptions extends ObjectiveOptions {
  /** What the study is called beside others. @default 'this study' */
  readonly name?: string
  /** Other studies by name, with an objective of the same name. At most 9. @default {} */
  readonly compare?: { readonly [name: string]: PlotSource }
}

/** The most studies that are compared with one. */
const comparedMax = 9

/**
 * The empirical distribution of one objective over the complete trials within the limits, of one study or several.
 *
 * Ensures: y rises from 0 to 1 in steps of 1/n; each series has a point for each trial and one for the start.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * @example edfPlot(withGp, { name: 'gp', compare: { random: withRandom } })
 */
export function edfPlot(source: PlotSource, options: EdfPlotOptions = {}): ChartPlot {
  checkOptions('edfPlot', options, {
    ...objectiveRules,
    name: rule.optional(rule.string()),
    compare: rule.optional(rule.object()),
  })
  const { name = 'this study', compare = {}, log = false } = options
  const others = Object.entries(compare)
  if (others.length > comparedMax || Object.hasOwn(compare, name)) {
    throw invalidOption(
      'edfPlot',
      'compare',
      `at most ${comparedMax} studies, none called "${name}"`,
      Object.keys(compare),
    )
  }
  checkMeasurements('edfPlot', source)
  const objective = objectiveOf('edfPlot', source, options.objective)
  let hidden = 0
  const series = [[name, source] as const, ...others].map(([called, one]): Series => {
    const measured = plotTrials(`edfPlot: ${called}`, one).filter(({ role }) => role === 'measured')
    objectiveOf(`edfPlot: ${called}`, one, objective.name)
    const values = measured.flatMap((trial) => onAxis(log ? 'log' : 'linear', trial.values[objective.name]) ?? [])
    hidden += measured.length - values.length
    values.sort((a, b) => a - b)
    const start = values.slice(0, 1)
    return {
      name: called,
      role: 'value',
      mark: 'steps',
      x: [...start, ...values],
      y: [...start.map(() => 0), ...values.map((_, i) => (i + 1) / values.length)],
    }
  })
  return {
    version: plotVersion,
    type: 'edf',
    title: `Distribution of ${objective.name}`,
    notes: hidden > 0 ? [`${counted(hidden, 'trial')} not above 0, which a logarithmic axis can't show.`] : [],
    panels: [
      {
        x: objectiveAxis(
          objective,
          series.flatMap(({ x }) => x),
          log,
        ),
        y: { name: 'share of trials', scale: 'linear', domain: [0, 1] },
        series,
      },
    ],
  }
}
