/** A subscriber that reads a stream: messages wait for it in queues of its own, bounded by its own policy. */

import type { ChannelOverflow } from './bounded-queue.ts'
import type { Arrival, ChannelMail, Delivery } from './channel-mail.ts'
import type { ChannelTraffic } from './channel-traffic.ts'
import type { Priority } from './priority.ts'
import { PriorityQueues } from './priority-queues.ts'
import { StreamReader } from './stream-reader.ts'
import type { Topic } from './topic.ts'

/** One of those a message is handed over to. */
export interface ChannelSubscriber {
  readonly pattern: string
  /** Only this channel; undefined for all. */
  readonly priority: Priority | undefined
  /** Called when it is the message's turn. Must not throw. */
  deliver(arrival: Arrival): void
  /** No more will come; what waits is still worked on. */
  finish(failure?: { readonly reason: unknown }): void
  /** Resolves when nothing of it is under way. */
  idle(): Promise<void>
  /** The channels are closed: a stream can still be read to its end. */
  close(): void
  /** Forgets what waits. */
  end(): void
  /** Called once, when it has ended. */
  onEnded: (() => void) | undefined
}

export interface SubscriberSettings {
  readonly topic: Topic
  readonly priority: Priority | undefined
  readonly capacity: number
  readonly bytesMax: number
  readonly overflow: ChannelOverflow
  readonly mail: ChannelMail
  readonly traffic: ChannelTraffic
  /** Takes it off the list. */
  onEnd(): void
}

/**
 * What `subscribe` gives: the messages, one after the other, control before all others. Ends when it is disposed of,
 * when its signal aborts (readers get the reason), when a loop over it is left, and when the channels close.
 */
export interface ChannelSubscription<T> extends AsyncIterable<T>, AsyncDisposable {
  /** Resolves when messages of other nodes sent from then on arrive; those of this node do at once. */
  readonly ready: Promise<void>
  /** Messages that found no room. */
  readonly dropped: number
  /** Messages that wait to be read. */
  readonly waiting: number
  /** The same messages with topic, channel, sender and context. */
  deliveries(): AsyncIterableIterator<Delivery<T>>
}

export class StreamSubscriber<T> implements ChannelSubscriber, ChannelSubscription<T> {
  readonly pattern: string
  readonly priority: Priority | undefined
  ready: Promise<void> = Promise.resolve()
  dropped = 0
  onEnded: (() => void) | undefined = undefined
  readonly #settings: SubscriberSettings
  readonly #queues: PriorityQueues<Delivery<T>>
  readonly #reader: StreamReader<Delivery<T>>
  #ended = false

  constructor(settings: SubscriberSettings) {
    const { capacity, bytesMax, overflow } = settings
    this.#settings = settings
    this.pattern = settings.topic.name
    this.priority = settings.priority
    this.#queues = new PriorityQueues(() => ({ capacity, bytesMax, overflow }))
    this.#reader = new StreamReader({ take: () => this.#take(), end: () => this.end() })
  }

  get waiting(): number {
    return this.#queues.size
  }

  deliver(arrival: Arrival): void {
    const { mail, traffic, topic } = this.#settings
    const { priority, bytes } = arrival
    if (this.#ended) return
    // What has no room is not decoded.
    if (!this.#queues.accepts(priority, bytes)) return void this.#drop(priority, 1)
    let delivery: Delivery<T>
    try {
      delivery = mail.open(arrival, topic) as Delivery<T>
    } catch (thrown) {
      return void traffic.unreadable(priority, thrown)
    }
    this.#drop(priority, this.#queues.offer(priority, delivery, bytes))
    this.#reader.wake()
  }

  finish(failure?: { readonly reason: unknown }): void {
    this.#reader.finish(failure)
  }

  async idle(): Promise<void> {}

  close(): void {
    this.#leave()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#leave()
    this.#reader.finish()
  }

  #leave(): void {
    this.#settings.onEnd()
    this.onEnded?.()
  }

  deliveries(): AsyncIterableIterator<Delivery<T>> {
    return this.#reader
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: async () => {
        const { done, value } = await this.#reader.next()
        return done ? { done, value: undefined } : { done: false, value: value.message }
      },
      return: async () => {
        this.end()
        return { done: true, value: undefined }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
  }

  #take(): Delivery<T> | undefined {
    const delivery = this.#ended ? undefined : this.#queues.take()
    if (delivery !== undefined) this.#settings.traffic.delivered(delivery.priority)
    return delivery
  }

  #drop(priority: Priority, count: number): void {
    this.dropped += count
    this.#settings.traffic.dropped(priority, 'subscriber-full', count)
  }
}
