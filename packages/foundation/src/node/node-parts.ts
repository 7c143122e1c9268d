/** What a node has besides actors, each opened when it is first asked for and closed in reverse. */

import type { ActorDefinition } from '../actors/actor.ts'
import { type Cache, openCache } from '../cache/cache.ts'
import type { CacheOptions } from '../cache/cache-options.ts'
import type { CellsOptions } from '../cells/cell-options.ts'
import { type Cells, openCells } from '../cells/cells.ts'
import type { ChannelsOptions } from '../channels/channel-options.ts'
import { type Channels, openChannels } from '../channels/channels.ts'
import { limitReached, nodeStopped } from '../errors/actor-errors.ts'
import { optionsDiffer } from '../errors/engine-errors.ts'
import { openServices, type Services, type ServicesOptions } from '../mesh/services.ts'
import type { NodePort } from '../node-port.ts'
import { openWorkQueue, type WorkQueue, type WorkQueueOptions } from '../queue/work-queue.ts'
import type { NodeSystem } from './node-system.ts'
import type { PlaceOptions } from './place-options.ts'
import type { Placed } from './placing.ts'

/** Caches and queues of one node. */
const namedMax = 10_000

export class NodeParts {
  readonly #port: NodePort
  /** For caches that do not say otherwise. */
  readonly #caches: CacheOptions
  /** Those that are there, by name. */
  readonly open = new Map<string, AsyncDisposable>()
  /** Told of each that is there from now on, before whoever asked for it has it. */
  onOpened: (part: AsyncDisposable) => void = () => {}
  readonly #opened = new Map<string, Promise<AsyncDisposable>>()
  /** Parts that somebody disposed, until that is done. */
  readonly #ending = new Map<string, Promise<void>>()
  /** What those were opened with that take options. */
  readonly #optionsOf = new Map<string, string | undefined>()
  #closed = false

  constructor(port: NodePort, caches: CacheOptions = {}) {
    this.#port = port
    this.#caches = caches
  }

  channels(options?: ChannelsOptions): Promise<Channels> {
    return this.#given('channels', options, async () => openChannels(this.#port, options))
  }

  cells(options?: CellsOptions): Promise<Cells> {
    return this.#given('cells', options, () => openCells(this.#port, options))
  }

  services(system: () => Promise<NodeSystem>, options: ServicesOptions): Promise<Services> {
    const { callActor: _, ...given } = options
    const asked = Object.keys(given).length === 0 ? undefined : given
    return this.#given('services', asked, async () => openServices(this.#port, (await system()).directory, options))
  }

  cache<T>(name: string, options?: CacheOptions): Promise<Cache<T>> {
    return this.#given(`cache ${name}`, options, () => openCache<T>(this.#port, name, { ...this.#caches, ...options }))
  }

  queue<T>(name: string, options?: WorkQueueOptions<T>): Promise<WorkQueue<T>> {
    return this.#given(`queue ${name}`, options, () => openWorkQueue<T>(this.#port, name, options))
  }

  /** What this node takes part in placing under that name. */
  placed<D extends ActorDefinition>(
    name: string,
    options: PlaceOptions,
    open: () => Promise<Placed<D>>,
  ): Promise<Placed<D>> {
    return this.#given(`placed ${name}`, options, open)
  }

  /** Without options the part as it is; with others than it was opened with it is refused. */
  #given<T extends AsyncDisposable>(name: string, options: object | undefined, open: () => Promise<T>): Promise<T> {
    const asked = options === undefined ? undefined : JSON.stringify(options)
    const before = this.#optionsOf.get(name)
    if (this.#opened.has(name) && asked !== undefined && asked !== before) {
      return Promise.reject(optionsDiffer(`${name} of node ${this.#port.name}`, before ?? 'none', asked))
    }
    if (!this.#opened.has(name)) this.#optionsOf.set(name, asked)
    return this.once(name, open)
  }

  /**
   * The part of that name, opened if it is not; what could not be opened is tried again the next time. All who ask share it: who
   * disposes it ends it for all of them, and the next who asks gets another one.
   */
  once<T extends AsyncDisposable>(name: string, open: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(nodeStopped(this.#port.name))
    const ending = this.#ending.get(name)
    if (ending !== undefined) return ending.then(() => this.once(name, open))
    const known = this.#opened.get(name)
    if (known !== undefined) return known as Promise<T>
    if (this.#opened.size >= namedMax) {
      return Promise.reject(limitReached(`node ${this.#port.name}`, 'parts', namedMax))
    }
    const opening = open().then((part) => {
      // In the order in which they are there: what it asked for itself, and stands on, came before.
      this.#opened.delete(name)
      this.#opened.set(name, opening)
      const shared = this.#shared(name, part)
      this.open.set(name, shared)
      this.onOpened(shared)
      return shared
    })
    this.#opened.set(name, opening)
    opening.catch(() => this.#opened.delete(name))
    return opening
  }

  /** Closes all in reverse, also where one of them fails, which is thrown then. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#opened.values())
    await using parts = new AsyncDisposableStack()
    for (const opening of this.#opened.values()) {
      parts.defer(async () => await (await opening.catch(() => undefined))?.[Symbol.asyncDispose]())
    }
  }

  #shared<T extends AsyncDisposable>(name: string, part: T): T {
    const shared: AsyncDisposable & { close?: () => PromiseLike<void> } = part
    const { close } = shared
    const dispose = shared[Symbol.asyncDispose]
    let isForgotten = false
    const forgetting = async (end: () => PromiseLike<void>) => {
      const ended = Promise.resolve(end.call(part))
      if (!isForgotten) this.#forget(name, ended)
      isForgotten = true
      await ended
    }
    let ended: Promise<void> | undefined
    shared[Symbol.asyncDispose] = () => {
      ended ??= forgetting(dispose)
      return ended
    }
    // The same by another name; either may call the other.
    if (close !== undefined) shared.close = () => forgetting(close)
    return part
  }

  /** What is asked for until it has ended waits. */
  #forget(name: string, ended: Promise<void>): void {
    const forget = () => {
      this.#optionsOf.delete(name)
      this.#opened.delete(name)
      this.#ending.delete(name)
    }
    this.open.delete(name)
    this.#ending.set(name, ended.then(forget, forget))
  }
}
