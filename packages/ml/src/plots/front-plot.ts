/** Two objectives against each other, and which trials no other beats. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { paretoFront } from '../front/pareto-front.ts'
import type { Objective } from '../objective.ts'
import type { RecommendedTrial } from '../recommend/recommend.ts'
import { numberAxis, objectiveAxis, onAxis } from './axis.ts'
import { extentOf, type Interval, intervalColumns, measuredInterval, standardErrorNote } from './interval.ts'
import { type ChartPlot, plotVersion, type Series } from './plot.ts'
import { counted, objectiveOf, type PlotSource, type PlotTrial, plotTrials } from './plot-source.ts'

export interface FrontPlotOptions {
  /** Objectives of the two axes. @default the first two */
  readonly objectives?: readonly [x: string, y: string]
  /** Trials that a model expects on the front, drawn where it expects them: `study.front()`. @default [] */
  readonly expected?: readonly (Pick<RecommendedTrial, 'expected'> & { readonly number: number })[]
  /** Objectives whose axes are logarithmic. @default [] */
  readonly log?: readonly string[]
}

/**
 * Trials by two objectives. The front is that of *all* objectives; of three and more it can look as if points of it were beaten.
 * A third objective is the colour. Means of repeated trials and expected values have intervals.
 *
 * Ensures: no point of the series `front` dominates another; it is sorted by x; every complete trial is in one series.
 * Throws: `foundation/invalid-option` for one objective, or the same twice; `foundation/unknown-name`; `ml/invalid-variable`,
 * `ml/unusable-numbers` for what is no study.
 * @example frontPlot(study, { expected: study.front() })
 */
export function frontPlot(source: PlotSource, options: FrontPlotOptions = {}): ChartPlot {
  checkOptions('frontPlot', options, {
    objectives: rule.optional(rule.array()),
    expected: rule.optional(rule.array()),
    log: rule.optional(rule.array()),
  })
  const trials = plotTrials('frontPlot', source)
  const [x, y] = axesOf(source, options.objectives)
  for (const name of options.log ?? []) objectiveOf('frontPlot: log', source, name)
  const third = source.objectives.find((one) => one !== x && one !== y)
  const within = trials.filter(({ role }) => role === 'measured')
  const beyond = trials.filter(({ role }) => role === 'beyond-limit')
  const front = new Set(paretoFront(within, source.objectives))
  const isLog = (one: Objective) => (options.log ?? []).includes(one.name)
  const place = (one: Objective, values: PlotTrial['values']) => onAxis(isLog(one) ? 'log' : 'linear', values[one.name])
  const seriesOf = (name: string, role: Series['role'], some: readonly ShownPoint[]): Series => ({
    name,
    role,
    mark: 'points',
    x: some.map(({ values }) => place(x, values)),
    y: some.map(({ values }) => place(y, values)),
    ...intervalColumns(
      'x',
      isLog(x) ? 'log' : 'linear',
      some.map((one) => one.intervalOf(x.name)),
    ),
    ...intervalColumns(
      'y',
      isLog(y) ? 'log' : 'linear',
      some.map((one) => one.intervalOf(y.name)),
    ),
    ...(third ? { value: some.map(({ values }) => onAxis('linear', values[third.name])) } : {}),
    trials: some.map(({ number }) => number),
  })
  const sorted = [...front].sort((a, b) => (a.values[x.name] as number) - (b.values[x.name] as number))
  const expected = (options.expected ?? []).map(({ number, expected }) => ({
    number,
    values: Object.fromEntries(Object.entries(expected).map(([name, { value }]) => [name, value])),
    intervalOf: (name: string) => expected[name]?.ci95,
  }))
  const series = [
    seriesOf('beyond a limit', 'beyond-limit', beyond.map(measured)),
    seriesOf('beaten', 'measured', within.filter((one) => !front.has(one)).map(measured)),
    seriesOf('front', 'front', sorted.map(measured)),
    seriesOf('expected front', 'expected', expected),
  ].filter((one) => one.x.length > 0)
  return {
    version: plotVersion,
    type: 'front',
    title: `Front of ${source.objectives.map(({ name }) => name).join(', ')}`,
    notes: notesOf(source, trials, series),
    panels: [
      {
        x: objectiveAxis(x, extentOf(series, 'x'), isLog(x)),
        y: objectiveAxis(y, extentOf(series, 'y'), isLog(y)),
        ...(third
          ? {
              colour: numberAxis(
                third.name,
                series.flatMap((one) => one.value ?? []),
              ),
            }
          : {}),
        series,
      },
    ],
  }
}

interface ShownPoint extends Pick<PlotTrial, 'number' | 'values'> {
  readonly intervalOf: (objective: string) => Interval | undefined
}

function measured(one: PlotTrial): ShownPoint {
  const { number, values } = one
  return { number, values, intervalOf: (objective) => measuredInterval(one, objective) }
}

function axesOf(source: PlotSource, names: readonly string[] | undefined): [Objective, Objective] {
  if (source.objectives.length < 2) {
    const got = source.objectives.map(({ name }) => name)
    throw invalidOption('frontPlot', 'study', 'two objectives or more', got)
  }
  const [x, y] = names ?? source.objectives.map(({ name }) => name)
  if (names && (names.length !== 2 || x === y)) {
    throw invalidOption('frontPlot', 'objectives', 'the names of two objectives', names)
  }
  return [objectiveOf('frontPlot', source, x), objectiveOf('frontPlot', source, y)]
}

function notesOf(source: PlotSource, trials: readonly PlotTrial[], series: readonly Series[]): string[] {
  const missing = trials.filter(({ role }) => role === 'failed' || role === 'pruned').length
  const hidden = series.reduce((sum, { x, y }) => sum + x.filter((at, i) => at === null || y[i] === null).length, 0)
  return [
    ...(source.objectives.length > 2 ? [`The front is of all ${source.objectives.length} objectives.`] : []),
    ...(series.some(({ role, xLow, yLow }) => role !== 'expected' && (xLow ?? yLow)) ? [standardErrorNote] : []),
    ...(series.some(({ role, xLow, yLow }) => role === 'expected' && (xLow ?? yLow))
      ? ['Intervals of the expected front are where values without noise are with 95 % probability.']
      : []),
    ...(missing > 0 ? [`${counted(missing, 'trial')} failed or pruned.`] : []),
    ...(hidden > 0 ? [`${counted(hidden, 'point')} not above 0, which a logarithmic axis can't show.`] : []),
  ]
}
