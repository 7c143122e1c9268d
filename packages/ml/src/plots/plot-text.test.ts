import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { contourPlot } from './contour-plot.ts'
import { edfPlot } from './edf-plot.ts'
import { historyPlot } from './history-plot.ts'
import { importancePlot } from './importance-plot.ts'
import { parallelPlot } from './parallel-plot.ts'
import type { ChartPlot } from './plot.ts'
import { textFaults } from './plot-laws.fixture.ts'
import { plotText } from './plot-text.ts'
import { mixedStudy } from './plots.fixture.ts'
import { studyText } from './study-text.ts'
import { Canvas } from './text/canvas.ts'
import { tableText } from './text/table.ts'
import { fitted, padded, printable, textWidth, wrapped } from './text/text-width.ts'
import { numberText, ticksOf } from './text/ticks.ts'
import { timelinePlot } from './timeline-plot.ts'

const drawn = (
  y: readonly (number | null)[],
  more: Partial<ChartPlot['panels'][number]['series'][number]> = {},
): ChartPlot => ({
  version: 1,
  type: 'history',
  title: 'Drawn',
  notes: [],
  panels: [
    {
      x: { name: 'x', scale: 'linear', domain: [0, y.length - 1] },
      y: { name: 'y', scale: 'linear', domain: [0, 1] },
      series: [{ name: 's', role: 'best', mark: 'steps', x: [...y.keys()], y, ...more }],
    },
  ],
})

