/**
 * The mechanism under names, groups and services: one keyed state for the system, one watch of it in each process.
 * A record is written by creating it, or over one whose owner is gone by its revision; it is removed by its owner, or by
 * survivors by the revision they looked at. The cache is a hint; the epoch in an address is checked where it leads.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { CancelTimer } from '../clock.ts'
import { KeptWatch } from '../engine/kept-watch.ts'
import type { KeyedState, StateChange } from '../engine/keyed-state.ts'
import { limitReached, nameTaken } from '../errors/actor-errors.ts'
import { clusterPartClosed, nodeReplaced } from '../errors/cluster-errors.ts'
import { payloadTooLarge } from '../errors/engine-errors.ts'
import { hasCode, isMabeamError, type Json, messageOf } from '../errors.ts'
import { isGone } from '../membership/member.ts'
import type { MemberChange, Membership } from '../membership/membership.ts'
import type { NodePort } from '../node-port.ts'
import { rendezvousOwner } from '../placement/rendezvous.ts'
import { DirectoryCache, type RecordChange } from './directory-cache.ts'
import type { DirectoryOptions } from './directory-options.ts'
import {
  type DirectoryRecord,
  decodeRecord,
  encodeRecord,
  type RecordKind,
  type RecordPlace,
} from './directory-record.ts'
import { type OwnRecord, OwnRecords } from './own-records.ts'
import { ownershipOf } from './ownership.ts'
import { Restores } from './restores.ts'
import { Sweep, type SweepTarget } from './sweep.ts'

/** A record of this node that somebody else has the place of now, or that could not be put back. */
export interface LostRecord extends RecordPlace {
  readonly address: ActorAddress
  /** Who has it; undefined when that is not known. */
  readonly owner: DirectoryRecord | undefined
}

export interface DirectoryRecordsOptions extends Required<DirectoryOptions> {
  readonly membership: Membership
  readonly state: KeyedState
}

/** Whether a record may be written where that one is, or none. */
type MayWrite = (held: DirectoryRecord | undefined) => boolean

/** Removals under way at once. */
const removalsAtOnce = 256
/** Tries of one write while others write the same. */
const claimAttemptsMax = 5

export class DirectoryRecords {
  readonly #port: NodePort
  readonly #membership: Membership
  readonly #state: KeyedState
  readonly #options: Required<DirectoryOptions>
  readonly #cache = new DirectoryCache()
  readonly #own: OwnRecords
  readonly #sweep: Sweep
  readonly #onChange = new Set<(change: RecordChange) => void>()
  readonly #onLost = new Set<(lost: LostRecord) => void>()
  readonly #restores = new Restores()
  /** Given back, and not known to be removed: tried again until it is. At most as many as this node may have. */
  readonly #leftovers = new Set<string>()
  readonly #watch: KeptWatch
  readonly #endMemberNews: () => void
  /** Of the newest change that the watch told of. */
  #seenRevision = 0
  #cancelSweep: CancelTimer | undefined
  #closing: Promise<void> | undefined

