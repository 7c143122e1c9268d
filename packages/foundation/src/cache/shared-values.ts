/**
 * The tier of a cache that all nodes share: values in keyed state, and a second, small state by which nodes hear which of
 * their own copies are old. One node computes a value at a time: a marker stands where it will be.
 */

import { createHash } from 'node:crypto'
import type { KeyedState, StateChange } from '../engine/keyed-state.ts'
import { WatchedState } from '../engine/watched-state.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'

/** What the shared tier knows of a key. */
export type SharedEntry =
  | ({ readonly type: 'value'; readonly revision: number } & Dated)
  /** A node is computing it. */
  | { readonly type: 'computing'; readonly node: string; readonly revision: number }
  /** Nothing, or something that is out of date; `revision` is what a write has to name, 0 for none. */
  | { readonly type: 'none'; readonly revision: number }

/** Of each tag of a value, which invalidation of it was the last when the value began to be computed. */
export interface Generations {
  readonly [tag: string]: number
}

/** A value as the shared tier holds it. */
export interface Dated {
  readonly value: unknown
  readonly tags: Generations
  /** When it was written, by the clock of the node that did. */
  readonly atMs: number
}

export interface SharedSettings {
  readonly name: string
  readonly ttlMs: number
  /** The copy of this key here is older than `revision`. */
  readonly onOld: (id: string, revision: number) => void
  readonly onTag: (tag: string) => void
}

const bodyVersion = 1

export class SharedValues implements AsyncDisposable {
  readonly #port: NodePort
  readonly #settings: SharedSettings
  #values: KeyedState | undefined
  #changes: KeyedState | undefined
  #watched: WatchedState | undefined

  constructor(port: NodePort, settings: SharedSettings) {
    this.#port = port
    this.#settings = settings
  }

  async open(): Promise<void> {
    const { engine, system, clock } = this.#port
    const { name, ttlMs } = this.#settings
    this.#values = await engine.state(`${system}-cache-${name}`, { expiryMs: ttlMs })
    this.#changes = await engine.state(`${system}-cache-changes-${name}`, { expiryMs: ttlMs })
    this.#watched = new WatchedState(this.#changes, {
      clock,
      random: this.#port.random,
      onChange: (change) => this.#onChange(change),
    })
    await this.#watched.open()
  }

  /** Keys of the engine are short words: a key of the cache goes by its hash. */
  idOf(key: string): string {
    return `v.${hashOf(key)}`
  }

  async read(id: string): Promise<SharedEntry> {
    const entry = await this.#state.get(id)
    if (entry === undefined) return { type: 'none', revision: 0 }
    const { revision } = entry
    const body = this.#port.codec.decode(entry.value)
    if (!Array.isArray(body) || body[0] !== bodyVersion) return { type: 'none', revision }
    if (body[1] === 'deleted') return { type: 'none', revision }
    if (body[1] === 'computing') return { type: 'computing', node: String(body[2]), revision }
    const tags = body[2] as Generations
    return this.isOld(id, { tags, revision })
      ? { type: 'none', revision }
      : { type: 'value', value: body[3], tags, atMs: Number(body[4] ?? this.#port.clock.nowMs()), revision }
  }

  /** Whether it was replaced, deleted or invalidated since, as far as this node has been told. */
  isOld(id: string, value: { readonly tags: Generations; readonly revision: number }): boolean {
    if (this.toldRevision(id) > value.revision) return true
    return Object.entries(value.tags).some(([tag, generation]) => this.#generation(tag) > generation)
  }

  /** The newest revision of a key that this node has been told of; 0 for none. */
  toldRevision(id: string): number {
    const change = this.#watched?.get(id)
    return change === undefined ? 0 : Number(this.#port.codec.decode(change.value))
  }

  /** To be taken before a value is computed. */
  generations(tags: readonly string[]): Generations {
    return Object.fromEntries(tags.map((tag) => [tag, this.#generation(tag)]))
  }

  /** Undefined when another node was faster. `over` is the revision it replaces, 0 for none. */
  async mark(id: string, over: number): Promise<number | undefined> {
    const value = this.#port.codec.encode([bodyVersion, 'computing', this.#port.name], 'marker')
    return await this.#written(over === 0 ? this.#state.create(id, value) : this.#state.update(id, value, over))
  }

  async unmark(id: string, revision: number): Promise<void> {
    await this.#state.delete(id, revision).catch(ignoreConflict)
  }

  /** Over the marker this node has set; undefined when somebody has written meanwhile. */
  async fill(id: string, given: Dated & { readonly marker: number }): Promise<number | undefined> {
    return await this.#written(this.#state.update(id, this.#body(given), given.marker))
  }

  /** Whatever was there. Nodes with a copy hear of it. */
  async put(id: string, given: Dated): Promise<number> {
    const revision = await this.#state.put(id, this.#body(given))
    await this.#tell(id, revision)
    return revision
  }

  async delete(id: string): Promise<void> {
    // A write of the same order of revisions as those of values, so that only what is older than it counts as old.
    const revision = await this.#state.put(id, this.#port.codec.encode([bodyVersion, 'deleted'], 'marker'))
    await this.#tell(id, revision)
    await this.#state.delete(id, revision).catch(ignoreConflict)
  }

  async deleteTag(tag: string): Promise<void> {
    await this.#keyedChanges.put(tagId(tag), this.#port.codec.encode(tag, 'tag'))
  }

  /** Resolves when that key has a newer revision than `over`, or after `waitMs`. */
  async change(
    id: string,
    options: { readonly over: number; readonly waitMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { waitMs, signal } = options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let told = 0
    // The first news is what is there now, which may have been filled meanwhile.
    const watch = await this.#state.watch(id, ({ revision }) => {
      told++
      if (revision > options.over) resolve()
    })
    const cancel = this.#port.clock.setTimer(waitMs, resolve)
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    if (told === 0) resolve()
    try {
      await promise
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
      await watch[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watched?.[Symbol.asyncDispose]()
  }

  get #state(): KeyedState {
    return this.#values as KeyedState
  }

  get #keyedChanges(): KeyedState {
    return this.#changes as KeyedState
  }

  #body({ value, tags, atMs }: Dated): Uint8Array {
    return this.#port.codec.encode([bodyVersion, 'value', tags, value, atMs], 'cached value')
  }

  #generation(tag: string): number {
    return this.#watched?.get(tagId(tag))?.revision ?? 0
  }

  /** Never over a newer change: nodes that hear late would take what that one made old for current. */
  async #tell(id: string, revision: number): Promise<void> {
    const value = this.#port.codec.encode(revision, 'change')
    for (;;) {
      const told = await this.#keyedChanges.get(id)
      if (told !== undefined && Number(this.#port.codec.decode(told.value)) >= revision) return
      const writing =
        told === undefined ? this.#keyedChanges.create(id, value) : this.#keyedChanges.update(id, value, told.revision)
      if ((await this.#written(writing)) !== undefined) return
    }
  }

  #onChange(change: StateChange): void {
    if (change.type === 'delete') return
    const body = this.#port.codec.decode(change.value)
    if (change.key.startsWith('t.')) this.#settings.onTag(String(body))
    else this.#settings.onOld(change.key, Number(body))
  }

  async #written(writing: Promise<number>): Promise<number | undefined> {
    try {
      return await writing
    } catch (thrown) {
      ignoreConflict(thrown)
      return undefined
    }
  }
}

function tagId(tag: string): string {
  return `t.${hashOf(tag)}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function ignoreConflict(thrown: unknown): void {
  if (!hasCode(thrown, 'foundation/revision-conflict')) throw thrown
}
