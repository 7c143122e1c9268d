/** What the engine keeps on the server: opens states, queues and blob stores, lists them and ends them. */

import {
  type BlobStore,
  checkedQueue,
  checkedState,
  checkStoreName,
  type DurableQueue,
  type KeyedState,
  type QueueOptions,
  type StateOptions,
  type StoreName,
} from '@mabeam/foundation'
import type { NatsPort } from '../nats-port.ts'
import { withinTime } from '../within-time.ts'
import { ArrivalClock } from './arrival-clock.ts'
import { openBlobs } from './blobs.ts'
import type { NatsStores } from './nats-stores.ts'
import { openQueue } from './queue.ts'
import { openState } from './state.ts'
import type { StoreRoom } from './store-room.ts'
import { listStores, removeStore } from './store-stream.ts'

/** How long closing waits for a server to hear what is handed back. */
const closeMaxMs = 500

/** Opens nothing on the server yet. What is opened by it ends when `port.closing` aborts. */
export function openStores(port: NatsPort): NatsStores {
  return new ServerStores(port)
}

class ServerStores implements NatsStores {
  readonly #port: NatsPort
  readonly #room: StoreRoom

  constructor(port: NatsPort) {
    this.#port = port
    this.#room = { port, arrivals: new ArrivalClock(port.clock), handingBack: new Set() }
  }

  async state(name: string, options: StateOptions = {}): Promise<KeyedState> {
    this.#port.checkOpen()
    checkStoreName('state', name)
    return await openState(this.#room, name, checkedState(options))
  }

  async queue(name: string, options: QueueOptions = {}): Promise<DurableQueue> {
    this.#port.checkOpen()
    checkStoreName('queue', name)
    return await openQueue(this.#room, name, checkedQueue(options))
  }

  async blobs(name: string): Promise<BlobStore> {
    this.#port.checkOpen()
    checkStoreName('blobs', name)
    return await openBlobs(this.#port, name)
  }

  stores(): Promise<readonly StoreName[]> {
    return listStores(this.#port)
  }

  removeStore(store: StoreName): Promise<void> {
    return removeStore(this.#port, store)
  }

  async close(): Promise<void> {
    // A server that is away hears of nothing that is handed back, and gives it to others in its own time.
    const limit = { clock: this.#port.clock, timeoutMs: closeMaxMs }
    await withinTime(limit, Promise.all(this.#room.handingBack)).catch(() => {})
  }
}
