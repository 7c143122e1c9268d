/** Names and groups of actors, the same for all nodes of a system. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Json } from '../errors.ts'
import type { Membership } from '../membership/membership.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions } from '../options.ts'
import { type DirectoryOptions, directoryDefaults, directoryRules } from './directory-options.ts'
import { type DirectoryRecord, groupPlace, namePlace } from './directory-record.ts'
import { DirectoryRecords } from './directory-records.ts'

export interface RegisterOptions {
  /** Found with the record by everybody. @default null */
  readonly metadata?: Json
}

/** A registration of this node that is not its own any more. */
export interface LostRegistration {
  readonly kind: 'name' | 'group' | 'service'
  /** The name, the group or the service. */
  readonly name: string
  /** Of the actor on this node, which is to be stopped. */
  readonly address: ActorAddress
  /** The node that has it now, where that is known. */
  readonly owner: string | undefined
}

/** An actor in a group. */
export interface GroupMember {
  readonly address: ActorAddress
  readonly metadata: Json
}

/**
 * Asked by references, placement and services; concurrently and often. Lookups answer from the cache of this process: a
 * hint, whose epoch is checked where it leads.
 */
export interface Directory extends AsyncDisposable {
  /**
   * Makes a name this node's: resolves when it is written, so that nobody else has it. Rejects with
   * `foundation/name-taken` unless who has it is gone, `foundation/invalid-name`, `foundation/limit-reached`,
   * `foundation/payload-too-large`, and as the engine does when it can't be reached.
   */
  register(name: string, address: ActorAddress, options?: RegisterOptions): Promise<void>
  /** Gives a name of this node back. Not having it is no error. */
  unregister(name: string): Promise<void>
  /** From the cache, at once; undefined also when its owner is known to be gone. */
  lookup(name: string): ActorAddress | undefined
  /** From the engine. */
  lookupFresh(name: string): Promise<ActorAddress | undefined>
  /** Puts an actor of this node into a group, or changes its metadata there. Rejects as `register` does. */
  join(group: string, address: ActorAddress, options?: RegisterOptions): Promise<void>
  leave(group: string, address: ActorAddress): Promise<void>
  /** From the cache, at once, in a stable order. */
  groupMembers(group: string): readonly GroupMember[]
  /** Tells of the members now and after each change. *Runs in* the turn of the news; must not throw. Returns what ends it. */
  watchGroup(group: string, listener: (members: readonly GroupMember[]) => void): () => void
  /**
   * Tells of a registration of this node that somebody else took over, or that could not be put back: its actor must
   * stop. *Runs in* the turn of the news; must not throw. Returns what ends it.
   */
  onLost(listener: (lost: LostRegistration) => void): () => void
  /** False while the watch is lost, when the cache may miss what happens. */
  readonly isCurrent: boolean
  /** What services are registered through. */
  readonly records: DirectoryRecords
  /** Gives back what this node registered, then ends. To be closed before its membership. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the directory of the system on this node: resolves when the cache holds what there is.
 *
 * *Delivery*: of two that register a name one gets it; all caches hold the same in the end. When a node dies its records
 * go as soon as it is held for down, removed by the survivors. After an outage, or when they were removed by mistake,
 * its owner puts its records back where their place is free, or is told that it lost them.
 * @example await using directory = await openDirectory(port, membership)
 */
export async function openDirectory(
  port: NodePort,
  membership: Membership,
  options: DirectoryOptions = {},
): Promise<Directory> {
  checkOptions('openDirectory', options, directoryRules)
  const state = await port.engine.state(`${port.system}-directory`)
  const records = new DirectoryRecords(port, { ...directoryDefaults, ...options, membership, state })
  await records.open()
  return new RecordDirectory(records)
}

class RecordDirectory implements Directory {
  readonly records: DirectoryRecords

  constructor(records: DirectoryRecords) {
    this.records = records
  }

  get isCurrent(): boolean {
    return this.records.isCurrent
  }

  async register(name: string, address: ActorAddress, options: RegisterOptions = {}): Promise<void> {
    await this.records.claim(namePlace(name), address, options.metadata)
  }

  async unregister(name: string): Promise<void> {
    await this.records.release(namePlace(name).key)
  }

  lookup(name: string): ActorAddress | undefined {
    return this.records.get(`name.${name}`)?.address
  }

  async lookupFresh(name: string): Promise<ActorAddress | undefined> {
    return (await this.records.getFresh(namePlace(name).key))?.address
  }

  async join(group: string, address: ActorAddress, options: RegisterOptions = {}): Promise<void> {
    await this.records.claim(groupPlace(group, address), address, options.metadata)
  }

  async leave(group: string, address: ActorAddress): Promise<void> {
    await this.records.release(groupPlace(group, address).key)
  }

  groupMembers(group: string): readonly GroupMember[] {
    const records = [...this.records.list('group', group)].sort(byKey)
    return records.map(({ address, metadata }) => ({ address, metadata }))
  }

  watchGroup(group: string, listener: (members: readonly GroupMember[]) => void): () => void {
    const end = this.records.onChange(({ record, before }) => {
      const changed = record ?? before
      if (changed?.kind === 'group' && changed.of === group) listener(this.groupMembers(group))
    })
    listener(this.groupMembers(group))
    return end
  }

  onLost(listener: (lost: LostRegistration) => void): () => void {
    return this.records.onLost(({ kind, of, address, owner }) =>
      listener({ kind, name: of, address, owner: owner?.node }),
    )
  }

  close(): Promise<void> {
    return this.records.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function byKey(a: DirectoryRecord, b: DirectoryRecord): number {
  return a.key < b.key ? -1 : 1
}
