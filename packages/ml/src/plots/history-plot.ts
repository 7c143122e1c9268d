/** What each trial gave, in the order of asks, and the best so far. */

import { checkOptions } from '@mabeam/foundation'
import { lossOf, type Objective } from '../objective.ts'
import { numberAxis, objectiveAxis, onAxis } from './axis.ts'
import { extentOf, intervalColumns, measuredInterval, standardErrorNote } from './interval.ts'
import { type ChartPlot, plotVersion, type Series } from './plot.ts'
import {
  counted,
  type ObjectiveOptions,
  objectiveOf,
  objectiveRules,
  type PlotSource,
  type PlotTrial,
  plotTrials,
  trialRoleNames,
  trialRoles,
} from './plot-source.ts'

/**
 * One objective over the trials: a point for each, whatever came of it, and a line of the best that was observed so far among those
 * within the limits. Means of repeated trials have intervals.
 *
 * Ensures: the points of all series but the line are as many as trials; the line has one for each, null before the first
 * measured one, and never becomes worse.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * @example plotText(historyPlot(study))
 */
export function historyPlot(source: PlotSource, options: ObjectiveOptions = {}): ChartPlot {
  checkOptions('historyPlot', options, objectiveRules)
  const trials = plotTrials('historyPlot', source)
  const objective = objectiveOf('historyPlot', source, options.objective)
  const scale = options.log ? 'log' : 'linear'
  const heightOf = ({ role, values }: PlotTrial) =>
    role === 'measured' || role === 'beyond-limit' ? onAxis(scale, values[objective.name]) : null
  const series: Series[] = []
  for (const role of trialRoles) {
    const some = trials.filter((trial) => trial.role === role)
    if (some.length > 0) {
      const x = some.map(({ number }) => number)
      const intervals = some.map((one) => (heightOf(one) === null ? undefined : measuredInterval(one, objective.name)))
      const y = { y: some.map(heightOf), ...intervalColumns('y', scale, intervals) }
      series.push({ name: trialRoleNames[role], role, mark: 'points', x, ...y, trials: x })
    }
  }
  const numbers = trials.map(({ number }) => number)
  const best = bestSoFar(trials, objective)
  if (best.some((value) => value !== null)) {
    const y = best.map((value) => onAxis(scale, value ?? undefined))
    series.push({ name: 'best so far', role: 'best', mark: 'steps', x: numbers, y, trials: numbers })
  }
  const hidden = trials.filter(
    (one) => heightOf(one) === null && (one.role === 'measured' || one.role === 'beyond-limit'),
  )
  return {
    version: plotVersion,
    type: 'history',
    title: `History of ${objective.name}`,
    notes: [
      ...(series.some(({ yLow }) => yLow) ? [standardErrorNote] : []),
      ...(hidden.length > 0
        ? [`${counted(hidden.length, 'trial')} not above 0, which a logarithmic axis can't show.`]
        : []),
    ],
    panels: [
      {
        x: numberAxis('trial', numbers),
        y: objectiveAxis(objective, extentOf(series, 'y'), options.log),
        series,
      },
    ],
  }
}

function bestSoFar(trials: readonly PlotTrial[], objective: Objective): (number | null)[] {
  let best: PlotTrial | undefined
  return trials.map((trial) => {
    if (trial.role === 'measured' && (!best || lossOf(trial, objective) < lossOf(best, objective))) best = trial
    return best?.values[objective.name] ?? null
  })
}
