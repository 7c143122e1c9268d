/** Bars in a terminal, one a row. */

import type { Panel } from '../plot.ts'
import { looks, type Paint } from './ink.ts'
import { fitted, padded, printable, textWidth } from './text-width.ts'
import { numberText } from './ticks.ts'

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** Label, bar and number; the first `height` bars, and how many there are besides. Bars run from 0 to the largest. */
export function barsText(
  { x, y, series }: Panel,
  { width, height, paint }: { readonly width: number; readonly height: number; readonly paint: Paint },
): string[] {
  const bars = series.flatMap((one) =>
    one.x.map((length, i) => {
      const place = one.y[i] ?? null
      const known = y.scale === 'category' && place !== null ? y.categories[place] : undefined
      return { label: printable(known ?? ''), length, role: one.role }
    }),
  )
  if (bars.length === 0) return ['nothing to show']
  const shown = bars.slice(0, height)
  const longest = x.scale === 'category' ? 0 : x.domain[1]
  const numbers = shown.map(({ length }) => (length === null ? '–' : numberText(length, 3)))
  const numberColumns = Math.max(...numbers.map(textWidth))
  const labelColumns = Math.min(
    Math.floor((width - numberColumns) / 2),
    Math.max(...shown.map(({ label }) => textWidth(label))),
  )
  const room = Math.max(1, width - labelColumns - numberColumns - 2)
  const lines = shown.map(({ label, length, role }, i) => {
    const bar = padded(barOf(longest > 0 ? (length ?? 0) / longest : 0, room), room)
    return `${padded(label, labelColumns, 'right')} ${paint(bar, looks[role].ink)} ${numbers[i]}`
  })
  const left = bars.length - shown.length
  return (left > 0 ? [...lines, `and ${left} more`] : lines).map((line) => fittedLine(line, width))
}

/** A bar for a share of the room, to an eighth of a column. */
function barOf(share: number, room: number): string {
  const parts = Math.round(Math.min(1, Math.max(0, share)) * room * 8)
  return '█'.repeat(Math.floor(parts / 8)) + eighths[(parts % 8) as 0]
}

function fittedLine(line: string, width: number): string {
  return line.includes('\u001b') ? line : fitted(line, width).trimEnd()
}
