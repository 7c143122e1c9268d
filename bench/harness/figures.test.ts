import { expect, test } from 'vitest'
import { figuresOf, formatFigures, markdownFigures } from './figures.ts'

test('a ratio without a metric of its own gets a line', () => {
  const { metrics } = figuresOf({ metrics: { askMs: 0.5 }, ratios: { askSpeedupVsOptuna5: 12.34 }, runs: 3 })
  expect(metrics).toEqual([
    ['metric', 'mabeam'],
    ['askMs', '0.500'],
    ['askSpeedupVsOptuna5', '12.3x'],
  ])
})

test('rows are a second table with all columns', () => {
  const figures = figuresOf({
    metrics: {},
    rows: [
      { seed: 1, low: 0.021 },
      { seed: 2, high: null },
    ],
    runs: 1,
  })
  expect(figures.rows).toEqual([
    ['seed', 'low', 'high'],
    ['1', '0.0210', '–'],
    ['2', '–', '–'],
  ])
  expect(formatFigures(figures)).toContain('0.0210')
  expect(markdownFigures(figures)).toContain('| seed | low | high |\n|---|---:|---:|\n| 1 | 0.0210 | – |')
})

test('large figures are whole numbers with separators', () => {
  expect(figuresOf({ metrics: { callsPerSec: 1234567.8 }, runs: 1 }).metrics[1]).toEqual(['callsPerSec', '1,234,568'])
})
