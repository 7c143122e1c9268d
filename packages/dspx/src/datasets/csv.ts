/** CSV with a header line, as RFC 4180: quoted cells may hold commas, quotes and line breaks. Read by csv-parse. */

import { CsvError, parse } from 'csv-parse/sync'
import type { RowFile } from './dataset.ts'
import { dataCellsWrong, dataColumnRepeated, dataQuotingBroken, dataSeparatorWrong } from './errors.ts'

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number; readonly empty_lines: number }
}

/**
 * The rows of CSV text; every value is a string, and a row's line is the one it starts on.
 *
 * Throws: `dspx/data-separator-wrong`, `dspx/data-quoting-broken`, `dspx/data-column-repeated`, `dspx/data-cells-wrong`.
 * @example readCsv('rows.csv', 'text,team\nhi,tech\n').rows[0] // => { line: 2, values: { text: 'hi', team: 'tech' } }
 */
export function readCsv(path: string, text: string): RowFile {
  refuseOtherSeparator(path, text)
  const [header, ...records] = withStartLines(parseRecords(path, text))
  const columns = header === undefined ? [] : header.cells.map((name) => name.trim())
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index)
  if (repeated !== undefined) throw dataColumnRepeated({ path, line: header?.line ?? 1, field: repeated })
  const rows = records.map(({ line, cells }) => {
    if (cells.length !== columns.length) throw dataCellsWrong({ path, line }, { columns, cells })
    return { line, values: Object.fromEntries(columns.map((name, index) => [name, cells[index]])) }
  })
  return { columns, rows, untyped: true }
}

/** A longer header is judged by its beginning. */
const headerCharsMax = 65_536

/** Before the cells are read: a comma in a text would otherwise be what is complained about. */
function refuseOtherSeparator(path: string, text: string): void {
  const [emptyLines] = /^[\r\n]*/.exec(text) ?? ['']
  const start = text.slice(emptyLines.length, emptyLines.length + headerCharsMax)
  const [header] = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(start) ?? ['']
  const unquoted = header.replaceAll(/"(?:[^"]|"")*"/g, '')
  const separator = [';', '\t'].find((one) => unquoted.includes(one))
  if (separator === undefined || unquoted.includes(',')) return
  const line = 1 + (emptyLines.match(/\r\n|\n|\r/g)?.length ?? 0)
  throw dataSeparatorWrong({ path, line }, separator, header)
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
    const whole = Number(cause.records) === 0 ? [] : parsed(Number(cause.records))
    // A quote that is never closed runs to the end of the file; it was opened after the last whole record.
    const line = cause.code === 'CSV_QUOTE_NOT_CLOSED' ? (whole.at(-1)?.info.lines ?? 0) + 1 : Number(cause.lines)
    throw dataQuotingBroken({ path, line: line - countedTwice(whole) }, quotingFault(cause.code), cause)
  }
}

/** Line ends `\r\n` in quoted cells, which the parser counts as two lines when both of their halves are line ends. */
function countedTwice(records: readonly ParsedRecord[]): number {
  return records.reduce((sum, one) => sum + one.record.reduce((n, cell) => n + cell.split('\r\n').length - 1, 0), 0)
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
  let tooMany = 0
  return parsed.map((one) => {
    const { record: cells, info } = one
    const line = endLine + 1 + (info.empty_lines - emptyLines)
    tooMany += countedTwice([one])
    endLine = info.lines - tooMany
    emptyLines = info.empty_lines
    return { line, cells }
  })
}
