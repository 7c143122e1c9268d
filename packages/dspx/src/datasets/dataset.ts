/**
 * Data sets: files of rows, checked against the fields of a program before anything is run on them. A mistake in a
 * file is one sentence that names the file, the line, the field, what was expected, what was got and how to mend it.
 */

import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { type Clock, checkOptions, definedOptions, type OptionRule, rule, systemClock } from '@mabeam/foundation'
import type { Field } from '../signatures/field.ts'
import { signature as signatureOf } from '../signatures/signature.ts'
import type { SignatureText } from '../signatures/signature-inference.ts'
import { readCsv } from './csv.ts'
import * as errors from './errors.ts'
import type { Example } from './example.ts'
import { exampleReader } from './example-reader.ts'
import { readJsonl } from './jsonl.ts'
import { readParquet } from './parquet.ts'

/** What a reader of a file format returns. */
export interface RowFile {
  /** The header, where the format has one. */
  readonly columns?: readonly string[]
  readonly rows: readonly { readonly line: number; readonly values: { readonly [column: string]: unknown } }[]
  /** True where the format knows only strings, so that numbers, booleans and JSON are read from them. */
  readonly untyped: boolean
}

/** The fields of a data set: inputs, and outputs whose labels it holds. */
interface DatasetFields {
  readonly inputs: readonly Field[]
  readonly outputs: readonly Field[]
}

export interface LoadDatasetOptions<Text extends string = string> {
  /** The fields to read: a signature, also one that is a string, or a program has them. */
  readonly signature: SignatureText<Text> | DatasetFields
  /** Output fields every row must have a label for. @default every output field that is not optional */
  readonly required?: readonly string[]
  /** @default 1_000_000 */
  readonly rowsMax?: number
  /** @default 268_435_456 */
  readonly bytesMax?: number
  /** How long reading Parquet may take: damaged files may take for ever. @default 60_000 */
  readonly timeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

export const loadDatasetDefaults = {
  rowsMax: 1_000_000,
  bytesMax: 268_435_456,
  timeoutMs: 60_000,
  clock: systemClock,
} satisfies Required<Omit<LoadDatasetOptions, 'signature' | 'required'>>

export interface Dataset {
  readonly path: string
  readonly examples: readonly Example[]
  /** Columns of the file that are no field of the program; they are not read. */
  readonly ignoredColumns: readonly string[]
}

/** Formats that are text. */
const readers: { readonly [extension: string]: (path: string, text: string) => RowFile } = {
  '.jsonl': readJsonl,
  '.csv': readCsv,
}

const parquet = '.parquet'

const signatureRule: OptionRule = {
  expected: 'the fields to read: a signature, or what has inputs and outputs',
  test: (value) => {
    if (typeof value === 'string') return true
    const { inputs, outputs } = (value ?? {}) as Partial<DatasetFields>
    return Array.isArray(inputs) && Array.isArray(outputs)
  },
  optional: false,
}

/**
 * Reads and checks a `.jsonl`, `.csv` or `.parquet` file. In text a byte-order mark, CRLF line ends and blank lines are accepted.
 *
 * Throws: one of the `dspx/data-…` errors for the first mistake; `dspx/invalid-signature`.
 * @example const { examples } = await loadDataset('train.jsonl', { signature: triage, required: ['team'] })
 */
export async function loadDataset<const Text extends string>(
  path: string,
  options: LoadDatasetOptions<Text>,
): Promise<Dataset>
export async function loadDataset(path: string, options: LoadDatasetOptions): Promise<Dataset> {
  checkOptions('loadDataset', { path }, { path: rule.string() })
  checkOptions('loadDataset', options, {
    signature: signatureRule,
    required: rule.optional(rule.array()),
    rowsMax: rule.optional(rule.int(1)),
    bytesMax: rule.optional(rule.int(1, 512 * 1024 * 1024)),
    timeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
    clock: rule.optional(rule.having('setTimer')),
  })
  const { signature: asked } = options
  const signature = typeof asked === 'string' ? signatureOf(asked) : asked
  const extension = extname(path).toLowerCase()
  const reader = readers[extension]
  if (reader === undefined && extension !== parquet) {
    throw errors.dataExtensionUnknown(path, extension, [...Object.keys(readers), parquet])
  }
  const { rowsMax, bytesMax, timeoutMs, clock } = { ...loadDatasetDefaults, ...definedOptions(options) }
  const bytes = await readBytes(path, bytesMax)
  if (bytes.length === 0) throw errors.dataEmpty(path, 'an empty file')
  if (reader === undefined) {
    const fields = [...signature.inputs, ...signature.outputs].map(({ name }) => name)
    const file = await readParquet(path, bytes, { fields, rowsMax, bytesMax, timeoutMs, clock })
    return examplesOf(path, file, { ...options, signature })
  }
  const text = textOf(path, bytes)
  if (text.trim().length === 0) throw errors.dataEmpty(path, 'an empty file')
  return examplesOf(path, reader(path, text), { ...options, signature })
}

async function examplesOf(
  path: string,
  file: RowFile,
  options: LoadDatasetOptions & { readonly signature: DatasetFields },
): Promise<Dataset> {
  const rowsMax = options.rowsMax ?? loadDatasetDefaults.rowsMax
  if (file.rows.length > rowsMax)
    throw errors.dataTooLarge(path, { name: 'rowsMax', max: rowsMax, got: file.rows.length })
  if (file.rows.length === 0) throw errors.dataEmpty(path, file.untyped ? 'only a header line' : 'none')
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

async function readBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    if (size > bytesMax) throw errors.dataTooLarge(path, { name: 'bytesMax', max: bytesMax, got: size })
    return await file.readFile()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw errors.dataFileMissing(path, cause)
    if (code?.startsWith('dspx/')) throw cause
    throw errors.dataFileUnreadable(path, cause)
  }
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw errors.dataNotUtf8(path, cause)
  }
}
