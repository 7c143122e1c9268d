/**
 * Reading a journal file: a header line, then one JSON record a line. Bytes after the last newline are a torn tail (a
 * write that was never acknowledged); anything else that is not as written is corruption and named by line.
 */

import { createReadStream } from 'node:fs'
import { fileFailed, journalCorrupt, journalMissing, systemCodeOf } from '../errors/journal-errors.ts'
import { type Json, messageOf } from '../errors.ts'
import { show } from '../options.ts'

/** What a journal file holds. */
export interface JournalScan {
  /** Absent when the file has no complete header yet. */
  readonly version: number | undefined
  /** Where the last complete line ends. */
  readonly goodBytes: number
  /** What follows it. */
  readonly tornBytes: number
}

/**
 * Gives `onRecord` each record in order.
 *
 * Throws: `foundation/journal-missing`, `foundation/journal-corrupt`, `foundation/file-failed`.
 */
export async function scanJournal(path: string, kind: string, onRecord: (record: Json) => void): Promise<JournalScan> {
  const scan = new LineScan(path, kind, onRecord)
  try {
    for await (const chunk of createReadStream(path)) scan.add(chunk as Buffer)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') throw journalMissing(path)
    if (systemCodeOf(cause) !== undefined) throw fileFailed(path, 'reading the journal', cause)
    throw cause
  }
  return scan.end()
}

/** The first line of every journal of this kind and version. */
export function headerLine(kind: string, version: number): string {
  return `${JSON.stringify({ kind, version })}\n`
}

const newline = 0x0a

class LineScan {
  readonly #path: string
  readonly #kind: string
  readonly #onRecord: (record: Json) => void
  #version: number | undefined
  #line = 0
  #goodBytes = 0
  #held: Buffer[] = []

  constructor(path: string, kind: string, onRecord: (record: Json) => void) {
    this.#path = path
    this.#kind = kind
    this.#onRecord = onRecord
  }

  add(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#held.push(chunk.subarray(start, end))
      this.#take(Buffer.concat(this.#held))
      this.#held = []
      start = end + 1
    }
    if (start < chunk.length) this.#held.push(chunk.subarray(start))
  }

  end(): JournalScan {
    const torn = Buffer.concat(this.#held)
    if (this.#version === undefined) this.#checkTornHeader(torn.toString('utf8'))
    return {
      version: this.#version,
      goodBytes: this.#goodBytes,
      tornBytes: torn.length,
    }
  }

  #take(bytes: Buffer): void {
    this.#line++
    this.#goodBytes += bytes.length + 1
    const value = this.#parsed(bytes.toString('utf8'))
    if (this.#line === 1) this.#version = this.#headerVersion(value)
    else this.#onRecord(value)
  }

  #parsed(text: string): Json {
    try {
      return JSON.parse(text) as Json
    } catch (cause) {
      throw journalCorrupt(this.#path, this.#line, 'one JSON record', `${show(text)} (${messageOf(cause)})`)
    }
  }

  #headerVersion(value: Json): number {
    const header = value as { readonly kind?: unknown; readonly version?: unknown } | null
    if (header?.kind !== this.#kind || !Number.isSafeInteger(header.version)) {
      throw journalCorrupt(this.#path, 1, `the header of a journal of kind "${this.#kind}"`, show(value))
    }
    return header.version as number
  }

  /** A file that only begins like our header is ours to write again; any other is somebody else's. */
  #checkTornHeader(text: string): void {
    const start = `{"kind":${JSON.stringify(this.#kind)},"version":`
    const ours = start.startsWith(text) || (text.startsWith(start) && /^\d*\}?$/.test(text.slice(start.length)))
    if (!ours) throw journalCorrupt(this.#path, 1, `the header of a journal of kind "${this.#kind}"`, show(text))
  }
}
