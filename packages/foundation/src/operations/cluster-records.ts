/** What the engine keeps about the nodes of a system (sessions, claims, the directory), read by one who is no node of it. */

import type { Codec } from '../codec/codec.ts'
import { type DirectoryRecord, decodeRecord } from '../directory/directory-record.ts'
import type { Engine, StoreName } from '../engine/engine.ts'
import type { StateChange, StateEntry } from '../engine/keyed-state.ts'
import { WatchedState, type WatchedStateOptions } from '../engine/watched-state.ts'
import { isMabeamError } from '../errors.ts'
import { type Claim, claimRecord } from '../leases/claim-record.ts'
import { type SessionRecord, sessionRecord } from '../leases/session-record.ts'
import { instanceOf } from '../mesh/service-instance.ts'
import { claimKind } from './claim-kind.ts'
import type { ClusterName, ClusterPlace, ClusterPlacement, ClusterService } from './cluster-status.ts'

export interface ClusterRecordsSettings extends Pick<WatchedStateOptions, 'clock' | 'random'> {
  readonly system: string
  readonly engine: Engine
  /** Knows references to actors, as what is handed over may hold some. */
  readonly codec: Codec
  /** What the nodes keep their sessions with. */
  readonly expiryMs: number
  /** Something of it is another. */
  readonly onChange: () => void
}

type Part = 'sessions' | 'claims' | 'directory'
const parts: readonly Part[] = ['sessions', 'claims', 'directory']

export class ClusterRecords implements AsyncDisposable {
  readonly #settings: ClusterRecordsSettings
  readonly #copies = new Map<Part, Promise<WatchedState>>()
  readonly #open = new Map<Part, WatchedState>()
  /** Of sessions that were told of, by node. */
  readonly #tokens = new Map<string, number>()

  constructor(settings: ClusterRecordsSettings) {
    this.#settings = settings
  }

  /** Watches what there is by now. Nothing is made that is not there: who only looks leaves no trace. */
  async refresh(stores: readonly StoreName[]): Promise<void> {
    const { system } = this.#settings
    const there = new Set(stores.filter(({ kind }) => kind === 'state').map(({ name }) => name))
    await Promise.all(parts.filter((part) => there.has(`${system}-${part}`)).map((part) => this.#watch(part)))
  }

  /** One for each node that has one. */
  get sessions(): readonly SessionRecord[] {
    const { codec } = this.#settings
    return this.#read('sessions', (entry) => sessionRecord(codec, entry.value, entry.revision))
  }

  get places(): readonly ClusterPlace[] {
    const claims = this.#claims.filter(({ key }) => claimKind(key) === 'place')
    return claims.map((claim) => ({
      place: claim.key,
      node: this.#isHeld(claim) ? claim.node : null,
      fence: claim.token,
    }))
  }

  get placements(): readonly ClusterPlacement[] {
    const placements = new Map<string, { terms: string; offeredBy: string[] }>()
    for (const claim of this.#claims) {
      if (claimKind(claim.key) !== 'offer' || !this.#isHeld(claim)) continue
      const name = claim.key.split('.')[1] as string
      const known = placements.get(name) ?? { terms: String(claim.handedOver ?? ''), offeredBy: [] }
      known.offeredBy.push(claim.node)
      placements.set(name, known)
    }
    return [...placements].map(([name, { terms, offeredBy }]) => ({ name, terms, offeredBy: offeredBy.sort() }))
  }

  /** Nodes that hold places. */
  get holders(): readonly string[] {
    return this.#claims.filter((claim) => this.#isHeld(claim)).map(({ node }) => node)
  }

  get names(): readonly ClusterName[] {
    const records = this.#records.filter(({ kind }) => kind === 'name')
    return records.map(({ of, node }) => ({ name: of, node }))
  }

  get services(): readonly ClusterService[] {
    const services = new Map<string, { instances: number; healthy: number; nodes: Set<string> }>()
    for (const record of this.#records) {
      if (record.kind !== 'service') continue
      const known = services.get(record.of) ?? { instances: 0, healthy: 0, nodes: new Set() }
      known.instances++
      if (isHealthy(record)) known.healthy++
      known.nodes.add(record.node)
      services.set(record.of, known)
    }
    return [...services].map(([name, { nodes, ...counts }]) => ({ name, ...counts, nodes: [...nodes].sort() }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const copies = await Promise.allSettled(this.#copies.values())
    this.#copies.clear()
    this.#open.clear()
    for (const copy of copies) if (copy.status === 'fulfilled') await copy.value[Symbol.asyncDispose]()
  }

  get #claims(): readonly Claim[] {
    return this.#read('claims', (entry) => claimRecord(this.#settings.codec, entry))
  }

  get #records(): readonly DirectoryRecord[] {
    return this.#read('directory', (entry) => decodeRecord(this.#settings.codec, { type: 'put', ...entry }))
  }

  #isHeld({ node, session, released }: Claim): boolean {
    const entry = this.#open.get('sessions')?.get(node)
    const record = entry && sessionRecord(this.#settings.codec, entry.value, entry.revision)
    return !released && record?.token === session
  }

  /** What this version can't read is left out: it is for others to use. */
  #read<T>(part: Part, read: (entry: StateEntry) => T | undefined): readonly T[] {
    const found: T[] = []
    for (const entry of this.#open.get(part)?.entries ?? []) {
      try {
        const one = read(entry)
        if (one !== undefined) found.push(one)
      } catch (thrown) {
        if (!isMabeamError(thrown)) throw thrown
      }
    }
    return found
  }

  #watch(part: Part): Promise<WatchedState> {
    const known = this.#copies.get(part)
    if (known !== undefined) return known
    const opening = this.#opened(part)
    this.#copies.set(part, opening)
    opening.catch(() => this.#copies.delete(part))
    return opening
  }

  async #opened(part: Part): Promise<WatchedState> {
    const { engine, system, clock, random, expiryMs } = this.#settings
    const onChange = (change: StateChange) => this.#onChange(part, change)
    const state = await engine.state(`${system}-${part}`, part === 'sessions' ? { expiryMs } : {})
    const copy = new WatchedState(state, { clock, random: random.fork(part), onChange })
    await copy.open()
    this.#open.set(part, copy)
    return copy
  }

  /** Sessions are written again and again: news is only one that begins or ends. */
  #onChange(part: Part, change: StateChange): void {
    if (part === 'sessions') {
      const { codec } = this.#settings
      const record = change.type === 'put' ? sessionRecord(codec, change.value, change.revision) : undefined
      if (record?.token === this.#tokens.get(change.key)) return
      if (record === undefined) this.#tokens.delete(change.key)
      else this.#tokens.set(change.key, record.token)
    }
    if (this.#open.has(part)) this.#settings.onChange()
  }
}

function isHealthy(record: DirectoryRecord): boolean {
  try {
    return instanceOf(record).isHealthy
  } catch {
    // A record that is none of an instance can take no call.
    return false
  }
}
