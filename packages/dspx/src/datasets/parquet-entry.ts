/** The thread in which Parquet is read: started by `parquet.ts`, ended when it has answered or has taken too long. */

import { parentPort, workerData } from 'node:worker_threads'
import { type ParquetReading, parquetRows } from './parquet-rows.ts'

const { file, reading } = workerData as { readonly file: ArrayBuffer; readonly reading: ParquetReading }
parentPort?.postMessage(await parquetRows(file, reading))
