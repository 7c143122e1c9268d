/**
 * Data sets: files of rows, checked against the fields of a program before anything is run on them. A mistake in a
 * file is one sentence that names the file, the line, the field, what was expected, what was got and how to mend it.
 */

import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { checkOptions, rule } from '@mabeam/foundation'
import * as errors from './errors.ts'
import type { Field } from '../signatures/field.ts'
import { readCsv } from './csv.ts'
import type { Example } from './example.ts'
import { exampleReader } from './example-reader.ts'
import { readJsonl } from './jsonl.ts'

/** What a reader of a file format returns. */
export interface RowFile {
  /** The header, where the format has one. */
  readonly columns?: readonly string[]
  readonly rows: readonly { readonly line: number; readonly values: { readonly [column: string]: unknown } }[]
  /** True where the format knows only strings, so that numbers, booleans and JSON are read from them. */
  readonly untyped: boolean
}

export interface LoadDatasetOptions {
  /** The fields to read: a signature or a program has them. */
  readonly signature: { readonly inputs: readonly Field[]; readonly outputs: readonly Field[] }
  /** Output fields every row must have a label for. @default every output field that is not optional */
  readonly required?: readonly string[]
  /** @default 1_000_000 */
  readonly rowsMax?: number
  /** @default 268_435_456 */
  readonly bytesMax?: number
}

export const loadDatasetDefaults = { rowsMax: 1_000_000, bytesMax: 268_435_456 } satisfies Required<
  Omit<LoadDatasetOptions, 'signature' | 'required'>
>

export interface Dataset {
  readonly path: string
  readonly examples: readonly Example[]
  /** Columns of the file that are no field of the program; they are not read. */
  readonly ignoredColumns: readonly string[]
}

const readers: { readonly [extension: string]: (path: string, text: string) => RowFile } = {
  '.jsonl': readJsonl,
  '.csv': readCsv,
}

/**
 * Reads and checks a `.jsonl` or `.csv` file. A byte-order mark, CRLF line ends and blank lines are accepted.
 *
 * Throws: one of the `dspx/data-…` errors for the first mistake.
 * @example const { examples } = await loadDataset('train.jsonl', { signature: triage, required: ['team'] })
 */
export async function loadDataset(path: string, options: LoadDatasetOptions): Promise<Dataset> {
  checkOptions('loadDataset', options, {
    signature: rule.object(),
    required: rule.optional(rule.array()),
    rowsMax: rule.optional(rule.int(1)),
    bytesMax: rule.optional(rule.int(1, 512 * 1024 * 1024)),
  })
  const extension = extname(path).toLowerCase()
  const reader = readers[extension]
  if (reader === undefined) throw errors.dataExtensionUnknown(path, extension, Object.keys(readers))
  const text = await readText(path, options.bytesMax ?? loadDatasetDefaults.bytesMax)
  if (text.trim().length === 0) throw errors.dataEmpty(path, 'an empty file')
  return examplesOf(path, reader(path, text), options)
}

async function examplesOf(path: string, file: RowFile, options: LoadDatasetOptions): Promise<Dataset> {
  const rowsMax = options.rowsMax ?? loadDatasetDefaults.rowsMax
  if (file.rows.length > rowsMax)
    throw errors.dataTooLarge(path, { name: 'rowsMax', max: rowsMax, got: file.rows.length })
  if (file.rows.length === 0) throw errors.dataEmpty(path, 'only a header line')
  const columns = new Set(file.columns)
  const reader = exampleReader({ path, name: basename(path), file, ...options })
  const examples: Example[] = []
  for (const row of file.rows) {
    const example = reader.read(row)
    examples.push(example instanceof Promise ? await example : example)
    if (file.columns === undefined) for (const column of Object.keys(row.values)) columns.add(column)
  }
  return { path, examples, ignoredColumns: [...columns].filter((column) => !reader.fields.has(column)) }
}

async function readText(path: string, bytesMax: number): Promise<string> {
  let bytes: Uint8Array
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    if (size > bytesMax) throw errors.dataTooLarge(path, { name: 'bytesMax', max: bytesMax, got: size })
    bytes = await file.readFile()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw errors.dataFileMissing(path, cause)
    if (code?.startsWith('dspx/')) throw cause
    throw errors.dataFileUnreadable(path, cause)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw errors.dataNotUtf8(path, cause)
  }
}
