/** JSON Lines: one object a line. Blank lines are skipped and counted, so that line numbers are those of an editor. */

import { jsonFault, show } from '@mabeam/foundation'
import type { RowFile } from './dataset.ts'
import { dataLineBroken } from './errors.ts'

/**
 * The rows of JSON Lines text.
 *
 * Throws: `dspx/data-line-broken` for the first line that is not a JSON object.
 * @example readJsonl('rows.jsonl', '{"text":"hi"}\n').rows[0] // => { line: 1, values: { text: 'hi' } }
 */
export function readJsonl(path: string, text: string): RowFile {
  const rows: { line: number; values: Record<string, unknown> }[] = []
  let start = 0
  for (let line = 1; start < text.length; line++) {
    const end = text.indexOf('\n', start)
    const whole = text.slice(start, end === -1 ? text.length : end)
    const source = whole.trim()
    if (source.length > 0) rows.push({ line, values: parseLine(path, line, whole) })
    start = end === -1 ? text.length : end + 1
  }
  return { rows, untyped: false }
}

function parseLine(path: string, line: number, whole: string): Record<string, unknown> {
  const source = whole.trim()
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (cause) {
    // a string that is not closed on its line goes wrong where it begins
    const at = jsonFault(source)?.tokenAt ?? source.length
    const column = whole.length - whole.trimStart().length + at + 1
    throw dataLineBroken({ path, line, column }, `${excerpt(source)} (${faultOf(source, at)})`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw dataLineBroken({ path, line }, excerpt(source), undefined)
  }
  return value as Record<string, unknown>
}

function faultOf(source: string, at: number): string {
  if (at >= source.length) return 'it ends too early'
  return `no JSON from ${show(source.slice(at, at + 20))} on`
}

function excerpt(source: string): string {
  return source.length > 60 ? `${source.slice(0, 57)}...` : source
}