describe('plotText', () => {
  test('draws steps, with the place of each value', () => {
    expect(plotText(drawn([0, 0, 1, 1, 0.5]), { width: 20, height: 5 }).split('\n')).toEqual([
      'Drawn',
      'y',
      '1┤         ╭───────╮',
      ' │         │       │',
      ' │         │       ╰',
      ' │         │',
      '0┤─────────╯',
      ' └┬────────┬───────┬',
      '  0        2       4',
      '                   x',
    ])
  })

  test('draws points at their places, and those without a value on the edge', () => {
    const failed = plotText(drawn([null, null, null], { role: 'failed', mark: 'points' }), { width: 20, height: 3 })
    expect(failed.split('\n')[4]).toBe('0┤×        ×       ×')
    const lost = plotText(drawn([null, null, null], { role: 'measured', mark: 'points' }), { width: 20, height: 3 })
    expect(lost.split('\n')[4]).toBe('0┤')
    const corners = plotText(drawn([0, 1], { role: 'measured', mark: 'points' }), { width: 20, height: 3 }).split('\n')
    expect([corners[2], corners[4]]).toEqual(['1┤                 ⠈', '0┤⡀'])
  })

  test('draws eight dots in a cell', () => {
    const dots = [0, 1].flatMap((x) => [0, 1, 2, 3].map((y) => [x, y / 3] as const))
    const drawn = dots.map(([x, y]) => {
      const canvas = new Canvas(1, 1)
      canvas.dot(x, y, undefined)
      return canvas.lines((text) => text)[0]
    })
    expect(drawn).toEqual([...'⠁⠂⠄⡀⠈⠐⠠⢀'])
  })

  test('draws the best tenth of lines through all axes, by the direction of the objective', () => {
    const lines = Array.from({ length: 20 }, (_, i) => ({ trial: i, role: 'measured' as const, at: [i, i], value: i }))
    const axis = { name: 'score', scale: 'linear', domain: [0, 19] } as const
    const rowsOf = (better: 'larger' | 'smaller') => {
      const colour = { ...axis, better }
      const plot = { version: 1, type: 'parallel', title: '', notes: [], axes: [axis, colour], colour, lines } as const
      const text = plotText(plot, { width: 20, height: 10 })
      return text.split('\n').flatMap((line, row) => (/[⠁-⣿]/.test(line) ? [row - 2] : []))
    }
    expect([rowsOf('larger'), rowsOf('smaller')]).toEqual([[0], [9]])
  })

  test('has escape sequences only where colours are asked for, and says the same without', () => {
    const plot = contourPlot(mixedStudy(40), { x: 'temperature', y: 'rate' })
    expect(plotText(plot)).not.toContain('\u001b')
    expect(plotText(plot, { color: true })).toContain('\u001b[')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    const plain = plotText(parallelPlot(mixedStudy(5)), { color: true }).replaceAll(/\u001b\[[\d;]*m/g, '')
    expect(plain.split('\n')).toHaveLength(plotText(parallelPlot(mixedStudy(5))).split('\n').length)
  })

  test('lets no name move the cursor', () => {
    const evil = 'a\u001b[2J\u0007\r\nb\u202ec'
    const text = plotText(importancePlot([{ variable: evil, value: 1 }], { objective: evil }))
    expect(textFaults(text, 80)).toEqual([])
    expect(text).toContain('a?[2J?')
  })

  test('tells lines of several studies apart by numbers', () => {
    const text = plotText(edfPlot(mixedStudy(30), { name: 'gp', compare: { random: mixedStudy(30, 2) } }))
    expect(text).toContain('1 gp  2 random')
    expect(text.split('\n').some((line) => /[│┤].*2/.test(line))).toBe(true)
  })

  test('draws 10,000 points, and one slot of many in a row', () => {
    const study = mixedStudy(10_000)
    expect(textFaults(plotText(historyPlot(study)), 80)).toEqual([])
    const lanes = plotText(timelinePlot(study, { slots: 1_000 }), { height: 8 })
    expect(lanes.split('\n').filter((line) => /[│┤]/.test(line))).toHaveLength(8)
  })

  test('shows as many bars as it has rows, and counts the others', () => {
    const plot = importancePlot(Array.from({ length: 5 }, (_, i) => ({ variable: `v${i}`, value: 0.2 })))
    expect(plotText(plot, { height: 4 }).split('\n').at(-1)).toBe('and 1 more')
    expect(plotText(plot, { height: 5 })).not.toContain('more')
    expect(plotText(importancePlot([]))).toContain('nothing to show')
  })

  test('draws plots that were kept in version 1', () => {
    const kept = JSON.parse(readFileSync(new URL('./plot-v1.fixture.json', import.meta.url), 'utf8'))
    expect(plotText(kept.history)).toBe(plotText(historyPlot(mixedStudy(8))))
    expect(plotText(kept.parallel)).toBe(plotText(parallelPlot(mixedStudy(4))))
  })

  test('takes sizes within its limits, and refuses what is no plot', () => {
    const plot = historyPlot(mixedStudy(5))
    expect(plotText(plot, { width: 1_000, height: 200 }).split('\n').length).toBeGreaterThan(200)
    expect(() => plotText(plot, { width: 19 })).toThrow('width: expected an integer from 20 to 1000, got 19')
    expect(() => plotText(plot, { width: 1_001 })).toThrow('got 1001')
    expect(() => plotText(plot, { height: 2 })).toThrow('from 3 to 200')
    expect(() => plotText(plot, { height: 201 })).toThrow('got 201')
    expect(() => plotText(plot, { colour: true } as never)).toThrow('did you mean "color"?')
    expect(() => plotText({ ...plot, version: 2 } as never)).toThrow('plot: version: expected 1, got 2')
    expect(() => plotText(undefined as never)).toThrow('plot: version')
  })
})

describe('texts', () => {
  test('know how many columns they take', () => {
    expect(['abc', '模型', 'é', '👩‍🚀', '❤️', 'ｶ', ''].map(textWidth)).toEqual([3, 4, 1, 2, 2, 1, 0])
    expect([fitted('模型', 3), fitted('模型', 4), fitted('abc', 1), fitted('abc', 0)]).toEqual(['模…', '模型', '…', ''])
    expect(padded('模', 4, 'right')).toBe('  模')
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrapped('incomprehensible', 6)).toEqual(['incom…'])
    expect(printable('a\tb\u200bc')).toBe('a b?c')
  })

  test('write numbers in few signs, and ticks at round ones', () => {
    expect([0, 0.1 + 0.2, 123_456, 1e21, -1e-9, Number.MAX_VALUE].map((value) => numberText(value))).toEqual([
      '0',
      '0.3',
      '123500',
      '1e21',
      '-1e-9',
      '1.798e308',
    ])
    const labels = (scale: 'linear' | 'log', low: number, high: number) =>
      ticksOf({ name: 'x', scale, domain: [low, high] }, 5, 12).map(({ label }) => label)
    expect(labels('linear', 0, 1)).toEqual(['0', '0.5', '1'])
    expect(labels('linear', -3, 17)).toEqual(['0', '5', '10', '15'])
    expect(labels('linear', 100_000.1, 100_000.3)).toEqual([
      '100000.1',
      '100000.15',
      '100000.2',
      '100000.25',
      '100000.3',
    ])
    expect(labels('log', 1e-5, 1)).toEqual(['1e-5', '0.001', '0.1'])
    expect(labels('log', 2, 5)).toEqual(['2', '5'])
    const names = { name: 'x', scale: 'category', categories: ['a', 'b', 'c', 'd', 'e'] } as const
    expect(ticksOf(names, 3, 9).map(({ label }) => label)).toEqual(['a', 'c', 'e'])
  })

  test('stand in tables, with the columns that have room', () => {
    const table = {
      head: ['n', 'name', 'more'],
      rows: [
        ['1', 'a', 'x'],
        ['10', '模型', 'y'],
      ],
    }
    expect(tableText(table, 14)).toEqual([' n  name  more', ' 1  a     x', '10  模型  y'])
    expect(tableText(table, 13)[0]).toBe(' n  name')
    expect(tableText({ head: ['a long name'], rows: [] }, 5)).toEqual(['a lo…'])
  })
})

