import { describe, expect, test } from 'vitest'
import { importanceOf } from '../insight/importance.ts'
import { contourPlot } from './contour-plot.ts'
import { edfPlot } from './edf-plot.ts'
import { frontPlot } from './front-plot.ts'
import { historyPlot } from './history-plot.ts'
import { hypervolumePlot } from './hypervolume-plot.ts'
import { importancePlot } from './importance-plot.ts'
import { parallelPlot } from './parallel-plot.ts'
import type { ChartPlot, Plot, Series } from './plot.ts'
import { plotFaults, studyFaults, textFaults } from './plot-laws.fixture.ts'
import type { PlotSource } from './plot-source.ts'
import { plotText } from './plot-text.ts'
import { extremes, mixedStudy, repeatedStudy } from './plots.fixture.ts'
import { slicePlot } from './slice-plot.ts'
import { timelinePlot } from './timeline-plot.ts'

function allPlots(study: PlotSource): Plot[] {
  return [
    historyPlot(study),
    historyPlot(study, { objective: 'costUsd', log: true }),
    hypervolumePlot(study),
    frontPlot(study, { log: ['costUsd'] }),
    parallelPlot(study),
    slicePlot(study),
    contourPlot(study, { x: 'rate', y: 'model' }),
    contourPlot(study, { x: 'temperature', y: 'demos', cells: 5 }),
    edfPlot(study, { compare: { other: mixedStudy(10, 9) } }),
    timelinePlot(study),
    timelinePlot(study, { slots: 3 }),
    importancePlot([
      { variable: 'demos', value: 0.7 },
      { variable: 'a very long name of a variable', value: Number.NaN },
    ]),
  ]
}

const studies = [0, 1, 2, 3, 7, 40, 41, 42, 43, 44, 45, 300].map((count) => ({
  count,
  study: mixedStudy(count, count),
}))
const cases = [
  ...studies,
  { count: 40, study: repeatedStudy(40) },
  ...extremes.map((study) => ({ count: study.finished.length, study })),
]

describe('every plot', () => {
  test('is JSON with columns of one length on axes that hold them, and says of its study what is so', () => {
    for (const { study } of cases) {
      for (const plot of allPlots(study)) {
        expect({ plot: plot.type, faults: plotFaults(plot) }).toEqual({ plot: plot.type, faults: [] })
        if (plot.type === 'parallel') continue
        expect({ plot: plot.type, faults: studyFaults(plot, study) }).toEqual({ plot: plot.type, faults: [] })
      }
    }
  })

  test('is drawn within the width of the terminal, whatever that is', () => {
    for (const { study } of cases) {
      for (const plot of allPlots(study)) {
        for (const width of [20, 31, 80, 203]) {
          for (const options of [{ width }, { width, color: true, height: 3 }]) {
            const faults = textFaults(plotText(plot, options), width)
            expect({ plot: plot.type, faults }).toEqual({ plot: plot.type, faults: [] })
          }
        }
      }
    }
  })

  test('does not change the study, and is the same again', () => {
    const study = mixedStudy(50)
    const before = JSON.stringify(study.finished)
    const [first, second] = [allPlots(study), allPlots(study)]
    expect(first).toEqual(second)
    expect(JSON.stringify(study.finished)).toBe(before)
  })

  test('takes what importanceOf finds', () => {
    const study = mixedStudy(60)
    const plot = importancePlot(importanceOf(study, { seed: 1 }), { objective: 'accuracy', measure: 'totalEffect' })
    expect(plotFaults(plot)).toEqual([])
    expect(plot.panels[0]?.series[0]?.x).toHaveLength(4)
  })
})

/** Bugs that someone might write, as changes of a right plot. */
const mutants: { readonly [bug: string]: (study: PlotSource) => ChartPlot } = {
  'a history without failed trials': (study) =>
    withSeries(historyPlot(study), (one) => (one.role === 'failed' ? [] : [one])),
  'a best so far that is the last one': (study) =>
    withSeries(historyPlot(study), (one) => {
      const y = study.finished.map(({ values }) => values.accuracy ?? null)
      return [one.role === 'best' ? { ...one, y } : one]
    }),
  'a best so far of trials beyond a limit, in the order of tells': (study) =>
    withSeries(historyPlot(study), (one) => [one.role === 'best' ? { ...one, y: [...one.y].reverse() } : one]),
  'a trial that is drawn twice': (study) => withSeries(historyPlot(study), (one) => [one, one]),
  'a hypervolume of each trial alone': (study) =>
    withSeries(hypervolumePlot(study), (one) => [{ ...one, y: one.y.map((_, i) => (i % 5) / 5) }]),
  'a front of all trials': (study) =>
    withSeries(frontPlot(study), (one) => [one.role === 'measured' ? { ...one, role: 'front' } : one]).panels.length > 0
      ? withSeries(frontPlot(study), (one) => (one.role === 'front' ? [] : [{ ...one, role: 'front' }]))
      : frontPlot(study),
  'a distribution that starts at the first step': (study) =>
    withSeries(edfPlot(study), (one) => [{ ...one, x: one.x.slice(1), y: one.y.slice(1) }]),
  'a distribution of unsorted values': (study) =>
    withSeries(edfPlot(study), (one) => [{ ...one, x: [...one.x].reverse() }]),
  'a contour that extrapolates': (study) =>
    withSeries(contourPlot(study), (one) => [one.value ? { ...one, value: one.value.map((v) => v && 2 * v) } : one]),
  'a timeline in one slot': (study) =>
    withSeries(timelinePlot(study, { slots: 3 }), (one) => [{ ...one, y: one.y.map(() => 0) }]),
  'a column that is too short': (study) => withSeries(historyPlot(study), (one) => [{ ...one, x: one.x.slice(1) }]),
  'a number that JSON does not know': (study) =>
    withSeries(historyPlot(study), (one) => [{ ...one, y: one.y.map(() => Number.NaN) }]),
  'an axis without a length': (study) => {
    const plot = historyPlot(study)
    return {
      ...plot,
      panels: plot.panels.map((panel) => ({ ...panel, x: { name: 'trial', scale: 'linear', domain: [1, 1] } })),
    }
  },
}

function withSeries(plot: ChartPlot, change: (one: Series) => readonly Series[]): ChartPlot {
  return { ...plot, panels: plot.panels.map((panel) => ({ ...panel, series: panel.series.flatMap(change) })) }
}

describe('the laws', () => {
  const study = mixedStudy(60)

  test.each(Object.keys(mutants))('find %s', (bug) => {
    const plot = (mutants[bug] as (study: PlotSource) => ChartPlot)(study)
    expect([...plotFaults(plot), ...studyFaults(plot, study)]).not.toEqual([])
  })

  test('find texts that are too wide, hold controls, or numbers that are none', () => {
    expect(textFaults('12345\n模型模', 5)).toHaveLength(1)
    expect(textFaults('a\u0007', 5)).toHaveLength(1)
    expect(textFaults('NaN', 5)).toHaveLength(1)
    expect(textFaults('\u001b[31mred\u001b[0m', 3)).toEqual([])
  })
})
