/** What a strong cell keeps in the engine: its value, and what it takes to fence writers and to find a write again. */

import type { Codec } from '../codec/codec.ts'
import { unreadableCell } from '../errors/cell-errors.ts'

/** A value of version 0 has never been written: readers make such an entry to read through. */
export interface StrongEntry {
  readonly version: number
  readonly value: unknown
  /** The highest token of all writes. */
  readonly token: number | undefined
  /** Who made the latest versions, the latest last: a write whose outcome is unknown is looked for here. */
  readonly writers: readonly string[]
}

/** An entry with its revision in the engine; 0 when the engine has none. Barriers change the revision, not the version. */
export interface StoredEntry extends StrongEntry {
  readonly revision: number
}

/** As many writes may follow one whose outcome is unknown for it still to be found. */
const writersMax = 16
const formatVersion = 1

export const noEntry: StoredEntry = { version: 0, value: undefined, token: undefined, writers: [], revision: 0 }

/** The entry after a write. */
export function nextEntry(
  entry: StrongEntry,
  write: { readonly value: unknown; readonly token: number | undefined; readonly writer: string },
): StrongEntry {
  return {
    version: entry.version + 1,
    value: write.value,
    token: write.token ?? entry.token,
    writers: [...entry.writers, write.writer].slice(-writersMax),
  }
}

/** Who wrote a version: undefined when that was too long ago, or has not been. */
export function writerOf(entry: StrongEntry, version: number): string | undefined {
  return version > entry.version ? undefined : entry.writers[entry.writers.length - 1 - (entry.version - version)]
}

export function entryBytes(codec: Codec, cell: string, { version, value, token, writers }: StrongEntry): Uint8Array {
  return codec.encode({ format: formatVersion, version, value, token, writers }, `cell ${cell}`)
}

/** Throws `foundation/unreadable-cell`. */
export function entryOf(codec: Codec, cell: string, stored: { readonly value: Uint8Array; readonly revision: number }) {
  const { format, version, value, token, writers } = codec.decode(stored.value) as StrongEntry & { format?: unknown }
  if (format !== formatVersion) throw unreadableCell(cell, `expected format ${formatVersion}, got ${String(format)}`)
  return { version, value, token, writers, revision: stored.revision } satisfies StoredEntry
}