  constructor(port: NodePort, given: DirectoryRecordsOptions) {
    const { membership, state, ...options } = given
    this.#port = port
    this.#membership = membership
    this.#state = state
    this.#options = options
    this.#own = new OwnRecords(port.name, port.epoch)
    this.#sweep = new Sweep(options)
    this.#watch = new KeptWatch({
      state,
      clock: port.clock,
      random: port.random,
      reopenMaxMs: options.reopenDelayMaxMs,
      onBegin: () => this.#cache.beginSnapshot(),
      onChange: (change) => {
        this.#seenRevision = Math.max(this.#seenRevision, change.revision)
        this.#apply(change)
      },
      onCurrent: () => this.#onCurrent(),
      onLost: (message) => this.#report('directory-watch-lost', { records: this.#cache.size }, { message }),
    })
    this.#endMemberNews = membership.onChange((change) => this.#onMemberChange(change))
  }

  get isCurrent(): boolean {
    return this.#watch.isCurrent
  }

  get size(): number {
    return this.#cache.size
  }

  /** Resolves when the cache holds what there is. */
  async open(): Promise<void> {
    try {
      await this.#watch.open()
    } catch (thrown) {
      this.#endMemberNews()
      throw thrown
    }
    this.#scheduleSweep()
  }

  /** From the cache; not one whose owner is known to be gone. */
  get(key: string): DirectoryRecord | undefined {
    const record = this.#cache.get(key)
    return record !== undefined && this.#isThere(record) ? record : undefined
  }

  list(kind: RecordKind, of: string): readonly DirectoryRecord[] {
    return [...this.#cache.list(kind, of)].filter((record) => this.#isThere(record))
  }

  /** Every record whose owner is not known to be gone. */
  all(): readonly DirectoryRecord[] {
    return [...this.#cache.all()].filter((record) => this.#isThere(record))
  }

  /** From the engine. */
  async getFresh(key: string): Promise<DirectoryRecord | undefined> {
    const record = await this.#read(key)
    return record !== undefined && this.#isThere(record) ? record : undefined
  }

  /** *Runs in* the turn of the news; must not throw. Returns what ends it. */
  onChange(listener: (change: RecordChange) => void): () => void {
    this.#onChange.add(listener)
    return () => void this.#onChange.delete(listener)
  }

  onLost(listener: (lost: LostRecord) => void): () => void {
    this.#onLost.add(listener)
    return () => void this.#onLost.delete(listener)
  }

  /** Writes a record of this node. */
  async claim(place: RecordPlace, address: ActorAddress, metadata: Json = null): Promise<void> {
    await this.#claim(place, { address, metadata }, (held) => this.#mayClaim(held, address))
  }

  /**
   * As `claim`, over what `mayTake` says, whoever has it; it is asked again where others write the same. After
   * `foundation/engine-unavailable` it is to be called again until its outcome is known.
   */
  async takeOver(
    place: RecordPlace,
    what: { readonly address: ActorAddress; readonly metadata: Json },
    mayTake: (held: DirectoryRecord | undefined) => boolean,
  ): Promise<void> {
    await this.#claim(place, { ...what, isTaking: true }, mayTake)
  }

  async #claim(
    place: RecordPlace,
    what: { readonly address: ActorAddress; readonly metadata: Json; readonly isTaking?: boolean },
    mayWrite: MayWrite,
  ): Promise<void> {
    this.#throwIfClosed()
    const { address, metadata, isTaking = false } = what
    const { ownRecordsMax, metadataBytesMax } = this.#options
    const before = this.#own.get(place.key)
    if (before !== undefined && before.address.id !== address.id) throw nameTaken(place.of)
    if (before === undefined && this.#own.size >= ownRecordsMax) {
      throw limitReached('directory', 'ownRecordsMax', ownRecordsMax)
    }
    const bytes = this.#port.codec.encode(metadata, 'metadata').length
    if (bytes > metadataBytesMax) throw payloadTooLarge(`metadata of ${place.key}`, metadataBytesMax, bytes)
    const own = this.#own.claim(place, { node: this.#port.name, epoch: this.#port.epoch, address, metadata })
    try {
      await this.#write(own, mayWrite)
    } catch (thrown) {
      const isOpen = isTaking && hasCode(thrown, 'foundation/engine-unavailable')
      // What was given back or lost meanwhile is not taken up again.
      if (this.#own.current(own) === undefined) throw thrown
      if (before !== undefined && !(isTaking && before.revision === 0)) this.#own.claim(place, before)
      else if (!isOpen) this.#abandonClaim(place.key)
      throw thrown
    }
    if (this.#own.current(own) !== undefined) return
    this.#throwIfClosed()
    // Somebody else wrote it in the meantime.
    throw nameTaken(place.of)
  }

  /**
   * Removes a record of this node; one that is not its own any more stays. Where that rejects, because the engine is away, it is
   * removed later.
   */
  async release(key: string): Promise<void> {
    const own = this.#own.release(key)
    if (own === undefined) return
    this.#restores.forget(key)
    try {
      const record = own.revision > 0 ? own : await this.#read(key)
      if (record !== undefined && record.revision > 0) await this.#remove(record)
    } catch (thrown) {
      this.#leftovers.add(key)
      throw thrown
    }
  }

  /** What could not be given back while the engine was away. */
  async #removeLeftovers(): Promise<void> {
    const keys = [...this.#leftovers].slice(0, removalsAtOnce)
    for (const key of keys) this.#leftovers.delete(key)
    await Promise.all(keys.map((key) => this.#removeLeftover(key)))
  }

  async #removeLeftover(key: string): Promise<void> {
    const record = this.#cache.get(key)
    const isMine = record?.node === this.#port.name && record.epoch === this.#port.epoch
    if (!isMine || this.#own.get(key) !== undefined) return
    await this.#removeOwn(record)
  }

  /** Never rejects: what could not be removed is tried again. */
  async #removeOwn(record: Pick<DirectoryRecord, 'key' | 'revision'>): Promise<void> {
    if (!(await this.#removeQuietly(record))) this.#leftovers.add(record.key)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#endMemberNews()
    this.#cancelSweep?.()
    const keys = this.#own.all().map((own) => own.key)
    while (keys.length > 0) {
      // What could not be removed is swept by others, who hear that this node leaves.
      await Promise.allSettled(keys.splice(-removalsAtOnce).map((key) => this.release(key)))
    }
    await this.#watch[Symbol.asyncDispose]()
    this.#onChange.clear()
    this.#onLost.clear()
  }

  get #nowMs(): number {
    return this.#port.clock.monotonicMs()
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw clusterPartClosed('directory', this.#port.name)
  }

  #isThere(record: DirectoryRecord): boolean {
    return ownershipOf(record, this.#membership.member(record.node)) !== 'abandoned'
  }

  /**
   * Where its place is free, this node's already, or that of somebody who is gone. Rejects with `foundation/name-taken`. Writes
   * nothing more where it was given back or lost meanwhile.
   */
  async #write(place: OwnRecord, mayWrite: MayWrite): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const own = this.#own.current(place)
      if (own === undefined) return
      const value = encodeRecord(this.#port.codec, own)
      const isNew = attempt === 1 && own.revision === 0 && mayWrite(undefined)
      const held = isNew ? undefined : await this.#read(place.key)
      if (!isNew && !mayWrite(held)) throw nameTaken(place.of)
      try {
        const revision =
          held === undefined
            ? await this.#state.create(place.key, value)
            : await this.#state.update(place.key, value, held.revision)
        this.#own.written(place, revision)
        const record = this.#cache.get(place.key)
        // The watch has passed it by, so what it told was after: the answer came late, and others removed or replaced it.
        if (revision <= this.#seenRevision && record?.revision !== revision) {
          return this.#follow({ key: place.key, before: undefined, record })
        }
        return this.#apply({ type: 'put', key: place.key, value, revision })
      } catch (thrown) {
        if (!isConflict(thrown) || attempt >= claimAttemptsMax) throw isConflict(thrown) ? nameTaken(place.of) : thrown
      }
    }
  }

  #mayClaim(held: DirectoryRecord | undefined, address: ActorAddress): boolean {
    if (held === undefined) return true
    const { name, epoch } = this.#port
    if (held.node === name && held.epoch > epoch) throw nodeReplaced(name, epoch, held.epoch)
    if (held.node === name && held.epoch === epoch && held.address.id === address.id) return true
    return ownershipOf(held, this.#membership.member(held.node)) === 'abandoned'
  }

  /** A claim that failed. If it was written all the same, it is removed when the watch tells of it, or now. */
  #abandonClaim(key: string): void {
    this.#own.release(key)
    const record = this.#cache.get(key)
    if (record?.node === this.#port.name && record.epoch === this.#port.epoch) void this.#removeOwn(record)
  }

  async #read(key: string): Promise<DirectoryRecord | undefined> {
    const entry = await this.#state.get(key)
    return entry === undefined ? undefined : decodeRecord(this.#port.codec, { type: 'put', ...entry })
  }

  async #remove(record: Pick<DirectoryRecord, 'key' | 'revision'>): Promise<void> {
    try {
      await this.#state.delete(record.key, record.revision)
      const told = this.#cache.remove(record.key, record.revision)
      if (told !== undefined) this.#tell(told)
    } catch (thrown) {
      if (!isConflict(thrown)) throw thrown
    }
  }

  async #removeQuietly(record: Pick<DirectoryRecord, 'key' | 'revision'>): Promise<boolean> {
    try {
      await this.#remove(record)
      return true
    } catch (thrown) {
      this.#report('directory-write-failed', { count: 1 }, { key: record.key, message: messageOf(thrown) })
      return false
    }
  }

  /** The cache holds what there is, and nothing else. */
  #onCurrent(): void {
    for (const change of this.#cache.endSnapshot()) this.#tell(change)
    this.#wantMissing()
    this.#report('directory-watch-opened', { records: this.#cache.size }, {})
  }

  #apply(change: StateChange): void {
    if (change.type === 'delete') {
      const told = this.#cache.delete(change.key, change.revision)
      if (told !== undefined) this.#tell(told)
      return
    }
    try {
      const told = this.#cache.put(decodeRecord(this.#port.codec, change))
      if (told !== undefined) this.#tell(told)
    } catch (thrown) {
      this.#report('directory-record-unreadable', { count: 1 }, { key: change.key, message: messageOf(thrown) })
    }
  }

  #tell(change: RecordChange): void {
    if (change.record === undefined) this.#sweep.forget(change.key)
    else this.#look(change.record)
    this.#follow(change)
    for (const listener of this.#onChange) listener(change)
  }

  /** What a change means for what this node registered. */
  #follow(change: RecordChange): void {
    const command = this.#own.onChange(change)
    if (command?.type === 'restore') {
      this.#restores.want(change.key, this.#nowMs)
      this.#restoreDue()
    }
    if (command?.type === 'lost') this.#tellLost(command.own, command.to)
    else if (command?.type === 'remove') void this.#removeOwn(command.record)
  }

  #tellLost(own: RecordPlace & { readonly address: ActorAddress }, owner: DirectoryRecord | undefined): void {
    this.#report('registration-lost', { count: 1 }, { key: own.key, owner: owner?.node ?? '' })
    const { kind, of, key, address } = own
    for (const listener of this.#onLost) listener({ kind, of, key, address, owner })
  }

  /** After an outage: what is missing is put back where its place is free. */
  #wantMissing(): void {
    for (const own of this.#own.all()) {
      if (own.revision > 0 && this.#cache.get(own.key) === undefined) this.#restores.want(own.key, this.#nowMs)
    }
    this.#restoreDue()
  }

  #restoreDue(): void {
    for (const key of this.#restores.due(this.#nowMs)) {
      const own = this.#own.get(key)
      if (own === undefined) this.#restores.forget(key)
      else void this.#restore(own)
    }
  }

  /** Never rejects. */
  async #restore(own: OwnRecord): Promise<void> {
    if (this.#closing !== undefined) return
    try {
      await this.#write(own, (held) => this.#mayClaim(held, own.address))
      if (this.#own.current(own) !== undefined) this.#report('registration-restored', { count: 1 }, { key: own.key })
    } catch (thrown) {
      // What has the place by now is another's affair.
      if (this.#own.current(own) === undefined) return
      const code = isMabeamError(thrown) ? thrown.code : undefined
      if (code === 'foundation/name-taken' || code === 'foundation/node-replaced') {
        this.#own.release(own.key)
        this.#tellLost(own, this.#cache.get(own.key))
      } else {
        this.#restores.want(own.key, this.#nowMs)
        this.#report('directory-write-failed', { count: 1 }, { key: own.key, message: messageOf(thrown) })
      }
    }
  }

  #look(record: DirectoryRecord): void {
    this.#sweep.look(record, this.#membership.member(record.node), this.#nowMs)
  }

  /** Records of an owner that is gone are not found any more before they are removed; and found again when it is back. */
  #onMemberChange({ member, before }: MemberChange): void {
    for (const record of [...this.#cache.ofNode(member.name)]) {
      this.#look(record)
      const isThere = ownershipOf(record, member) !== 'abandoned'
      if (isThere === (ownershipOf(record, before) !== 'abandoned')) continue
      const change = { key: record.key, before: record, record: isThere ? record : undefined }
      for (const listener of this.#onChange) listener(change)
    }
  }

  #scheduleSweep(): void {
    this.#cancelSweep = this.#port.clock.setTimer(
      this.#options.sweepMs,
      () => {
        this.#scheduleSweep()
        if (!this.#watch.isCurrent) return
        this.#restoreDue()
        if (this.#leftovers.size > 0) void this.#removeLeftovers()
        if (this.#sweep.size > 0) void this.#sweepDue()
      },
      { unref: true },
    )
  }

  async #sweepDue(): Promise<void> {
    const survivors = this.#membership.members().filter((one) => !isGone(one.status))
    const names = survivors.map((one) => one.name)
    const isFirst = (node: string) => rendezvousOwner(node, names) === this.#port.name
    const due = this.#sweep.due(this.#nowMs, isFirst)
    await Promise.all(due.map((one) => this.#sweepOne(one)))
  }

  async #sweepOne(target: SweepTarget): Promise<void> {
    const { key, node } = target
    if (await this.#removeQuietly(target)) this.#report('record-swept', { count: 1 }, { key, owner: node })
  }

  #report(
    event: string,
    measurements: { readonly [name: string]: number },
    metadata: { readonly [name: string]: string },
  ): void {
    const { telemetry, name } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node: name, ...metadata } })
  }
}

function isConflict(thrown: unknown): boolean {
  return hasCode(thrown, 'foundation/revision-conflict')
}
