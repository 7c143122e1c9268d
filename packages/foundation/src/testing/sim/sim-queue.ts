/** A durable queue as a simulated node sees it. */

import type {
  DeadLetter,
  DurableQueue,
  PullOptions,
  PushOptions,
  QueueDelivery,
  QueueStats,
} from '../../engine/durable-queue.ts'
import type { Operation, SimEngine } from './sim-engine.ts'

/** How long a pull waits unless it says otherwise, as the contract has it. */
const pullWaitMs = 5_000

export class SimQueue implements DurableQueue {
  readonly name: string
  readonly #engine: SimEngine
  readonly #truth: DurableQueue

  constructor(engine: SimEngine, truth: DurableQueue) {
    this.name = truth.name
    this.#engine = engine
    this.#truth = truth
  }

  push(body: Uint8Array, options?: PushOptions): Promise<void> {
    const copy = new Uint8Array(body)
    return this.#operate({ doing: 'pushing', kind: 'write', run: () => this.#truth.push(copy, options) })
  }

  async pull(max: number, options: PullOptions = {}): Promise<readonly QueueDelivery[]> {
    const { signal, ...rest } = options
    const { waitMs = pullWaitMs } = options
    // Given up at the server when the node does: by its signal, by closing or by a crash.
    const given = new AbortController()
    const giveUp = () => given.abort(signal?.reason ?? 'the node has given up')
    const forget = this.#engine.onClose(giveUp)
    signal?.addEventListener('abort', giveUp)
    try {
      const run = () => this.#truth.pull(max, { ...rest, signal: given.signal })
      const taken = await this.#operate({ doing: 'pulling', kind: 'take', run, waitMs, signal })
      return taken.map((delivery) => this.#delivered(delivery))
    } finally {
      forget()
      signal?.removeEventListener('abort', giveUp)
    }
  }

  stats(): Promise<QueueStats> {
    return this.#operate({ doing: 'counting', kind: 'read', run: () => this.#truth.stats() })
  }

  deadLetters(max: number): Promise<readonly DeadLetter[]> {
    return this.#operate({ doing: 'reading dead letters', kind: 'read', run: () => this.#truth.deadLetters(max) })
  }

  redrive(id: string): Promise<boolean> {
    return this.#operate({ doing: `redriving ${id}`, kind: 'write', run: () => this.#truth.redrive(id) })
  }

  forget(id: string): Promise<boolean> {
    return this.#operate({ doing: `forgetting ${id}`, kind: 'write', run: () => this.#truth.forget(id) })
  }

  #delivered(delivery: QueueDelivery): QueueDelivery {
    const { id, body, attempt } = delivery
    const write = (doing: string, run: () => Promise<void>) =>
      this.#operate({ doing: `${doing} ${id}`, kind: 'write', run })
    return {
      id,
      body,
      attempt,
      ack: () => write('acknowledging', () => delivery.ack()),
      retry: (options) => write('giving back', () => delivery.retry(options)),
      reject: (reason) => write('rejecting', () => delivery.reject(reason)),
      extend: () => write('prolonging', () => delivery.extend()),
    }
  }

  #operate<T>(operation: Operation<T>): Promise<T> {
    return this.#engine.operate({ ...operation, doing: `${operation.doing} on queue ${this.name}` })
  }
}
