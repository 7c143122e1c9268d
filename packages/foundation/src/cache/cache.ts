/**
 * A cache of values: in this process alone, or in two tiers, where a value that one node computed is found by all and an
 * old copy is dropped on every node. However many ask for a key at once, on however many nodes, it is computed once.
 *
 * *Delivery*: a value is never older than `ttlMs`, counted from its computation; after `set`, `delete` and `deleteTag` have
 * resolved, other nodes drop their copies as soon as the engine tells them. While the engine is away each node computes for itself.
 */

import type { Clock } from '../clock.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { untilAborted } from '../until-aborted.ts'
import { type CacheOptions, type CacheSettings, cacheSettings } from './cache-options.ts'
import { CachedValues } from './cached-values.ts'
import { type Dated, type Generations, SharedValues } from './shared-values.ts'

export interface ComputeOptions {
  /** By which values are dropped together. @default [] */
  readonly tags?: readonly string[]
  /** Ends the waiting of this caller. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface CacheStats {
  /** Found in this process. */
  readonly hits: number
  /** Found in the shared tier. */
  readonly sharedHits: number
  readonly misses: number
  readonly computes: number
  /** Dropped for want of room. */
  readonly evictions: number
  readonly entries: number
  /** Of all that were asked for, from 0 to 1; 0 when nothing was. */
  readonly hitRate: number
}

export interface Cache<T> extends AsyncDisposable {
  readonly name: string
  get(key: string): Promise<T | undefined>
  /** Resolves when other nodes find it; they drop what they had. */
  set(key: string, value: T, options?: { readonly tags?: readonly string[] }): Promise<void>
  /** The value, computed by one caller for all who ask meanwhile. A failure is not kept and goes to all who waited here. */
  getOrCompute(key: string, compute: () => Promise<T>, options?: ComputeOptions): Promise<T>
  delete(key: string): Promise<void>
  /** Drops every value that has the tag. */
  deleteTag(tag: string): Promise<void>
  /** Sets many before anybody asks for them. */
  warmUp(values: Iterable<readonly [key: string, value: T]>): Promise<void>
  readonly stats: CacheStats
}

/** A cache of this process alone: needs no node. */
export function localCache<T>(name: string, given: Omit<CacheOptions, 'tiers'> & { readonly clock: Clock }): Cache<T> {
  const { clock, ...options } = given
  const settings = cacheSettings({ ...options, tiers: 'process' })
  return new TieredCache<T>(name, { clock, settings, shared: undefined })
}

/**
 * The cache of that name, the same on every node of the system unless `tiers` says that each process has its own. Its options
 * should be the same everywhere.
 */
export async function openCache<T>(port: NodePort, name: string, options: CacheOptions = {}): Promise<Cache<T>> {
  const settings = cacheSettings(options)
  if (settings.tiers === 'process') return new TieredCache<T>(name, { clock: port.clock, settings, shared: undefined })
  let cache: TieredCache<T> | undefined
  const shared = new SharedValues(port, {
    name,
    ttlMs: settings.ttlMs,
    onOld: (id, revision) => cache?.values.forget(id, revision),
    onTag: (tag) => cache?.values.forgetTag(tag),
  })
  cache = new TieredCache<T>(name, { clock: port.clock, settings, shared })
  await shared.open()
  return cache
}

/** What a computation is for. */
interface Wanted {
  readonly tags: readonly string[]
  /** The key was set or deleted meanwhile: who waits gets the value, and it is not kept. */
  isOld: boolean
}

/** A computation under way. */
interface Flight<T> {
  readonly wanted: Wanted
  readonly value: Promise<T>
}

interface CacheParts {
  readonly clock: Clock
  readonly settings: CacheSettings
  readonly shared: SharedValues | undefined
}

class TieredCache<T> implements Cache<T> {
  readonly name: string
  readonly values: CachedValues
  readonly #parts: CacheParts
  readonly #flights = new Map<string, Flight<T>>()
  #counts = { hits: 0, sharedHits: 0, misses: 0, computes: 0 }

  constructor(name: string, parts: CacheParts) {
    this.name = name
    this.#parts = parts
    const { ttlMs, entriesMax } = parts.settings
    this.values = new CachedValues({ clock: parts.clock, ttlMs, entriesMax })
  }

