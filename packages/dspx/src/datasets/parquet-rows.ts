/** The rows of Parquet bytes, by hyparquet, as plain values. */

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet'
import type { RowFile } from './dataset.ts'

/** What is read of a file. */
export interface ParquetReading {
  /** Columns that are wanted; others are known by name and not read. */
  readonly fields: readonly string[]
  readonly rowsMax: number
  /** Of the file, and of a page when it is unpacked. */
  readonly bytesMax: number
}

/** What reading gave. Plain data, since it comes from another thread. */
export type ParquetOutcome =
  | { readonly type: 'rows'; readonly columns: readonly string[]; readonly rows: RowFile['rows'] }
  | { readonly type: 'too-large'; readonly name: 'rowsMax' | 'bytesMax'; readonly max: number; readonly got: number }
  | { readonly type: 'broken'; readonly reason: string }

/** Reads them. Ensures: never rejects; but what is damaged may take for ever. */
export async function parquetRows(file: ArrayBuffer, reading: ParquetReading): Promise<ParquetOutcome> {
  const { fields, rowsMax, bytesMax } = reading
  const unpacking = unpackers(bytesMax)
  try {
    const metadata = parquetMetadata(file)
    const got = Number(metadata.num_rows)
    if (got > rowsMax) return { type: 'too-large', name: 'rowsMax', max: rowsMax, got }
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
    const wanted = columns.filter((column) => fields.includes(column))
    if (got === 0) return { type: 'rows', columns, rows: [] }
    // a file with none of the fields is told of with its columns by whoever reads rows
    if (wanted.length === 0) return { type: 'rows', columns, rows: [{ line: 1, values: {} }] }
    const { compressors } = unpacking
    const found = await parquetReadObjects({ file, metadata, columns: wanted, compressors, parsers })
    return { type: 'rows', columns, rows: found.map((row, i) => ({ line: i + 1, values: plainRow(row) })) }
  } catch (thrown) {
    const { exceeded } = unpacking
    if (exceeded !== undefined) return { type: 'too-large', name: 'bytesMax', max: bytesMax, got: exceeded }
    return { type: 'broken', reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

/** Dates without a time, as signatures have them. */
const parsers = { dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10) }

/** Unpacks pages, none of them beyond a limit, whatever the file says of them. */
function unpackers(bytesMax: number) {
  const unpacking: { exceeded: number | undefined; readonly compressors: object } = {
    exceeded: undefined,
    compressors: { GZIP: unpack(gunzipSync), BROTLI: unpack(brotliDecompressSync), ZSTD: unpack(zstdDecompressSync) },
  }
  function unpack(by: (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) {
    return (input: Uint8Array, outputLength: number): Uint8Array => {
      if (outputLength > bytesMax) {
        unpacking.exceeded = outputLength
        throw new Error('a page is too large')
      }
      return by(input, { maxOutputLength: Math.max(1, outputLength) })
    }
  }
  return unpacking
}

function plainRow(row: { readonly [column: string]: unknown }): { readonly [column: string]: unknown } {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plainValue(value)]))
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainValue)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, plainValue)
  if (typeof value !== 'object' || value === null) return value
  return plainRow(value as { readonly [column: string]: unknown })
}
