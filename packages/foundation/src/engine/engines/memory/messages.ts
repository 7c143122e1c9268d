/** The messages of the memory engine: who listens to what, and who waits for an answer. */

import { engineClosed, noResponders, payloadTooLarge, requestTimeout } from '../../../errors/engine-errors.ts'
import type { EngineMessage, RequestOptions, SubscribeOptions, Subscription } from '../../engine.ts'
import { checkedRequest, checkedSubscribe } from '../../message-options.ts'
import { giveToReceivers } from '../../receivers.ts'
import { checkEngineSubject, checkSubscription } from '../../subject.ts'
import type { MemoryPort } from './memory-port.ts'
import { PendingRequest } from './pending-request.ts'
import { SentMessage, Subscriber } from './subscriber.ts'
import { SubscriberTable } from './subscriber-table.ts'

export class MemoryMessages {
  readonly #port: MemoryPort
  readonly #subscribers = new SubscriberTable<Subscriber>()
  readonly #requests = new Set<PendingRequest>()

  constructor(port: MemoryPort) {
    this.#port = port
  }

  publish(subject: string, body: Uint8Array): void {
    this.#check(subject, body)
    this.#deliver(subject, body, undefined)
  }

  subscribe(subject: string, onMessage: (message: EngineMessage) => void, options: SubscribeOptions): Subscription {
    this.#port.checkOpen()
    checkSubscription(subject)
    const { queue, capacity } = checkedSubscribe(options)
    const onEnd = () => this.#subscribers.delete(subscriber)
    const listening = { pattern: subject, queue, capacity, onMessage, onEnd, onDrain: async () => onEnd() }
    const subscriber: Subscriber = new Subscriber(this.#port, listening)
    this.#subscribers.add(subscriber)
    return subscriber
  }

  async request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    this.#check(subject, body)
    const { timeoutMs, signal } = checkedRequest(options)
    signal?.throwIfAborted()
    const pending = new PendingRequest((one) => this.#requests.delete(one), this.#port.limits.bytesMax)
    this.#requests.add(pending)
    pending.cancelTimer = this.#port.clock.setTimer(timeoutMs, () => pending.fail(requestTimeout(subject, timeoutMs)))
    pending.abortWith(signal)
    if (!this.#deliver(subject, body, pending)) pending.fail(noResponders(subject))
    return await pending.promise
  }

  /** Hands over what was published, then ends everything. */
  async close(): Promise<void> {
    await Promise.all(this.#subscribers.all().map((one) => one.drained()))
    for (const one of [...this.#requests]) one.fail(engineClosed(this.#port.name))
    for (const one of this.#subscribers.all()) await one[Symbol.asyncDispose]()
  }

  #check(subject: string, body: Uint8Array): void {
    this.#port.checkOpen()
    checkEngineSubject(subject)
    const { bytesMax } = this.#port.limits
    if (body.length > bytesMax) throw payloadTooLarge(subject, bytesMax, body.length)
  }

  /** False when nobody listens. */
  #deliver(subject: string, body: Uint8Array, pending: PendingRequest | undefined): boolean {
    return giveToReceivers(this.#subscribers.listening(subject), this.#port.random, (one) =>
      one.offer(new SentMessage(subject, body, pending)),
    )
  }
}
