/** What ran when, as far as a study knows. */

import { checkOptions, rule } from '@mabeam/foundation'
import { numberAxis } from './axis.ts'
import { type ChartPlot, plotVersion, type Series } from './plot.ts'
import { type PlotSource, type PlotTrial, plotTrials, trialRoleNames, trialRoles } from './plot-source.ts'

export interface TimelinePlotOptions {
  /** How many trials ran at once. @default the fewest that explain the order of tells */
  readonly slots?: number
}

/** The most trials at once. */
const slotsMax = 1_024

/**
 * Spans of trials, one row a slot. A study keeps how long each trial took and in which order trials were asked and told, and not
 * when: a trial is taken to start as soon as a slot is free, so that pauses are not seen.
 *
 * Ensures: spans in one slot don't overlap; each trial has one, as long as it took.
 * Throws: `foundation/invalid-option`; `ml/invalid-variable`, `ml/unusable-numbers` for what is no study.
 * Source: list scheduling, Graham, Bell Syst. Tech. J. 45(9), 1966.
 * @example timelinePlot(study, { slots: 8 })
 */
export function timelinePlot(source: PlotSource, options: TimelinePlotOptions = {}): ChartPlot {
  checkOptions('timelinePlot', options, { slots: rule.optional(rule.int(1, slotsMax)) })
  const trials = plotTrials('timelinePlot', source)
  const slots = options.slots ?? fewestSlots(source.finished.map(({ number }) => number))
  const spans = scheduled(trials, slots)
  const series = trialRoles.flatMap((role): Series[] => {
    const some = spans.filter((span) => span.role === role)
    if (some.length === 0) return []
    return [
      {
        name: trialRoleNames[role],
        role,
        mark: 'spans',
        x: some.map(({ from }) => from),
        x2: some.map(({ to }) => to),
        y: some.map(({ slot }) => slot),
        trials: some.map(({ number }) => number),
      },
    ]
  })
  return {
    version: plotVersion,
    type: 'timeline',
    title: 'Timeline',
    notes: ['Starts are worked out from order and duration: pauses and waiting are not seen.'],
    panels: [
      {
        x: numberAxis('time', [0, ...spans.map(({ to }) => to)], { unit: 's' }),
        y: {
          name: 'slot',
          scale: 'category',
          categories: Array.from({ length: slots }, (_, i) => String(i + 1)),
        },
        series,
      },
    ],
  }
}

/** When trial n is told, those before it that are not told yet ran beside it. Shapes: `told` [n] numbers in the order of tells. */
function fewestSlots(told: readonly number[]): number {
  const earlierOpen = new Set<number>()
  let [most, next] = [1, 0]
  const known = new Set(told)
  const sorted = [...known].sort((a, b) => a - b)
  for (const number of told) {
    for (; next < sorted.length && (sorted[next] as number) <= number; next++) earlierOpen.add(sorted[next] as number)
    most = Math.max(most, earlierOpen.size)
    earlierOpen.delete(number)
  }
  return Math.min(slotsMax, most)
}

interface Span extends PlotTrial {
  readonly slot: number
  readonly from: number
  readonly to: number
}

function scheduled(trials: readonly PlotTrial[], slots: number): Span[] {
  const freeAt = new Array<number>(slots).fill(0)
  return trials.map((trial) => {
    const from = freeAt.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
    const slot = freeAt.indexOf(from)
    const { seconds } = trial.trial
    const to = from + (Number.isFinite(seconds) ? Math.max(0, seconds) : 0)
    freeAt[slot] = to
    return { ...trial, slot, from, to }
  })
}
