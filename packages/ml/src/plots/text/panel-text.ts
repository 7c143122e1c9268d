/** A panel in a terminal: axes around a canvas, a legend below. */

import type { Axis, Panel } from '../plot.ts'
import { barsText } from './bars-text.ts'
import { Canvas, cellAt } from './canvas.ts'
import { dim, type Paint } from './ink.ts'
import { drawSeries, legendOf } from './series-text.ts'
import { fitted, padded, printable, textWidth, wrapped } from './text-width.ts'
import { type Tick, ticksOf } from './ticks.ts'

export interface TextSize {
  /** Columns of the whole. */
  readonly width: number
  /** Rows of the canvas. */
  readonly height: number
  readonly paint: Paint
  readonly color: boolean
}

/** Lines, none wider than `width`. */
export function panelText(panel: Panel, size: TextSize): string[] {
  if (panel.series.some(({ mark }) => mark === 'bars')) return barsText(panel, size)
  const { width, height, paint } = size
  const rows = panel.y.scale === 'category' ? Math.min(height, Math.max(1, panel.y.categories.length)) : height
  const gutterMax = Math.max(3, Math.floor(width / 4))
  const most = panel.y.scale === 'category' ? rows : Math.max(2, Math.floor(rows / 3) + 1)
  const ticks = ticksOf(panel.y, most, gutterMax)
  const gutter = Math.max(1, ...ticks.map(({ label }) => textWidth(label)))
  const canvas = new Canvas(width - gutter - 1, rows)
  for (const [index, series] of panel.series.entries()) drawSeries(canvas, { panel, series, index, color: size.color })
  const atRow = new Map(ticks.map((tick) => [rowOf(tick, panel.y, rows), tick.label]))
  const body = canvas
    .lines(paint)
    .map((line, row) => `${padded(atRow.get(row) ?? '', gutter, 'right')}${atRow.has(row) ? '┤' : '│'}${line}`)
  const below = xAxisLines(panel.x, canvas.columns).map((line) => `${' '.repeat(gutter)}${line}`)
  const caption = captionOf(panel.x)
  return [
    paint(fitted(captionOf(panel.y), width), dim),
    ...body,
    ...below,
    paint(padded(caption, width, 'right'), dim),
    ...legendOf(panel, size.color).flatMap(({ text, ink }) => {
      return wrapped(text, width).map((line) => paint(line, ink))
    }),
  ].map((line) => line.trimEnd())
}

/** The name of an axis, its unit, and which way is better. */
function captionOf(axis: Axis): string {
  const unit = axis.unit === undefined ? '' : ` (${printable(axis.unit)})`
  if (axis.scale === 'category') return printable(axis.name) + unit
  const better = axis.better === undefined ? '' : `, ${axis.better} is better`
  return `${printable(axis.name)}${unit}${better}${axis.scale === 'log' ? ', log scale' : ''}`
}

function rowOf({ place }: Tick, axis: Axis, rows: number): number {
  return axis.scale === 'category' ? Math.min(rows - 1, Math.floor(place * rows)) : cellAt(1 - place, rows)
}

/** The line with its marks, and the labels that have room, one column behind the gutter. */
function xAxisLines(axis: Axis, columns: number): string[] {
  const labelMax = Math.max(3, Math.floor(columns / 3))
  const ticks = ticksOf(axis, Math.max(2, Math.floor(columns / 10)), labelMax)
  const line = new Array<string>(columns).fill('─')
  let labels = ''
  let used = 0
  for (const { place, label } of ticks) {
    const column = axis.scale === 'category' ? Math.floor(place * columns) : cellAt(place, columns)
    const width = textWidth(label)
    const start = Math.min(columns - width, Math.max(0, column - Math.floor(width / 2)))
    if (start < used + (used === 0 ? 0 : 1)) continue
    line[column] = '┬'
    labels += ' '.repeat(start - used) + label
    used = start + width
  }
  return [`└${line.join('')}`, ` ${labels}`]
}
