import { describe, expect, test } from 'vitest'
import { historyPlot } from './history-plot.ts'
import { plotText } from './plot-text.ts'
import { mixedStudy } from './plots.fixture.ts'

describe('historyPlot', () => {
  test('draws a point for each trial, whatever came of it', () => {
    const study = mixedStudy(60)
    const [panel] = historyPlot(study).panels
    const points = panel?.series.filter(({ mark }) => mark === 'points') ?? []
    expect(points.flatMap(({ trials = [] }) => trials).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, i) => i),
    )
    expect(plotText(historyPlot(study))).toContain('best so far')
  })
})
