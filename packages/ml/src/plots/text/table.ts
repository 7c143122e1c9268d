/** Rows of texts in columns. */

import { padded, textWidth } from './text-width.ts'

export interface TextTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/**
 * Lines of a table: the first columns that have room in `width`, two blanks between. Numbers stand on the right.
 *
 * Ensures: no line is wider; at least one column.
 */
export function tableText({ head, rows }: TextTable, width: number): string[] {
  const sizes = head.map((name, k) => Math.max(textWidth(name), ...rows.map((row) => textWidth(row[k] ?? ''))))
  let used = 0
  const kept = sizes.findIndex((size, k) => {
    used += size + (k === 0 ? 0 : gap)
    return used > width
  })
  const count = Math.max(1, kept < 0 ? head.length : kept)
  const isNumber = head.map((_, k) => rows.every((row) => row[k] === '' || Number.isFinite(Number(row[k]))))
  const line = (cells: readonly string[]) =>
    cells
      .slice(0, count)
      .map((cell, k) => padded(cell, Math.min(width, sizes[k] as number), isNumber[k] ? 'right' : 'left'))
      .join(' '.repeat(gap))
      .trimEnd()
  return [line(head), ...rows.map(line)]
}

const gap = 2
