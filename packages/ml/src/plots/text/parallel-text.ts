/** Parallel coordinates in a terminal: an axis is a column, lines run between them. */

import { placeOn } from '../axis.ts'
import type { Axis, ParallelLine, ParallelPlot } from '../plot.ts'
import { Canvas, cellAt } from './canvas.ts'
import { dim, looks } from './ink.ts'
import type { TextSize } from './panel-text.ts'
import { fitted, padded, printable, textWidth, wrapped } from './text-width.ts'
import { numberText } from './ticks.ts'

/** The fewest columns from one axis to the next. */
const gapMin = 8
/** The most lines that are told from the others. */
const bestMax = 20

/**
 * The best tenth of the lines, on top of the others where there is colour to tell them apart, and alone where there is none.
 * Axes that have no room are left out and counted.
 */
export function parallelText(plot: ParallelPlot, { width, height, paint, color }: TextSize): string[] {
  const { axes, lines } = plot
  const most = Math.max(2, Math.floor(width / gapMin))
  const kept = axes.length <= most ? axes : [...axes.slice(0, most - 1), axes.at(-1) as Axis]
  const indices = kept.map((axis) => axes.indexOf(axis))
  const canvas = new Canvas(width, height)
  const best = bestLines(plot)
  const at = (k: number) => (kept.length === 1 ? 0 : k / (kept.length - 1))
  const draw = (line: ParallelLine, ink: string) => {
    for (let k = 1; k < kept.length; k++) {
      const [a, b] = [line.at[indices[k - 1] as number] ?? null, line.at[indices[k] as number] ?? null]
      if (a === null || b === null) continue
      const [from, to] = [placeOn(kept[k - 1] as Axis, a), placeOn(kept[k] as Axis, b)]
      canvas.line([at(k - 1), 1 - from], [at(k), 1 - to], ink)
    }
  }
  if (color) for (const line of lines) if (!best.has(line)) draw(line, dim)
  for (const line of best) draw(line, looks.best.ink)
  for (const k of kept.keys()) {
    for (let row = 0; row < height; row++) canvas.put(cellAt(at(k), width), row, ['│', undefined])
  }
  const left = axes.length - kept.length
  const shown = `${best.size === lines.length ? 'all' : `the best ${best.size} of`} ${lines.length} trials`
  return [
    labelLine(kept, width, (axis) => endOf(axis, 1)),
    ...canvas.lines(paint),
    labelLine(kept, width, (axis) => endOf(axis, 0)),
    paint(
      labelLine(kept, width, ({ name }) => printable(name)),
      dim,
    ),
    ...wrapped(
      `${shown}, by ${printable(plot.colour.name)}${left > 0 ? `; ${left} more axes have no room` : ''}`,
      width,
    ),
  ].map((line) => line.trimEnd())
}

function bestLines({ lines, colour }: ParallelPlot): Set<ParallelLine> {
  const sign = colour.better === 'larger' ? -1 : 1
  const measured = lines.filter(({ role, value }) => role === 'measured' && value !== null)
  const sorted = [...measured].sort((a, b) => sign * ((a.value as number) - (b.value as number)))
  return new Set(sorted.slice(0, Math.min(bestMax, Math.ceil(sorted.length / 10))).reverse())
}

function endOf(axis: Axis, end: 0 | 1): string {
  if (axis.scale !== 'category') return numberText(axis.domain[end], 3)
  return printable(axis.categories[end === 1 ? axis.categories.length - 1 : 0] ?? '')
}

/** A label at each axis: the first to the right of it, the last to the left, the others around it. */
function labelLine(axes: readonly Axis[], width: number, labelOf: (axis: Axis) => string): string {
  const gap = width / Math.max(1, axes.length - 1)
  let line = ''
  let used = 0
  for (const [k, axis] of axes.entries()) {
    const label = fitted(labelOf(axis), Math.max(1, Math.floor(k === 0 || k === axes.length - 1 ? gap / 2 : gap) - 1))
    const column = cellAt(axes.length === 1 ? 0 : k / (axes.length - 1), width)
    const columns = textWidth(label)
    const start = Math.max(
      k === 0 ? 0 : used + 1,
      Math.min(width - columns, k === 0 ? 0 : column - Math.floor(columns / 2)),
    )
    if (start + columns > width) continue
    line += ' '.repeat(start - used) + label
    used = start + columns
  }
  return padded(line, width)
}
