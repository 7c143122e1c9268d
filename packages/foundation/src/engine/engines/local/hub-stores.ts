/** All that a hub keeps, by kind and name: opened, removed, listed, made again from the log, and put into a snapshot. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { engineUnavailable, optionsDiffer } from '../../../errors/engine-errors.ts'
import type { QueueOptions } from '../../durable-queue.ts'
import type { StoreName } from '../../engine.ts'
import type { StateOptions } from '../../keyed-state.ts'
import { HubBlobs } from './hub-blobs.ts'
import type { HubPort, HubStore } from './hub-port.ts'
import { HubQueue } from './hub-queue.ts'
import { type HubRecord, record } from './hub-record.ts'
import { HubState } from './hub-state.ts'
import type { LeftTime } from './machine-clock.ts'

interface OpenStore {
  readonly kind: StoreName['kind']
  readonly name: string
  readonly store: number
  readonly given: object
  readonly kept: HubStore
}

export class HubStores {
  readonly #port: HubPort
  readonly #blobFolder: string
  readonly #byName = new Map<string, OpenStore>()
  readonly #byNumber = new Map<number, OpenStore>()
  #lastNumber = 0
  #left: LeftTime = { aheadMs: 0, lastMs: 0 }
  /** Where states that are new begin to count: higher than any revision that was ever given out before. */
  #leastRevision: number

  constructor(port: HubPort, { blobFolder, leastRevision }: { blobFolder: string; leastRevision: number }) {
    this.#port = port
    this.#blobFolder = blobFolder
    this.#leastRevision = leastRevision
  }

  /** The time of the hub that wrote last, once everything was replayed. */
  get left(): LeftTime {
    return this.#left
  }

  /** Does again what was written down. */
  replay(one: HubRecord): void {
    const [type, store, nowMs] = one as [number, number, number]
    if (type === record.begin) this.#left = { aheadMs: store, lastMs: Math.max(this.#left.lastMs, nowMs) }
    else if (type === record.remove) this.#forget(this.#byNumber.get(store))
    else if (type === record.open) {
      const [, , kind, name, given, revision] = one as [number, number, StoreName['kind'], string, object, number]
      this.#keep({ kind, name, store, given }, revision)
    } else if (type !== record.header) {
      if (nowMs > this.#left.lastMs) this.#left = { ...this.#left, lastMs: nowMs }
      this.#byNumber.get(store)?.kept.replay(one)
    }
  }

  /** What is due happens from now on. */
  start(): void {
    for (const { kept } of this.#byNumber.values()) kept.start()
  }

  /** The one of that name: what is open already, or a new one. */
  open(kind: StoreName['kind'], name: string, given: object): void {
    const found = this.#byName.get(`${kind} ${name}`)
    if (found !== undefined) {
      const [opened, asked] = [JSON.stringify(found.given), JSON.stringify(given)]
      if (opened !== asked) throw optionsDiffer(name, opened, asked)
      return
    }
    const { storesMax } = this.#port.limits
    if (this.#byNumber.size >= storesMax) throw limitReached('local', 'storesMax', storesMax)
    this.#port.checkRoom()
    const store = this.#lastNumber + 1
    const opened = this.#keep({ kind, name, store, given }, this.#leastRevision)
    this.#port.append(openRecord(opened, this.#leastRevision))
  }

  remove(kind: StoreName['kind'], name: string): void {
    const found = this.#byName.get(`${kind} ${name}`)
    if (found === undefined) return
    this.#port.append([record.remove, found.store])
    this.#forget(found)
    found.kept.close(removed(name))
    if (found.kept instanceof HubBlobs) found.kept.dropAll()
  }

  list(): readonly StoreName[] {
    const all = [...this.#byNumber.values()].map(({ kind, name }) => ({ kind, name }))
    return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** Each of these rejects with `foundation/engine-unavailable` when there is none, since it was removed. */
  state(name: string): HubState {
    return this.#found('state', name).kept as HubState
  }

  queue(name: string): HubQueue {
    return this.#found('queue', name).kept as HubQueue
  }

  blobs(name: string): HubBlobs {
    return this.#found('blobs', name).kept as HubBlobs
  }

  states(): readonly HubState[] {
    return [...this.#byNumber.values()].flatMap(({ kept }) => (kept instanceof HubState ? [kept] : []))
  }

  /** Names of all files of blobs. */
  files(): ReadonlySet<string> {
    const files = [...this.#byNumber.values()].map(({ kept }) => (kept instanceof HubBlobs ? kept.files() : []))
    return new Set(files.flat())
  }

  /** What makes an equal one. It is complete when the call returns, though it may be gone through later. */
  snapshot({ aheadMs, lastMs }: LeftTime): Iterable<HubRecord> {
    const parts = [...this.#byNumber.values()].map(
      (one): SnapshotPart => [openRecord(one, one.kept.revision), one.kept.snapshot()],
    )
    return snapshotRecords([record.begin, aheadMs, lastMs], parts)
  }

  close(reason: Error): void {
    for (const { kept } of this.#byNumber.values()) kept.close(reason)
  }

  #found(kind: StoreName['kind'], name: string): OpenStore {
    const found = this.#byName.get(`${kind} ${name}`)
    if (found === undefined) throw removed(name)
    return found
  }

  #keep(what: Omit<OpenStore, 'kept'>, revision: number): OpenStore {
    const opened: OpenStore = { ...what, kept: this.#made(what, revision) }
    this.#byName.set(`${what.kind} ${what.name}`, opened)
    this.#byNumber.set(what.store, opened)
    this.#lastNumber = Math.max(this.#lastNumber, what.store)
    return opened
  }

  #made({ kind, name, store, given }: Omit<OpenStore, 'kept'>, revision: number): HubStore {
    if (kind === 'state') return new HubState(this.#port, { ...(given as StateOptions), name, store, revision })
    if (kind === 'blobs') return new HubBlobs(this.#port, { name, store, folder: this.#blobFolder })
    return new HubQueue(this.#port, { ...(given as Required<QueueOptions>), name, store })
  }

  #forget(opened: OpenStore | undefined): void {
    if (opened === undefined) return
    this.#byName.delete(`${opened.kind} ${opened.name}`)
    this.#byNumber.delete(opened.store)
    this.#leastRevision = Math.max(this.#leastRevision, opened.kept.revision)
  }
}

type SnapshotPart = readonly [open: HubRecord, content: Iterable<HubRecord>]

function openRecord({ store, kind, name, given }: Omit<OpenStore, 'kept'>, revision: number): HubRecord {
  return [record.open, store, kind, name, given, revision]
}

function* snapshotRecords(begin: HubRecord, parts: readonly SnapshotPart[]): Generator<HubRecord> {
  yield begin
  for (const [open, content] of parts) {
    yield open
    yield* content
  }
}

function removed(name: string): Error {
  return engineUnavailable('local', `using ${name}, which was removed`)
}
