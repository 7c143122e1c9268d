/**
 * The entries of one keyed state. Time is an argument, and what changed is a value; it is written in place, since a copy
 * of a million keys for each write is no option. Entries stand in the order of their writes, which is that of their
 * revisions and, as each lives equally long, that of their ends.
 */

import type { StateChange } from '../../keyed-state.ts'
import { type InLine, Line } from './line.ts'

/** A value as it is kept. Its bytes are nobody else's. */
export interface Entry extends InLine {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: number
  readonly dueMs: number
}

export class EntryTable {
  readonly #expiryMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #written = new Line<Entry>()
  #revision: number

  /** The first write has the revision after `revision`. */
  constructor(expiryMs: number | undefined, revision = 0) {
    this.#expiryMs = expiryMs ?? Number.POSITIVE_INFINITY
    this.#revision = revision
  }

  /** That of the last write. */
  get revision(): number {
    return this.#revision
  }

  get size(): number {
    return this.#entries.size
  }

  /** When the next entry ends, on the clock of `nowMs`. */
  get nextDueMs(): number | undefined {
    return this.#expiryMs === Number.POSITIVE_INFINITY ? undefined : this.#written.first?.dueMs
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** All, in the order of their revisions. */
  entries(): Iterable<Entry> {
    return this.#written
  }

  /** Keeps a copy. Its life begins anew. */
  write(key: string, value: Uint8Array, nowMs: number): Entry {
    this.#forget(this.#entries.get(key))
    return this.#add(key, value, { revision: ++this.#revision, dueMs: nowMs + this.#expiryMs })
  }

  /** Puts back an entry as `entries` gave it. Requires: they are put back in that order, into a table that was made for it. */
  restore({ key, value, revision, dueMs }: Pick<Entry, 'key' | 'value' | 'revision' | 'dueMs'>): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#add(key, value, { revision, dueMs })
  }

  /** Undefined when there was no value. */
  remove(key: string): StateChange | undefined {
    return this.#end(this.#entries.get(key), false)
  }

  /** The next entry whose time is over, which leaves; undefined when there is none. */
  expire(nowMs: number): StateChange | undefined {
    const first = this.#written.first
    return first !== undefined && first.dueMs <= nowMs ? this.#end(first, true) : undefined
  }

  #add(key: string, value: Uint8Array, { revision, dueMs }: Pick<Entry, 'revision' | 'dueMs'>): Entry {
    const copy = new Uint8Array(value)
    const entry: Entry = { key, value: copy, revision, dueMs, earlier: undefined, later: undefined }
    this.#entries.set(key, entry)
    this.#written.append(entry)
    return entry
  }

  #end(entry: Entry | undefined, expired: boolean): StateChange | undefined {
    if (entry === undefined) return undefined
    this.#forget(entry)
    return { type: 'delete', key: entry.key, revision: ++this.#revision, expired }
  }

  #forget(entry: Entry | undefined): void {
    if (entry === undefined) return
    this.#entries.delete(entry.key)
    this.#written.remove(entry)
  }
}