describe('studyText', () => {
  const study = { ...mixedStudy(60), id: 'triage' }
  const importances = [{ variable: 'demos', value: 1 }]

  test('shows what is best, the front and what matters', () => {
    const lines = studyText(study).split('\n')
    expect(lines[0]).toMatch(/^triage: 60 trials, \d+ beyond a limit, \d+ pruned, \d+ failed$/)
    expect(lines.find((line) => line.startsWith('accuracy'))).toMatch(/^accuracy +[\d.]+ \(.* to .*\), observed/)
    const front = lines.findIndex((line) => line.startsWith('Front: '))
    expect(front).toBeGreaterThan(0)
    const accuracies = lines
      .slice(front + 2, lines.indexOf('', front))
      .map((line) => Number(line.trim().split(/ +/)[1]))
    expect(accuracies.length).toBeGreaterThan(1)
    expect(accuracies).toEqual([...accuracies].sort((a, b) => b - a))
    expect(lines).toContain('What matters for accuracy')
  })

  test('stays within the width, also with long values', () => {
    for (const width of [20, 33, 80, 200]) {
      for (const color of [true, false]) {
        expect(textFaults(studyText(study, { width, color, importances }), width)).toEqual([])
      }
    }
    const config = { ...study.finished[0]?.config, prompt: 'long words '.repeat(500) }
    const wordy = { ...study, finished: study.finished.map((trial) => ({ ...trial, config })) }
    const text = studyText(wordy, { width: 40, importances })
    expect(textFaults(text, 40)).toEqual([])
    expect(text.split('\n').length).toBeLessThan(40)
  })

  test('says when there is nothing to recommend, and has no front for one objective', () => {
    expect(studyText({ ...study, finished: [] })).toBe('triage: 0 trials\nNo trial is complete and within the limits.')
    const one = studyText({ ...mixedStudy(9), objectives: study.objectives.slice(0, 1) }, { importances })
    expect(one).not.toContain('Front')
    expect(() => studyText(study, { rowsMax: 0 })).toThrow('from 1 to 100')
    expect(() => studyText(study, { rowsMax: 101 })).toThrow('got 101')
  })
})
