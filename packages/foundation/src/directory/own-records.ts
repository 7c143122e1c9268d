/** What this node registered, and what is to be done as others change it: what one node decides, without doing it. */

import type { RecordChange } from './directory-cache.ts'
import type { DirectoryRecord, RecordPlace, RecordValue } from './directory-record.ts'

/** A record this node claims. `revision` is 0 until it is known to be written. */
export interface OwnRecord extends RecordPlace, RecordValue {
  readonly revision: number
  /** Differs from what the same place had after it was given back or lost. What is under way for one claim changes no other. */
  readonly claim: number
}

export type OwnRecordCommand =
  /** Somebody removed it: write it again where its place is free. */
  | { readonly type: 'restore'; readonly own: OwnRecord }
  /** Somebody else has its place. */
  | { readonly type: 'lost'; readonly own: OwnRecord; readonly to: DirectoryRecord | undefined }
  /** It is this node's and nobody here wants it: left by a write that was thought failed. */
  | { readonly type: 'remove'; readonly record: DirectoryRecord }

export class OwnRecords {
  readonly #node: string
  readonly #epoch: number
  readonly #records = new Map<string, OwnRecord>()
  #claims = 0

  constructor(node: string, epoch: number) {
    this.#node = node
    this.#epoch = epoch
  }

  get size(): number {
    return this.#records.size
  }

  get(key: string): OwnRecord | undefined {
    return this.#records.get(key)
  }

  all(): readonly OwnRecord[] {
    return [...this.#records.values()]
  }

  /** Wanted from now on; a write of it is under way. */
  claim(place: RecordPlace, value: RecordValue): OwnRecord {
    const { revision, claim } = this.#records.get(place.key) ?? { revision: 0, claim: ++this.#claims }
    const own = { ...place, ...value, revision, claim }
    this.#records.set(place.key, own)
    return own
  }

  /** The record as it is now, unless it was given back or lost since. */
  current({ key, claim }: Pick<OwnRecord, 'key' | 'claim'>): OwnRecord | undefined {
    const own = this.#records.get(key)
    return own?.claim === claim ? own : undefined
  }

  written(own: Pick<OwnRecord, 'key' | 'claim'>, revision: number): void {
    const now = this.current(own)
    if (now !== undefined && revision > now.revision) this.#records.set(own.key, { ...now, revision })
  }

  /** Not wanted any more. */
  release(key: string): OwnRecord | undefined {
    const own = this.#records.get(key)
    this.#records.delete(key)
    return own
  }

  /** What follows from a change that the watch told of. */
  onChange(change: RecordChange): OwnRecordCommand | undefined {
    const own = this.#records.get(change.key)
    const { record } = change
    if (own === undefined) return record !== undefined && this.#isMine(record) ? { type: 'remove', record } : undefined
    // Nothing was written yet: the write under way tells how it ended.
    if (own.revision === 0) return undefined
    if (record === undefined) return { type: 'restore', own }
    if (record.revision < own.revision) return undefined
    if (this.#isMine(record)) return void this.written(own, record.revision)
    this.#records.delete(change.key)
    return { type: 'lost', own, to: record }
  }

  #isMine(record: DirectoryRecord): boolean {
    return record.node === this.#node && record.epoch === this.#epoch
  }
}
