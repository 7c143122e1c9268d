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
  #revision = 0

  constructor(expiryMs: number | undefined) {
    this.#expiryMs = expiryMs ?? Number.POSITIVE_INFINITY
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
    const revision = ++this.#revision
    const entry: Entry = {
      key,
      value: new Uint8Array(value),
      revision,
      dueMs: nowMs + this.#expiryMs,
      earlier: undefined,
      later: undefined,
    }
    this.#entries.set(key, entry)
    this.#written.append(entry)
    return entry
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
