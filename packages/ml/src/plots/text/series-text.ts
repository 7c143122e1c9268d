/** Series on a canvas. */

import { placeOn } from '../axis.ts'
import type { Axis, NumberAxis, Panel, Series } from '../plot.ts'
import { type Canvas, cellAt } from './canvas.ts'
import { type Ink, looks, scaleInks, scaleSigns, seriesInks } from './ink.ts'
import { printable } from './text-width.ts'
import { numberText } from './ticks.ts'

interface Drawn {
  readonly panel: Panel
  readonly series: Series
  /** Its place among the series of the panel. */
  readonly index: number
  readonly color: boolean
}

export function drawSeries(canvas: Canvas, drawn: Drawn): void {
  const { mark, role } = drawn.series
  if (mark === 'cells') drawCells(canvas, drawn)
  else if (mark === 'spans') drawSpans(canvas, drawn)
  else if (mark === 'points') drawPoints(canvas, drawn)
  else if (mark === 'steps' && role === 'best') drawSteps(canvas, drawn)
  else drawLine(canvas, drawn)
}

/** What a sign or colour means, one line each. */
export function legendOf(
  { series, colour }: Panel,
  color: boolean,
): { readonly text: string; readonly ink: Ink | undefined }[] {
  const isMap = series.some(({ mark }) => mark === 'cells')
  const shown = series.filter(({ mark, role }) => mark !== 'cells' && !(isMap && role !== 'best'))
  const entries = shown.map((one) => `${signOf(one, series)} ${printable(one.name)}`)
  const lines = shown.length > 1 || isMap ? [{ text: entries.join('  '), ink: undefined }] : []
  if (!colour) return lines
  const [low, high] = colour.domain.map((end) => numberText(end))
  const name = printable(colour.name)
  const scale = color && isMap ? '' : `${scaleSigns[0]} `
  if (isMap) return [...lines, { text: `${scale}${low} to ${scaleSigns[4]} ${high}: ${name}`, ink: undefined }]
  return color ? [...lines, { text: `dark ${low} to bright ${high}: ${name}`, ink: undefined }] : lines
}

function signOf(one: Series, all: readonly Series[]): string {
  if (one.mark === 'spans') return spanSigns[one.role as keyof typeof spanSigns]?.[0] ?? '█'
  if (one.mark === 'steps' && one.role === 'best') return '─'
  if (one.role === 'value' && one.mark !== 'points') return tagOf(all.indexOf(one), all) ?? '⠒'
  return looks[one.role].sign ?? '⠶'
}

function drawPoints(canvas: Canvas, { panel, series, color }: Drawn): void {
  if (series.role === 'measured' && panel.series.some(({ mark }) => mark === 'cells')) return
  const { sign, ink } = looks[series.role]
  for (const [i, x] of series.x.entries()) {
    const y = series.y[i] ?? null
    if (x === null) continue
    const isOnEdge = y === null && (series.role === 'failed' || series.role === 'pruned')
    if (y === null && !isOnEdge) continue
    const [left, top] = [placeOn(panel.x, x), y === null ? 1 : 1 - placeOn(panel.y, y)]
    const value = series.value?.[i] ?? null
    const shade = color && panel.colour && value !== null ? inkOf(panel.colour, value) : ink
    drawIntervals(canvas, panel, { series, i, at: [left, top], ink: shade })
    if (sign === undefined) canvas.dot(left, top, shade)
    else canvas.sign(left, top, [sign, sign === looks.front.sign ? ink : shade])
  }
}

interface DrawnPoint {
  readonly series: Series
  readonly i: number
  readonly at: readonly [left: number, top: number]
  readonly ink: Ink | undefined
}

function drawIntervals(canvas: Canvas, panel: Panel, { series, i, at, ink }: DrawnPoint): void {
  const { xLow, xHigh, yLow, yHigh } = series
  const [left, right] = [xLow?.[i] ?? null, xHigh?.[i] ?? null]
  if (left !== null && right !== null) {
    canvas.line([placeOn(panel.x, left), at[1]], [placeOn(panel.x, right), at[1]], ink)
  }
  const [low, high] = [yLow?.[i] ?? null, yHigh?.[i] ?? null]
  if (low !== null && high !== null) {
    canvas.line([at[0], 1 - placeOn(panel.y, low)], [at[0], 1 - placeOn(panel.y, high)], ink)
  }
}

