/**
 * Parquet: rows of typed columns. Read by hyparquet in a thread of its own, because a damaged file may say of itself what takes
 * for ever to follow, or more memory than there is.
 */

import { type Clock, startWorker } from '@mabeam/foundation'
import type { RowFile } from './dataset.ts'
import { dataFormatBroken, dataTooLarge } from './errors.ts'
import type { ParquetOutcome, ParquetReading } from './parquet-rows.ts'

/** How long reading may take, by whose clock. */
export interface ParquetTime {
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * The rows of a Parquet file; the line of a row is its number, from 1. Numbers of 64 bits become numbers where they are exact and
 * text where they are not; times become ISO 8601, dates `YYYY-MM-DD`. Snappy, gzip, Brotli and Zstandard are unpacked.
 *
 * Throws: `dspx/data-format-broken`, also when it takes longer than `timeoutMs`; `dspx/data-too-large`.
 */
export async function readParquet(
  path: string,
  bytes: Uint8Array,
  { timeoutMs, clock, ...reading }: ParquetReading & ParquetTime,
): Promise<RowFile> {
  const outcome = await readInThread(bytes, reading, { timeoutMs, clock })
  switch (outcome.type) {
    case 'rows':
      return { columns: outcome.columns, rows: outcome.rows, untyped: false }
    case 'too-large':
      throw dataTooLarge(path, outcome)
    case 'broken':
      throw dataFormatBroken(path, 'Parquet', outcome.reason)
  }
}

async function readInThread(
  bytes: Uint8Array,
  reading: ParquetReading,
  { timeoutMs, clock }: ParquetTime,
): Promise<ParquetOutcome> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const worker = startWorker(import.meta.url, './parquet-entry', {
    name: 'mabeam-parquet',
    workerData: { file, reading },
  })
  const { promise, resolve } = Promise.withResolvers<ParquetOutcome>()
  const broken = (reason: string) => resolve({ type: 'broken', reason })
  const cancel = clock.setTimer(timeoutMs, () => broken(`reading it took longer than ${timeoutMs} ms`))
  worker.once('message', resolve)
  worker.once('error', (error: Error) => broken(error.message))
  worker.once('exit', () => broken('its thread ended'))
  try {
    return await promise
  } finally {
    cancel()
    await worker.terminate()
  }
}
