/** What a node has besides actors, each opened when it is first asked for and closed in reverse. */

import { type Cache, type CacheOptions, openCache } from '../cache/cache.ts'
import { type Cells, openCells } from '../cells/cells.ts'
import { type Channels, openChannels } from '../channels/channels.ts'
import { limitReached, nodeStopped } from '../errors/actor-errors.ts'
import type { CallActor } from '../mesh/service-calls.ts'
import { openServices, type Services } from '../mesh/services.ts'
import type { NodePort } from '../node-port.ts'
import { openWorkQueue, type WorkQueue, type WorkQueueOptions } from '../queue/work-queue.ts'
import type { NodeSystem } from './node-system.ts'

/** Caches and queues of one node. */
const namedMax = 10_000

export class NodeParts {
  readonly #port: NodePort
  readonly #opened = new Map<string, Promise<AsyncDisposable>>()
  #closed = false

  constructor(port: NodePort) {
    this.#port = port
  }

  channels(): Promise<Channels> {
    return this.once('channels', async () => openChannels(this.#port))
  }

  cells(): Promise<Cells> {
    return this.once('cells', () => openCells(this.#port))
  }

  services(system: Promise<NodeSystem>, callActor: CallActor): Promise<Services> {
    return this.once('services', async () => openServices(this.#port, (await system).directory, { callActor }))
  }

  /** The first options of a name count. */
  cache<T>(name: string, options?: CacheOptions): Promise<Cache<T>> {
    return this.once(`cache ${name}`, () => openCache<T>(this.#port, name, options))
  }

  queue<T>(name: string, options?: WorkQueueOptions<T>): Promise<WorkQueue<T>> {
    return this.once(`queue ${name}`, () => openWorkQueue<T>(this.#port, name, options))
  }

  /** The part of that name, opened if it is not; what could not be opened is tried again the next time. */
  once<T extends AsyncDisposable>(name: string, open: () => Promise<T>): Promise<T> {
    const known = this.#opened.get(name)
    if (known !== undefined) return known as Promise<T>
    if (this.#closed) return Promise.reject(nodeStopped(this.#port.name))
    if (this.#opened.size >= namedMax) {
      return Promise.reject(limitReached(`node ${this.#port.name}`, 'parts', namedMax))
    }
    const opening = open()
    this.#opened.set(name, opening)
    opening.catch(() => this.#opened.delete(name))
    return opening
  }

  /** Closes all, whatever one of them throws; rejects with the first of that in the end. */
  async close(): Promise<void> {
    this.#closed = true
    const failures: unknown[] = []
    for (const opening of [...this.#opened.values()].reverse()) {
      const part = await opening.catch(() => undefined)
      await part?.[Symbol.asyncDispose]().then(undefined, (thrown) => failures.push(thrown))
    }
    this.#opened.clear()
    if (failures.length > 0) throw failures[0]
  }
}
