/** A keyed state of the hub: decides by its table, and writes each change down as the call that made it. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { payloadTooLarge, revisionConflict } from '../../../errors/engine-errors.ts'
import type { StateChange, StateOptions } from '../../keyed-state.ts'
import { subjectMatcher } from '../../subject.ts'
import { DueTimer } from '../memory/due-timer.ts'
import { type Entry, EntryTable } from '../memory/entry-table.ts'
import type { HubPort, HubStore, Watcher } from './hub-port.ts'
import { type HubRecord, record } from './hub-record.ts'
import type { WireChange } from './wire-protocol.ts'

interface OpenWatch {
  readonly watcher: Watcher
  readonly watch: number
  readonly matches: (key: string) => boolean
}

/** Values a watcher is told in one frame, and bytes of them. */
const entriesPerFrame = 256
const bytesPerFrame = 1_048_576

export interface StateSettings extends StateOptions {
  readonly name: string
  readonly store: number
  /** The first write has the revision after it. */
  readonly revision: number
}

export class HubState implements HubStore {
  readonly #port: HubPort
  readonly #settings: StateSettings
  readonly #table: EntryTable
  readonly #watches = new Set<OpenWatch>()
  readonly #timer: DueTimer

  constructor(port: HubPort, settings: StateSettings) {
    this.#port = port
    this.#settings = settings
    this.#table = new EntryTable(settings.expiryMs, settings.revision)
    this.#timer = new DueTimer(port.clock, () => this.#look())
  }

  get revision(): number {
    return this.#table.revision
  }

  get(key: string): readonly [Uint8Array, number] | undefined {
    this.#look()
    const entry = this.#table.get(key)
    return entry && [entry.value, entry.revision]
  }

  create(key: string, value: Uint8Array): number {
    const nowMs = this.#look()
    const entry = this.#table.get(key)
    if (entry !== undefined) throw revisionConflict(key, null, entry.revision)
    return this.#write(key, value, nowMs)
  }

  update(key: string, value: Uint8Array, revision: number): number {
    const nowMs = this.#look()
    this.#checkRevision(key, revision)
    return this.#write(key, value, nowMs)
  }

  put(key: string, value: Uint8Array): number {
    return this.#write(key, value, this.#look())
  }

  delete(key: string, revision: number | undefined): void {
    const nowMs = this.#look()
    if (revision !== undefined) this.#checkRevision(key, revision)
    const change = this.#table.remove(key)
    if (change === undefined) return
    this.#port.append([record.delete, this.#settings.store, nowMs, key])
    this.#tell(change)
  }

  /** Tells of the values there are, then of each change. */
  watch(watcher: Watcher, watch: number, pattern: string): void {
    const { watchesMax } = this.#port.limits
    const { name } = this.#settings
    if (this.#watches.size >= watchesMax) throw limitReached(`state ${name}`, 'watchesMax', watchesMax)
    this.#look()
    const matches = subjectMatcher(pattern)
    let changes: WireChange[] = []
    let bytes = 0
    const send = () => {
      if (!watcher.tell(watch, changes)) throw this.#watchBehind()
      changes = []
      bytes = 0
    }
    for (const { key, revision, value } of this.#table.entries()) {
      if (!matches(key)) continue
      changes.push([key, revision, value])
      bytes += value.length
      if (changes.length >= entriesPerFrame || bytes >= bytesPerFrame) send()
    }
    if (changes.length > 0) send()
    this.#watches.add({ watcher, watch, matches })
  }

  unwatch(watcher: Watcher, watch?: number): void {
    for (const one of this.#watches) {
      if (one.watcher === watcher && (watch === undefined || one.watch === watch)) this.#watches.delete(one)
    }
  }

  replay(one: HubRecord): void {
    const [type, , nowMs, key, value, revision, dueMs] = one as Replayed
    if (type === record.put) this.#table.write(key, value, nowMs)
    else if (type === record.delete) this.#table.remove(key)
    else if (type === record.expire) this.#expired(nowMs)
    else this.#table.restore({ key, value, revision, dueMs })
  }

  start(): void {
    this.#look()
  }

  snapshot(): Iterable<HubRecord> {
    return entryRecords(this.#settings.store, [...this.#table.entries()])
  }

  close(reason: Error): void {
    this.#timer.clear()
    for (const { watcher, watch } of this.#watches) watcher.lose(watch, reason)
    this.#watches.clear()
  }

  /** Before each operation: what is over is gone. */
  #look(): number {
    const nowMs = this.#port.clock.monotonicMs()
    const dueMs = this.#table.nextDueMs
    if (dueMs !== undefined && dueMs <= nowMs) {
      this.#port.append([record.expire, this.#settings.store, nowMs])
      for (const change of this.#expired(nowMs)) this.#tell(change)
    }
    this.#timer.set(this.#table.nextDueMs)
    return nowMs
  }

  #expired(nowMs: number): readonly StateChange[] {
    const changes: StateChange[] = []
    for (let gone = this.#table.expire(nowMs); gone !== undefined; gone = this.#table.expire(nowMs)) changes.push(gone)
    return changes
  }

  #checkRevision(key: string, expected: number): void {
    const got = this.#table.get(key)?.revision ?? null
    if (got !== expected) throw revisionConflict(key, expected, got)
  }

  #write(key: string, value: Uint8Array, nowMs: number): number {
    const { bytesMax, keysMax } = this.#port.limits
    const { name, store } = this.#settings
    if (value.length > bytesMax) throw payloadTooLarge(`${name}: ${key}`, bytesMax, value.length)
    if (this.#table.size >= keysMax && this.#table.get(key) === undefined) {
      throw limitReached(`state ${name}`, 'keysMax', keysMax)
    }
    this.#port.checkRoom()
    this.#port.append([record.put, store, nowMs, key, value])
    const entry = this.#table.write(key, value, nowMs)
    this.#tell(entry)
    this.#timer.set(this.#table.nextDueMs)
    return entry.revision
  }

  #tell(change: StateChange | Entry): void {
    const { key, revision } = change
    const told = 'value' in change ? change.value : change.expired ? 'expired' : 'deleted'
    for (const one of this.#watches) {
      if (!one.matches(key) || one.watcher.tell(one.watch, [[key, revision, told]])) continue
      this.#watches.delete(one)
      one.watcher.lose(one.watch, this.#watchBehind())
    }
  }

  #watchBehind(): Error {
    return limitReached(`watch of ${this.#settings.name}`, 'connectionBytesMax', this.#port.connectionBytesMax)
  }
}

type Replayed = [
  type: number,
  store: number,
  nowMs: number,
  key: string,
  value: Uint8Array,
  revision: number,
  dueMs: number,
]

function* entryRecords(store: number, entries: readonly Entry[]): Generator<HubRecord> {
  for (const { key, value, revision, dueMs } of entries) yield [record.entry, store, 0, key, value, revision, dueMs]
}
