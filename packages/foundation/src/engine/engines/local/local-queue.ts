/** A durable queue that the hub keeps, as a process sees it. */

import { payloadTooLarge } from '../../../errors/engine-errors.ts'
import type {
  DeadLetter,
  DurableQueue,
  PullOptions,
  PushOptions,
  QueueDelivery,
  QueueStats,
} from '../../durable-queue.ts'
import { checkDeadLetters, checkedPull, checkPush } from '../../store-options.ts'
import type { MemoryPort } from '../memory/memory-port.ts'
import { MemoryDelivery, type Verdict } from '../memory/queue-delivery.ts'
import { copyOf, type HubLink } from './hub-link.ts'
import type { WireDelivery, WireLetter } from './wire-protocol.ts'

export interface LocalQueuePort extends MemoryPort {
  readonly link: HubLink
}

export class LocalQueue implements DurableQueue {
  readonly name: string
  readonly #port: LocalQueuePort

  constructor(port: LocalQueuePort, name: string) {
    this.#port = port
    this.name = name
  }

  async push(body: Uint8Array, options: PushOptions = {}): Promise<void> {
    this.#port.checkOpen()
    checkPush(options)
    const { bytesMax } = this.#port.limits
    if (body.length > bytesMax) throw payloadTooLarge(`queue ${this.name}`, bytesMax, body.length)
    const { id } = options
    const given = [this.name, id ?? null, body]
    const doing = `pushing to ${this.name}`
    // With an id it is taken once, however often it is asked for.
    if (id === undefined) await this.#port.link.ask('push', given, doing)
    else await this.#port.link.askAgain('push', given, doing)
  }

  async pull(max: number, options: PullOptions = {}): Promise<readonly QueueDelivery[]> {
    this.#port.checkOpen()
    const { waitMs, signal } = checkedPull(max, options)
    signal?.throwIfAborted()
    const { link } = this.#port
    let onAbort = () => {}
    try {
      const taken = await new Promise<unknown>((succeed, fail) => {
        const id = link.operate('pull', [this.name, max, waitMs], { doing: `pulling from ${this.name}`, succeed, fail })
        onAbort = () => {
          // What the hub has sent already comes back when its time runs out.
          if (link.cancel(id)) fail(signal?.reason)
        }
        signal?.addEventListener('abort', onAbort)
      })
      return (taken as readonly WireDelivery[]).map((one) => this.#delivery(one))
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async stats(): Promise<QueueStats> {
    this.#port.checkOpen()
    return (await this.#port.link.askAgain('stats', [this.name], `counting ${this.name}`)) as QueueStats
  }

  async deadLetters(max: number): Promise<readonly DeadLetter[]> {
    this.#port.checkOpen()
    checkDeadLetters(max)
    const doing = `reading the dead letters of ${this.name}`
    const letters = (await this.#port.link.askAgain('deadLetters', [this.name, max], doing)) as readonly WireLetter[]
    return letters.map(([id, body, attempts, reason]) => ({ id, body: copyOf(body), attempts, reason }))
  }

  async redrive(id: string): Promise<boolean> {
    this.#port.checkOpen()
    return (await this.#port.link.ask('redrive', [this.name, id], `redriving ${id} of ${this.name}`)) as boolean
  }

  async forget(id: string): Promise<boolean> {
    this.#port.checkOpen()
    return (await this.#port.link.ask('forget', [this.name, id], `forgetting ${id} of ${this.name}`)) as boolean
  }

  #delivery([id, body, attempts, delivery]: WireDelivery): QueueDelivery {
    const { link } = this.#port
    return new MemoryDelivery(this.name, { id, body, attempts }, async (verdict: Verdict) => {
      this.#port.checkOpen()
      return (await link.ask('settle', [this.name, delivery, verdict], `settling ${id} of ${this.name}`)) as boolean
    })
  }
}