  get stats(): CacheStats {
    const { hits, sharedHits, misses } = this.#counts
    const asked = hits + sharedHits + misses
    const hitRate = asked === 0 ? 0 : (hits + sharedHits) / asked
    return { ...this.#counts, evictions: this.values.evictions, entries: this.values.size, hitRate }
  }

  async get(key: string): Promise<T | undefined> {
    const id = this.#idOf(key)
    const held = this.values.get(id)
    if (held !== undefined) {
      this.#counts.hits++
      return held.value as T
    }
    const entry = await this.#parts.shared?.read(id)
    if (entry?.type !== 'value') {
      this.#counts.misses++
      return undefined
    }
    this.#counts.sharedHits++
    this.#keep(id, entry)
    return entry.value as T
  }

  async set(key: string, value: T, options: { readonly tags?: readonly string[] } = {}): Promise<void> {
    const id = this.#idOf(key)
    const { tags = [] } = options
    const { shared, clock } = this.#parts
    if (shared === undefined) {
      this.#outdate(id)
      this.values.set(id, { value, tags, revision: 0 })
      return
    }
    const generations = shared.generations(tags)
    const atMs = clock.nowMs()
    const revision = await shared.put(id, { value, tags: generations, atMs })
    this.#outdate(id)
    this.#keep(id, { value, tags: generations, atMs, revision })
  }

  getOrCompute(key: string, compute: () => Promise<T>, options: ComputeOptions = {}): Promise<T> {
    const { signal, tags = [] } = options
    if (signal?.aborted) return Promise.reject(signal.reason)
    const id = this.#idOf(key)
    const held = this.values.get(id)
    if (held !== undefined) {
      this.#counts.hits++
      return Promise.resolve(held.value as T)
    }
    const flight = this.#flights.get(id)
    if (flight !== undefined) this.#counts.hits++
    const { value } = flight ?? this.#take(id, compute, tags)
    return untilAborted(value, signal)
  }

  async delete(key: string): Promise<void> {
    const id = this.#idOf(key)
    await this.#parts.shared?.delete(id)
    this.#outdate(id)
    this.values.forget(id)
  }

  async deleteTag(tag: string): Promise<void> {
    await this.#parts.shared?.deleteTag(tag)
    for (const [id, { wanted }] of [...this.#flights]) if (wanted.tags.includes(tag)) this.#outdate(id)
    this.values.forgetTag(tag)
  }

  async warmUp(values: Iterable<readonly [key: string, value: T]>): Promise<void> {
    for (const [key, value] of values) await this.set(key, value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.values.clear()
    await this.#parts.shared?.[Symbol.asyncDispose]()
  }

  #idOf(key: string): string {
    return this.#parts.shared?.idOf(key) ?? key
  }

  #take(id: string, compute: () => Promise<T>, tags: readonly string[]): Flight<T> {
    const wanted: Wanted = { tags, isOld: false }
    const value = this.#computed(id, compute, wanted).finally(() => {
      if (!wanted.isOld) this.#flights.delete(id)
    })
    const flight = { wanted, value }
    this.#flights.set(id, flight)
    return flight
  }

  /** Who asks from now on does not get what is computed from what was before. */
  #outdate(id: string): void {
    const flight = this.#flights.get(id)
    if (flight === undefined) return
    flight.wanted.isOld = true
    this.#flights.delete(id)
  }

  async #computed(id: string, compute: () => Promise<T>, wanted: Wanted): Promise<T> {
    const { shared, clock, settings } = this.#parts
    if (shared === undefined) return await this.#computedHere(id, compute, wanted)
    const untilMs = clock.monotonicMs() + settings.computeWaitMs
    for (;;) {
      const entry = await shared.read(id).catch(ignoreAway)
      // The engine is away: better computed twice than not at all.
      if (entry === undefined) return await this.#computedHere(id, compute, wanted)
      if (entry.type === 'value') {
        this.#counts.sharedHits++
        this.#keep(id, entry)
        return entry.value as T
      }
      const leftMs = untilMs - clock.monotonicMs()
      if (entry.type === 'computing' && leftMs > 0)
        await shared.change(id, { over: entry.revision, waitMs: leftMs }).catch(ignoreAway)
      else {
        const generations = shared.generations(wanted.tags)
        const marker = await shared.mark(id, entry.revision).catch(ignoreAway)
        if (marker !== undefined) return await this.#filled(id, { compute, tags: generations, marker })
      }
    }
  }

  async #filled(
    id: string,
    given: { readonly compute: () => Promise<T>; readonly tags: Generations; readonly marker: number },
  ): Promise<T> {
    const shared = this.#parts.shared as SharedValues
    const { compute, tags, marker } = given
    this.#counts.misses++
    this.#counts.computes++
    let value: T
    try {
      value = await compute()
    } catch (thrown) {
      await shared.unmark(id, marker).catch(ignoreAway)
      throw thrown
    }
    const atMs = this.#parts.clock.nowMs()
    const revision = await shared.fill(id, { value, tags, atMs, marker }).catch(ignoreAway)
    // Somebody has set or deleted it meanwhile: this value goes to those who asked and is not kept.
    if (revision !== undefined) this.#keep(id, { value, tags, atMs, revision })
    return value
  }

  /** Unless this node has heard meanwhile that it is old: news that come later drop it. */
  #keep(id: string, { value, tags, atMs, revision }: Dated & { readonly revision: number }): void {
    const { shared, clock } = this.#parts
    if (shared?.isOld(id, { tags, revision })) return
    // As old as it is, also here, as far as the clocks of nodes agree.
    this.values.set(id, { value, tags: Object.keys(tags), revision }, Math.max(0, clock.nowMs() - atMs))
  }

  async #computedHere(id: string, compute: () => Promise<T>, wanted: Wanted): Promise<T> {
    const { tags } = wanted
    this.#counts.misses++
    this.#counts.computes++
    const { shared } = this.#parts
    const [told, generations] = [shared?.toldRevision(id), shared?.generations(tags) ?? {}]
    const value = await compute()
    // What was changed meanwhile may have been computed from what was before.
    const isOld = shared?.toldRevision(id) !== told || shared?.isOld(id, { tags: generations, revision: told ?? 0 })
    if (!isOld && !wanted.isOld) this.values.set(id, { value, tags, revision: 0 })
    return value
  }
}

function ignoreAway(thrown: unknown): undefined {
  if (!hasCode(thrown, 'foundation/engine-unavailable')) throw thrown
  return undefined
}
