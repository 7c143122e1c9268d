/**
 * What a blob store says of a value: one message a key. A short value is in it; a longer one is in chunks of their own, and the
 * record names them. A value is there when its record is, so it is whole or not there.
 */

import { createHash } from 'node:crypto'

export interface BlobRecord {
  /** Names the chunks; nobody else's are called so. */
  readonly upload: string
  /** 0 when the value is in the record itself. */
  readonly chunks: number
  readonly bytes: number
  /** SHA-256 of the value, in base64. */
  readonly digest: string
}

const version = 1

export function printRecord(record: BlobRecord): string {
  return JSON.stringify({ version, ...record })
}

/** Undefined for what this version did not write. */
export function parseRecord(text: string): BlobRecord | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return isRecord(read) ? read : undefined
  } catch {
    return undefined
  }
}

export function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64')
}

function isRecord(read: unknown): read is BlobRecord & { readonly version: number } {
  if (typeof read !== 'object' || read === null) return false
  const { version: had, upload, chunks, bytes, digest } = read as { readonly [key: string]: unknown }
  const numbers = Number.isSafeInteger(chunks) && Number.isSafeInteger(bytes)
  return had === version && typeof upload === 'string' && numbers && typeof digest === 'string'
}
