import { describe, expect, test } from 'vitest'
import { frontPlot } from './front-plot.ts'
import { historyPlot } from './history-plot.ts'
import { extentOf, intervalColumns } from './interval.ts'
import { plotFaults } from './plot-laws.fixture.ts'
import { plotText } from './plot-text.ts'
import { mixedStudy, repeatedStudy } from './plots.fixture.ts'
import { plotVegaLite } from './vega-lite.ts'

const ci = (value: number) => ({ value, ci95: [value - 0.5, value + 0.5] as const })

describe('intervals of points', () => {
  test('are the standard errors of trials that were repeated, and nothing of others', () => {
    const { panels, notes } = historyPlot(repeatedStudy(30))
    const [points] = panels[0]?.series ?? []
    for (const [i, number] of (points?.trials ?? []).entries()) {
      const [low, y, high] = [points?.yLow?.[i], points?.y[i] as number, points?.yHigh?.[i]]
      if (number % 2 === 1) expect([low, high]).toEqual([null, null])
      else expect([low, high]).toEqual([y - 0.05, y + 0.05])
    }
    expect(notes).toContain('Intervals of trials that were repeated are standard errors.')
    expect(JSON.stringify(historyPlot(mixedStudy(30)))).not.toMatch(/Low|High|errors/)
  })

  test('are what a model expects of a front, on axes that hold them', () => {
    const expected = [{ number: 7, expected: { accuracy: ci(0.5), costUsd: ci(9) } }]
    const plot = frontPlot(mixedStudy(30), { expected })
    const series = plot.panels[0]?.series.at(-1)
    expect(series).toMatchObject({ name: 'expected front', xLow: [0], xHigh: [1], yLow: [8.5], yHigh: [9.5] })
    expect(plotFaults(plot)).toEqual([])
    const [axis] = plot.panels
    expect(axis?.y).toMatchObject({ domain: [expect.any(Number), 9.5] })
    expect(plot.notes.join()).toContain('with 95 % probability')
  })

  test('are drawn in the terminal and on the web', () => {
    const bare = [{ number: 7, expected: { accuracy: ci(0.5), costUsd: ci(9) } }]
    const [none, some] = [[], bare].map((expected) => plotText(frontPlot(mixedStudy(1), { expected }), { width: 60 }))
    const dots = (text = '') => text.match(/[\u2801-\u28ff]/g)?.length ?? 0
    expect(dots(some)).toBeGreaterThan(dots(none) + 10)
    const { layer } = plotVegaLite(frontPlot(mixedStudy(30), { expected: bare })) as never as {
      layer: { mark: object }[]
    }
    expect(layer.filter(({ mark }) => (mark as { type?: string }).type === 'rule')).toHaveLength(2)
  })

  test('that an axis of logarithms cannot show are left out whole', () => {
    expect(intervalColumns('x', 'log', [[-1, 2], undefined, [1, 2]])).toEqual({
      xLow: [null, null, 1],
      xHigh: [null, null, 2],
    })
    expect(intervalColumns('y', 'log', [[0, 2]])).toEqual({})
    const series = { name: '', role: 'value', mark: 'points', x: [1], y: [2], yLow: [1], yHigh: [3] } as const
    expect([extentOf([series], 'x'), extentOf([series], 'y')]).toEqual([[1], [2, 1, 3]])
  })
})
