/** The engine of one process: the semantics of the others, with nothing to install. */

import { type Clock, systemClock } from '../../clock.ts'
import { limitReached } from '../../errors/actor-errors.ts'
import { engineClosed, engineUnavailable, optionsDiffer } from '../../errors/engine-errors.ts'
import { messageOf } from '../../errors.ts'
import { checkOptions, rule } from '../../options.ts'
import { type Random, seededRandom } from '../../random.ts'
import { silentTelemetry, type Telemetry } from '../../telemetry.ts'
import { Turns } from '../../turns.ts'
import type { BlobStore } from '../blob-store.ts'
import type { DurableQueue, QueueOptions } from '../durable-queue.ts'
import type {
  Engine,
  EngineMessage,
  EngineStatus,
  PulseOptions,
  RequestOptions,
  StoreName,
  SubscribeOptions,
  Subscription,
} from '../engine.ts'
import { checkStoreName } from '../key.ts'
import type { KeyedState, StateOptions } from '../keyed-state.ts'
import { StatusListeners } from '../status-listeners.ts'
import { checkedQueue, checkedState } from '../store-options.ts'
import { timerPulse } from '../timer-pulse.ts'
import { MemoryBlobs } from './memory/blobs.ts'
import { type MemoryLimits, type MemoryPort, memoryLimitDefaults } from './memory/memory-port.ts'
import { MemoryMessages } from './memory/messages.ts'
import { MemoryQueue } from './memory/queue.ts'
import { MemoryState } from './memory/state.ts'

export interface MemoryEngineOptions extends Partial<MemoryLimits> {
  /** @default systemClock */
  readonly clock?: Clock
  /** Chooses among the subscribers of a queue. @default a fixed seed */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

const limitRules = Object.fromEntries(Object.keys(memoryLimitDefaults).map((key) => [key, rule.optional(rule.int(1))]))

/** Nodes that are given the same one are in one system. @example const engine = memoryEngine() */
export function memoryEngine(options: MemoryEngineOptions = {}): Engine {
  checkOptions('memoryEngine', options, {
    clock: rule.optional(rule.object()),
    random: rule.optional(rule.object()),
    telemetry: rule.optional(rule.object()),
    ...limitRules,
  })
  return new MemoryEngine({
    clock: systemClock,
    random: seededRandom('memory-engine'),
    telemetry: silentTelemetry,
    ...memoryLimitDefaults,
    ...options,
  })
}

/** A state, queue or blob store; `close` ends what waits for it. */
interface Store {
  readonly name: string
  close?(): void | Promise<void>
}

interface OpenStore<T extends Store> {
  readonly store: T
  readonly options: string
  /** From now on who holds it is refused. */
  remove(): void
}

interface Opening<T> {
  /** Its options, defaults included. */
  readonly given: object
  make(port: MemoryPort): T
}

class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly native = undefined
  readonly #port: MemoryPort
  readonly #messages: MemoryMessages
  readonly #states = new Map<string, OpenStore<MemoryState>>()
  readonly #queues = new Map<string, OpenStore<MemoryQueue>>()
  readonly #blobs = new Map<string, OpenStore<MemoryBlobs>>()
  readonly #statuses = new StatusListeners((thrown) =>
    this.#port.report('subscriber-failed', { subject: 'status', message: messageOf(thrown) }),
  )
  #closing: Promise<void> | undefined

  constructor(settings: Required<MemoryEngineOptions>) {
    const { clock, random, telemetry, ...limits } = settings
    this.#port = {
      name: this.name,
      clock,
      random,
      turns: new Turns(clock),
      limits,
      checkOpen: () => {
        if (this.#closing !== undefined) throw engineClosed(this.name)
      },
      report: (event, metadata, measurements = { count: 1 }) => {
        if (!telemetry.enabled) return
        telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { engine: this.name, ...metadata } })
      },
    }
    this.#messages = new MemoryMessages(this.#port)
  }

  get status(): EngineStatus {
    return this.#statuses.status
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    return this.#statuses.add(listener)
  }

  publish(subject: string, body: Uint8Array): void {
    this.#messages.publish(subject, body)
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return this.#messages.subscribe(subject, onMessage, options)
  }

  request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    return this.#messages.request(subject, body, options)
  }

  async state(name: string, options: StateOptions = {}): Promise<KeyedState> {
    const given = checkedState(options)
    return this.#open(this.#states, name, { given, make: (port) => new MemoryState(port, name, given) })
  }

  async queue(name: string, options: QueueOptions = {}): Promise<DurableQueue> {
    const given = checkedQueue(options)
    return this.#open(this.#queues, name, { given, make: (port) => new MemoryQueue(port, name, given) })
  }

  async blobs(name: string): Promise<BlobStore> {
    return this.#open(this.#blobs, name, { given: {}, make: (port) => new MemoryBlobs(port, name) })
  }

  async stores(): Promise<readonly StoreName[]> {
    this.#port.checkOpen()
    const named = (kind: StoreName['kind']) => [...this.#kept(kind).keys()].map((name) => ({ kind, name }))
    const all = [...named('state'), ...named('queue'), ...named('blobs')]
    return all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  async removeStore({ kind, name }: StoreName): Promise<void> {
    this.#port.checkOpen()
    checkStoreName('removeStore', name)
    const kept = this.#kept(kind)
    const found = kept.get(name)
    if (found === undefined) return
    kept.delete(name)
    await found.store.close?.()
    found.remove()
  }

  pulse(options: PulseOptions): Promise<AsyncDisposable> {
    return timerPulse(this, this.#port.clock, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    for (const { store } of this.#queues.values()) store.close()
    await Promise.all([...this.#states.values()].map(({ store }) => store.close()))
    await this.#messages.close()
    this.#statuses.set('closed')
  }

  #kept(kind: StoreName['kind']): Map<string, OpenStore<Store>> {
    if (kind === 'state') return this.#states
    return kind === 'queue' ? this.#queues : this.#blobs
  }

  /** The one of that name: what is open already, or a new one. */
  #open<T extends Store>(stores: Map<string, OpenStore<T>>, name: string, opening: Opening<T>): T {
    this.#port.checkOpen()
    checkStoreName('engine', name)
    const options = JSON.stringify(opening.given)
    const found = stores.get(name)
    if (found !== undefined) {
      if (found.options !== options) throw optionsDiffer(name, found.options, options)
      return found.store
    }
    const { storesMax } = this.#port.limits
    const open = this.#states.size + this.#queues.size + this.#blobs.size
    if (open >= storesMax) throw limitReached('memoryEngine', 'storesMax', storesMax)
    let isRemoved = false
    const checkOpen = () => {
      this.#port.checkOpen()
      if (isRemoved) throw engineUnavailable(this.name, `using ${name}, which was removed`)
    }
    const store = opening.make({ ...this.#port, checkOpen })
    const remove = () => {
      isRemoved = true
    }
    stores.set(name, { store, options, remove })
    return store
  }
}
