/** CSV with a header line, as RFC 4180: quoted cells may hold commas, quotes and line breaks. Read by csv-parse. */

import { CsvError, parse } from 'csv-parse/sync'
import type { RowFile } from '../dataset.ts'
import { dataCellsWrong, dataColumnRepeated, dataQuotingBroken } from '../errors.ts'

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number; readonly empty_lines: number }
}

/**
 * The rows of CSV text; every value is a string, and a row's line is the one it starts on.
 *
 * Throws: `dspx/data-quoting-broken`, `dspx/data-column-repeated`, `dspx/data-cells-wrong`.
 * @example readCsv('rows.csv', 'text,team\nhi,tech\n').rows[0] // => { line: 2, values: { text: 'hi', team: 'tech' } }
 */
export function readCsv(path: string, text: string): RowFile {
  const [header, ...records] = withStartLines(parseRecords(path, text))
  const columns = header === undefined ? [] : header.cells.map((name) => name.trim())
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index)
  if (repeated !== undefined) throw dataColumnRepeated({ path, line: header?.line ?? 1, field: repeated })
  const rows = records.map(({ line, cells }) => {
    if (cells.length !== columns.length) throw dataCellsWrong({ path, line }, columns.length, cells.length)
    return { line, values: Object.fromEntries(columns.map((name, index) => [name, cells[index]])) }
  })
  return { columns, rows, untyped: true }
}

/** All of them in one file, as exports that were edited by hand have them. */
const lineEnds = ['\r\n', '\n', '\r']

function parseRecords(path: string, text: string): readonly ParsedRecord[] {
  const options = { info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: lineEnds } as const
  const parsed = (to: number) => parse(text, { ...options, to }) as unknown as readonly ParsedRecord[]
  try {
    return parsed(-1)
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const line = cause.code === 'CSV_QUOTE_NOT_CLOSED' ? lineAfter(parsed, Number(cause.records)) : Number(cause.lines)
    throw dataQuotingBroken({ path, line }, quotingFault(cause.code), cause)
  }
}

/** The line after the last whole record: where a quote was opened that was never closed. */
function lineAfter(parsed: (to: number) => readonly ParsedRecord[], records: number): number {
  return records === 0 ? 1 : (parsed(records).at(-1)?.info.lines ?? 0) + 1
}

function quotingFault(code: string): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that is still open at the end of the file'
  if (code === 'CSV_INVALID_CLOSING_QUOTE') return 'text between a closing quote and the next comma'
  if (code === 'INVALID_OPENING_QUOTE') return 'a quote in the middle of an unquoted cell'
  return code
}

/** The parser counts the line a record ends on; people look for the one it starts on. */
function withStartLines(parsed: readonly ParsedRecord[]): { line: number; cells: readonly string[] }[] {
  let endLine = 0
  let emptyLines = 0
  return parsed.map(({ record, info }) => {
    const line = endLine + 1 + (info.empty_lines - emptyLines)
    endLine = info.lines
    emptyLines = info.empty_lines
    return { line, cells: record }
  })
}
