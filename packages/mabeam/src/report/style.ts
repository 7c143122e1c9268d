/** How a report is set: the width of the page, and bold type where it is read on a terminal. */

import Table, { type HorizontalAlignment } from 'cli-table3'
import pc from 'picocolors'
import type { LineOutput } from './progress-line.ts'

export interface ReportStyle {
  readonly bold: (text: string) => string
  /** Columns of the page. */
  readonly width: number
}

/** Columns of a page that is no terminal. */
const fileWidth = 120

/** Bold type on a terminal that wants it, plain text elsewhere; as wide as the terminal is. */
export function reportStyle(output: LineOutput, env: { readonly [name: string]: string | undefined }): ReportStyle {
  const isTTY = output.isTTY ?? false
  const { bold } = pc.createColors(isTTY && !env.NO_COLOR)
  return { bold, width: Math.max(60, isTTY ? (output.columns ?? fileWidth) : fileWidth) }
}

/** Plain borders, so that a table survives a log file. */
const borders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
}

/** What a table holds. */
export interface TableParts {
  readonly heads: readonly string[]
  /** An `l` or `r` for each column. */
  readonly align: string
  readonly rows: readonly (readonly string[])[]
}

/** A table without lines. */
export function plainTable({ heads, align, rows }: TableParts, style: ReportStyle): string {
  const colAligns = [...align].map((one): HorizontalAlignment => (one === 'r' ? 'right' : 'left'))
  const table = new Table({ chars: borders, head: heads.map(style.bold), style: { head: [], border: [] }, colAligns })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A text on one line, cut where it would be longer than `width`. */
export function oneLine(text: string, width: number): string {
  const flat = text.replace(/\s*\n\s*/g, ' ⏎ ')
  return flat.length > width ? `${flat.slice(0, Math.max(1, width - 1))}…` : flat
}

/** A text on lines of at most so many characters, broken between words where that is possible; further lines are indented. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length <= width) line = longer
    else {
      if (line.trim() !== '') lines.push(line)
      line = `${lines.length === 0 ? '' : '  '}${word}`
    }
    for (; line.length > width; line = `  ${line.slice(width)}`) lines.push(line.slice(0, width))
  }
  return [...lines, line]
}
