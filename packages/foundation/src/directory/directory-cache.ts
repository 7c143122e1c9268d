/** All records of the directory in this process, kept by one watch: what lookups answer from, at once. */

import type { DirectoryRecord, RecordKind } from './directory-record.ts'

/** A record that came, changed or went. */
export interface RecordChange {
  readonly key: string
  readonly before: DirectoryRecord | undefined
  readonly record: DirectoryRecord | undefined
}

/** *Runs in* the turn of the watch. Grows with what the nodes of the system register, each of which is bounded. */
export class DirectoryCache {
  readonly #records = new Map<string, DirectoryRecord>()
  readonly #byPlace = new Map<string, Map<string, DirectoryRecord>>()
  readonly #byNode = new Map<string, Map<string, DirectoryRecord>>()
  /** Keys told of since a watch began; undefined while none begins. */
  #seen: Set<string> | undefined
  /** Removed by this node, by revision, until the watch tells so: an older write may still be on its way. */
  readonly #removed = new Map<string, number>()

  get size(): number {
    return this.#records.size
  }

  get(key: string): DirectoryRecord | undefined {
    return this.#records.get(key)
  }

  /** Those of one group or service. */
  list(kind: RecordKind, of: string): Iterable<DirectoryRecord> {
    return this.#byPlace.get(placeOf(kind, of))?.values() ?? []
  }

  ofNode(node: string): Iterable<DirectoryRecord> {
    return this.#byNode.get(node)?.values() ?? []
  }

  all(): Iterable<DirectoryRecord> {
    return this.#records.values()
  }

  /** A watch begins anew: what it does not tell of until `endSnapshot` is gone. */
  beginSnapshot(): void {
    this.#seen = new Set()
  }

  endSnapshot(): readonly RecordChange[] {
    const seen = this.#seen
    this.#seen = undefined
    this.#removed.clear()
    if (seen === undefined) return []
    return [...this.#records.values()].filter((one) => !seen.has(one.key)).map((one) => this.#remove(one))
  }

  /** Undefined when it is no news. */
  put(record: DirectoryRecord): RecordChange | undefined {
    this.#seen?.add(record.key)
    const before = this.#records.get(record.key)
    const heldRevision = before?.revision ?? this.#removed.get(record.key) ?? 0
    if (heldRevision >= record.revision) return undefined
    this.#removed.delete(record.key)
    this.#records.set(record.key, record)
    if (before !== undefined && before.node !== record.node) leave(this.#byNode, before.node, record.key)
    enter(this.#byNode, record.node, record)
    enter(this.#byPlace, placeOf(record.kind, record.of), record)
    return { key: record.key, before, record }
  }

  /** This node removed the record, which had that revision. */
  remove(key: string, revision: number): RecordChange | undefined {
    const before = this.#records.get(key)
    if (before === undefined || before.revision > revision) return undefined
    this.#removed.set(key, revision)
    return this.#remove(before)
  }

  /** The watch tells of a deletion, which has a revision of its own. */
  delete(key: string, revision: number): RecordChange | undefined {
    this.#removed.delete(key)
    const before = this.#records.get(key)
    if (before === undefined || before.revision > revision) return undefined
    this.#seen?.delete(key)
    return this.#remove(before)
  }

  #remove(record: DirectoryRecord): RecordChange {
    this.#records.delete(record.key)
    leave(this.#byNode, record.node, record.key)
    leave(this.#byPlace, placeOf(record.kind, record.of), record.key)
    return { key: record.key, before: record, record: undefined }
  }
}

type Index = Map<string, Map<string, DirectoryRecord>>

function enter(index: Index, under: string, record: DirectoryRecord): void {
  const records = index.get(under)
  if (records === undefined) index.set(under, new Map([[record.key, record]]))
  else records.set(record.key, record)
}

function leave(index: Index, under: string, key: string): void {
  const records = index.get(under)
  records?.delete(key)
  if (records?.size === 0) index.delete(under)
}

function placeOf(kind: RecordKind, of: string): string {
  return `${kind} ${of}`
}