function drawLine(canvas: Canvas, { panel, series, index }: Drawn): void {
  const tag = tagOf(index, panel.series)
  const ink = tag === undefined ? looks[series.role].ink : seriesInks[index % seriesInks.length]
  const places = series.x.map((x, i) => {
    const y = series.y[i] ?? null
    return x === null || y === null ? undefined : ([placeOn(panel.x, x), 1 - placeOn(panel.y, y)] as const)
  })
  for (const [i, to] of places.entries()) {
    const from = i > 0 ? places[i - 1] : to
    if (!from || !to) continue
    if (series.mark === 'steps') {
      canvas.line(from, [to[0], from[1]], ink)
      canvas.line([to[0], from[1]], to, ink)
    } else canvas.line(from, to, ink)
  }
  if (tag === undefined) return
  // Lines of different series are told apart by a number on each, where colours are not to be had.
  const known = places.filter((one) => one !== undefined)
  for (const share of [0.2, 0.5, 0.8]) {
    const at = known[Math.floor(share * (known.length - 1))]
    if (at) canvas.sign(at[0], at[1], [tag, ink])
  }
}

function tagOf(index: number, all: readonly Series[]): string | undefined {
  return all.filter(({ role, mark }) => role === 'value' && mark !== 'cells').length > 1 ? String(index + 1) : undefined
}

/** A line in the signs of frames: what holds at the right edge of a column is shown in it. */
function drawSteps(canvas: Canvas, { panel, series }: Drawn): void {
  const { ink } = looks[series.role]
  const rowAt = new Map<number, number>()
  for (const [i, x] of series.x.entries()) {
    const y = series.y[i] ?? null
    if (x === null || y === null) continue
    rowAt.set(cellAt(placeOn(panel.x, x), canvas.columns), cellAt(1 - placeOn(panel.y, y), canvas.rows))
  }
  let before: number | undefined
  const last = Math.max(-1, ...rowAt.keys())
  for (let column = Math.min(...rowAt.keys()); column <= last; column++) {
    const row = rowAt.get(column) ?? (before as number)
    if (before === undefined || row === before) canvas.put(column, row, ['─', ink])
    else {
      const [from, to] = row < before ? ['╯', '╭'] : ['╮', '╰']
      canvas.put(column, before, [from as string, ink])
      for (let at = Math.min(row, before) + 1; at < Math.max(row, before); at++) canvas.put(column, at, ['│', ink])
      canvas.put(column, row, [to as string, ink])
    }
    before = row
  }
}

function drawCells(canvas: Canvas, { panel, series, color }: Drawn): void {
  const { colour } = panel
  if (!colour) return
  for (const [i, value] of (series.value ?? []).entries()) {
    if (value === null || value === undefined) continue
    const [left, right] = extent(panel.x, series.x[i] ?? 0, series.x2?.[i] ?? 0)
    const [bottom, top] = extent(panel.y, series.y[i] ?? 0, series.y2?.[i] ?? 0)
    const share = Math.min(1, Math.max(0, placeOn(colour, value)))
    const sign = color ? '█' : (scaleSigns[Math.min(4, Math.floor(share * 5))] as string)
    const ink = color ? inkOf(colour, value) : undefined
    for (let row = edge(1 - top, canvas.rows); row < edge(1 - bottom, canvas.rows); row++) {
      for (let column = edge(left, canvas.columns); column < edge(right, canvas.columns); column++) {
        canvas.put(column, row, [sign, ink])
      }
    }
  }
}

function edge(place: number, cells: number): number {
  return Math.min(cells, Math.max(0, Math.round(place * cells)))
}

function extent(axis: Axis, from: number, to: number): [number, number] {
  if (axis.scale !== 'category') return [placeOn(axis, from), placeOn(axis, to)]
  const half = 0.5 / axis.categories.length
  return [placeOn(axis, from) - half, placeOn(axis, from) + half]
}

/** Neighbours in a row alternate, so that one can be told from the next. */
const spanSigns = { measured: '█▓', 'beyond-limit': '+', failed: '×', pruned: '○' } as const

function drawSpans(canvas: Canvas, { panel, series }: Drawn): void {
  const { role } = series
  const signs: string = role in spanSigns ? spanSigns[role as keyof typeof spanSigns] : '█'
  for (const [i, from] of series.x.entries()) {
    const [to, lane] = [series.x2?.[i] ?? from, series.y[i] ?? null]
    if (from === null || to === null || lane === null) continue
    const row = Math.min(canvas.rows - 1, Math.floor(placeOn(panel.y, lane) * canvas.rows))
    const [first, last] = [edge(placeOn(panel.x, from), canvas.columns), edge(placeOn(panel.x, to), canvas.columns)]
    const sign = signs[(series.trials?.[i] ?? i) % signs.length] as string
    for (let column = first; column < Math.max(last, first + 1); column++) {
      canvas.put(column, row, [sign, looks[role].ink])
    }
  }
}

function inkOf(colour: NumberAxis, value: number): Ink {
  const share = Math.min(1, Math.max(0, placeOn(colour, value)))
  return scaleInks[Math.min(scaleInks.length - 1, Math.floor(share * scaleInks.length))] as Ink
}
