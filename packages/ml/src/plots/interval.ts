/** Intervals around points: how sure what was measured, or what a model expects, is. */

import { onAxis } from './axis.ts'
import type { NumberAxis, Series } from './plot.ts'
import type { PlotTrial } from './plot-source.ts'

export type Interval = readonly [low: number, high: number]

/** A standard error to each side of the mean of repeated measurements; undefined of a trial that was measured once. */
export function measuredInterval({ values, trial }: PlotTrial, objective: string): Interval | undefined {
  const [mean, error] = [values[objective], trial.repeated?.standardErrors[objective]]
  return mean === undefined || error === undefined ? undefined : [mean - error, mean + error]
}

/** Columns of a series; none where no point has an interval that is on the axis. */
export function intervalColumns(
  along: 'x' | 'y',
  scale: NumberAxis['scale'],
  intervals: readonly (Interval | undefined)[],
): Pick<Series, 'xLow' | 'xHigh' | 'yLow' | 'yHigh'> {
  const ends = intervals.map((one) => {
    const [low, high] = [onAxis(scale, one?.[0]), onAxis(scale, one?.[1])]
    return low === null || high === null ? undefined : { low, high }
  })
  if (ends.every((one) => one === undefined)) return {}
  const [low, high] = [ends.map((one) => one?.low ?? null), ends.map((one) => one?.high ?? null)]
  return along === 'x' ? { xLow: low, xHigh: high } : { yLow: low, yHigh: high }
}

/** All that has to be on an axis. */
export function extentOf(series: readonly Series[], along: 'x' | 'y'): (number | null)[] {
  const names = along === 'x' ? (['x', 'xLow', 'xHigh'] as const) : (['y', 'yLow', 'yHigh'] as const)
  return series.flatMap((one) => names.flatMap((name) => one[name] ?? []))
}

/** What intervals say, for the notes. */
export const standardErrorNote = 'Intervals of trials that were repeated are standard errors.'
