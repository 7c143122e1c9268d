/** The errors of data sets: one factory a code, one grammar `owner: what: expected …, got …`. */

import { type Json, MabeamError, nearest, show } from '@mabeam/foundation'
import { fileFault } from '../file-fault.ts'

/** Where in a data file something is wrong. */
export interface DataPlace {
  readonly path: string
  readonly line?: number
  /** The character in its line, from 1. */
  readonly column?: number
  readonly field?: string
}

/** One sentence about a data file, its place as `path:line:column`: `place: field "x": expected …, got …; how to mend it`. */
function dataError(code: string, place: DataPlace, sentence: string, cause?: unknown): MabeamError {
  const line = [place.line, place.column].map((one) => (one === undefined ? '' : `:${one}`)).join('')
  const field = place.field === undefined ? '' : `field "${place.field}": `
  const data: { [key: string]: Json } = { path: place.path }
  if (place.line !== undefined) data.line = place.line
  if (place.column !== undefined) data.column = place.column
  if (place.field !== undefined) data.field = place.field
  return new MabeamError(`dspx/${code}`, `${place.path}${line}: ${field}${sentence}`, { data, cause })
}

/** No such data file. */
export function dataFileMissing(path: string, cause: unknown): MabeamError {
  return dataError('data-file-missing', { path }, `expected a data file, got ${fileFault(cause)}`, cause)
}

/** A data file that cannot be opened. */
export function dataFileUnreadable(path: string, cause: unknown): MabeamError {
  return dataError('data-file-unreadable', { path }, `expected a data file, got ${fileFault(cause)}`, cause)
}

/** A data file in a format nobody reads. */
export function dataExtensionUnknown(path: string, extension: string, known: readonly string[]): MabeamError {
  const sentence = `expected a data file that ends in ${known.join(' or ')}, got ${show(extension)}; convert or rename it`
  return dataError('data-extension-unknown', { path }, sentence)
}

/** A data file beyond a limit. */
export function dataTooLarge(
  path: string,
  limit: { readonly name: string; readonly max: number; readonly got: number },
) {
  const sentence = `expected at most ${limit.max} (${limit.name}), got ${limit.got} or more; split the file or raise ${limit.name}`
  return dataError('data-too-large', { path }, sentence)
}

/** A file that is not what its name says, or is damaged. */
export function dataFormatBroken(path: string, format: string, reason: string): MabeamError {
  const sentence = `expected a file of ${format}, got one that cannot be read (${reason}); export it again or choose another`
  return dataError('data-format-broken', { path }, sentence)
}

/** A data file without rows. */
export function dataEmpty(path: string, got: string): MabeamError {
  return dataError('data-empty', { path }, `expected at least one row, got ${got}; add rows or choose another file`)
}

/** A data file in another encoding. */
export function dataNotUtf8(path: string, cause: unknown): MabeamError {
  const sentence = 'expected text in UTF-8, got bytes that are not; save the file as UTF-8'
  return dataError('data-not-utf8', { path }, sentence, cause)
}

/** A line that is no JSON object. */
export function dataLineBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  return dataError(
    'data-line-broken',
    place,
    `expected a JSON object on one line, got ${got}; mend or delete the line`,
    cause,
  )
}

/** CSV with quotes that do not match. */
export function dataQuotingBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  const sentence = `expected CSV with balanced quotes, got ${got}; put the field in quotes and double the quotes inside`
  return dataError('data-quoting-broken', place, sentence, cause)
}

/** CSV whose cells are evidently kept apart by something else than commas. */
export function dataSeparatorWrong(place: DataPlace, separator: string, header: string): MabeamError {
  const sentence = `is the separator ${show(separator)}? expected "," between columns, got ${show(header)}; save the file with commas`
  return dataError('data-separator-wrong', place, sentence)
}

/** A header with a name twice. */
export function dataColumnRepeated(place: DataPlace): MabeamError {
  return dataError(
    'data-column-repeated',
    place,
    'expected each column once in the header, got it twice; rename or drop one',
  )
}

/** A CSV row with more or fewer cells than the header. */
export function dataCellsWrong(
  place: DataPlace,
  { columns, cells }: { readonly columns: readonly string[]; readonly cells: readonly string[] },
): MabeamError {
  const [expected, got] = [columns.length, cells.length]
  const odd = got > expected ? `${show(cells[expected])} has no column` : `column ${show(columns[got])} has no cell`
  const mend = got > expected ? 'quote cells that hold a comma' : 'fill in the rest, empty cells with commas alone'
  const sentence = `expected ${expected} cells as the header has, got ${got}: ${odd}; ${mend}`
  return dataError('data-cells-wrong', place, sentence)
}

/** A field that the file or the row does not have. A column of another field is not what was meant. */
export function dataColumnMissing(
  place: DataPlace,
  columns: readonly string[],
  fields: ReadonlySet<string>,
): MabeamError {
  const free = columns.filter((column) => !fields.has(column))
  const near = nearest(place.field ?? '', free)
  const mend = near === undefined ? 'add the column' : `did you mean the column "${near}"? rename it`
  const got = columns.length === 0 ? 'none' : `only ${columns.slice(0, 12).join(', ')}`
  return dataError('data-column-missing', place, `expected a column of this name, got ${got}; ${mend}`)
}

/** A field without a value. */
export function dataValueEmpty(place: DataPlace, got: unknown): MabeamError {
  return dataError('data-value-empty', place, `expected a value, got ${show(got)}; fill it in or delete the row`)
}

/** Allowed values that an error lists before it counts the rest. */
const valuesListed = 20

/** A label that is none of the allowed values. */
export function dataLabelUnknown(place: DataPlace, values: readonly string[], got: unknown): MabeamError {
  return dataError('data-label-unknown', place, unknownLabel(values, got))
}

/** What is wrong with such a label, and how to mend it. */
export function unknownLabel(values: readonly string[], got: unknown): string {
  const near = typeof got === 'string' ? nearest(got, values) : undefined
  const mend = near === undefined ? 'mend the label or add it to the signature' : `did you mean "${near}"?`
  const listed = values.slice(0, valuesListed).map((value) => JSON.stringify(value))
  const more = values.length > valuesListed ? ` or ${values.length - valuesListed} more` : ''
  return `expected one of ${listed.join(', ')}${more}, got ${show(got)}; ${mend}`
}

/** A value of the wrong type. */
export function dataTypeWrong(place: DataPlace, expected: string, got: unknown): MabeamError {
  return dataError('data-type-wrong', place, `expected ${expected}, got ${show(got)}; mend the value or the signature`)
}

/** A split that needs more rows than there are. */
export function splitTooLarge(part: string, expected: number, got: number): MabeamError {
  const sentence = `splitDataset: ${part}: expected at most the ${expected} rows that are left, got ${got}; ask for fewer rows or add data`
  return new MabeamError('dspx/split-too-large', sentence, { data: { part, expected, got } })
}
