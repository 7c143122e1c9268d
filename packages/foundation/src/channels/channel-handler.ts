/** Subscribers that are functions: handlers of messages, one at a time, and responders, some at once. */

import { enterContext } from '../context/context.ts'
import { responderFull } from '../errors/channel-errors.ts'
import { toWireError } from '../errors.ts'
import type { Task } from '../turns.ts'
import type { Arrival, Delivery } from './channel-mail.ts'
import type { ChannelSubscriber, SubscriberSettings } from './channel-subscription.ts'
import type { Priority } from './priority.ts'
import { PriorityQueues } from './priority-queues.ts'

/** What a handler is given besides the message. */
export interface HandlerDelivery<T> extends Delivery<T> {
  /** Aborts when its subscription ends. */
  readonly signal: AbortSignal
}

/** What `on` and `respond` give: ends when it is disposed of. */
export interface ChannelListener extends AsyncDisposable {
  /** Resolves when messages of other nodes sent from then on arrive; those of this node do at once. */
  readonly ready: Promise<void>
  /** Messages that found no room. */
  readonly dropped: number
  /** Messages that wait for the handler. */
  readonly waiting: number
}

export interface HandlerSettings<T> extends SubscriberSettings {
  /** Handlers under way at once. */
  readonly concurrency: number
  run(delivery: HandlerDelivery<T>): unknown
  /** Sends what a handler came to, where somebody waits for it. */
  answer?(arrival: Arrival, kind: 'answer' | 'failure', value: unknown): void
  /** Gives a backlog its share of the slices. */
  ask(task: Task): void
}

interface Waiting<T> {
  readonly arrival: Arrival
  readonly delivery: Delivery<T>
}

export class HandlerSubscriber<T> implements ChannelSubscriber, ChannelListener, Task {
  readonly pattern: string
  readonly priority: Priority | undefined
  ready: Promise<void> = Promise.resolve()
  dropped = 0
  nextTask: Task | undefined = undefined
  onEnded: (() => void) | undefined = undefined
  readonly #settings: HandlerSettings<T>
  readonly #queues: PriorityQueues<Waiting<T>>
  readonly #abort = new AbortController()
  #running = 0
  #asked = false
  #ended = false
  #onIdle: (() => void)[] = []

  constructor(settings: HandlerSettings<T>) {
    const { capacity, bytesMax, overflow } = settings
    this.#settings = settings
    this.pattern = settings.topic.name
    this.priority = settings.priority
    this.#queues = new PriorityQueues(() => ({ capacity, bytesMax, overflow }))
  }

  get waiting(): number {
    return this.#queues.size
  }

  deliver(arrival: Arrival): void {
    const { mail, traffic, topic, concurrency } = this.#settings
    const { priority, bytes } = arrival
    if (this.#ended) return
    const atOnce = this.#running < concurrency && this.#queues.size === 0
    if (!atOnce && !this.#queues.accepts(priority, bytes)) return void this.#refuse(arrival)
    let delivery: Delivery<T>
    try {
      delivery = mail.open(arrival, topic) as Delivery<T>
    } catch (thrown) {
      traffic.unreadable(priority, thrown)
      return void this.#settings.answer?.(arrival, 'failure', toWireError(thrown))
    }
    if (atOnce) this.#run({ arrival, delivery })
    else this.#drop(priority, this.#queues.offer(priority, { arrival, delivery }, bytes))
  }

  /** One of the backlog. */
  runTurn(): void {
    this.#asked = false
    if (this.#ended) return
    const next = this.#running < this.#settings.concurrency ? this.#queues.take() : undefined
    if (next !== undefined) this.#run(next)
    this.#goOn()
  }

  finish(): void {}

  idle(): Promise<void> {
    if (this.#ended || (this.#running === 0 && this.#queues.size === 0)) return Promise.resolve()
    return new Promise((resolve) => this.#onIdle.push(resolve))
  }

  close(): void {
    this.end()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#settings.onEnd()
    this.onEnded?.()
    this.#abort.abort(new DOMException('the subscription has ended', 'AbortError'))
    this.#tellIdle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
  }

  #run(waiting: Waiting<T>): void {
    const { priority, context } = waiting.delivery
    const { run, traffic, answer } = this.#settings
    const late = answer !== undefined && context?.deadline !== undefined && context.deadline.leftMs <= 0
    if (late) return void traffic.dropped(priority, 'expired')
    traffic.delivered(priority)
    const delivery: HandlerDelivery<T> = { ...waiting.delivery, signal: this.#abort.signal }
    const handle = () => run(delivery)
    let result: unknown
    try {
      result = context === undefined ? handle() : enterContext(context, handle)
    } catch (thrown) {
      return void this.#failed(waiting, thrown)
    }
    if (!isThenable(result)) return void answer?.(waiting.arrival, 'answer', result)
    this.#running++
    result.then(
      (value) => {
        answer?.(waiting.arrival, 'answer', value)
        this.#done()
      },
      (thrown) => {
        this.#failed(waiting, thrown)
        this.#done()
      },
    )
  }

  #failed({ arrival, delivery }: Waiting<T>, thrown: unknown): void {
    const error = toWireError(thrown)
    this.#settings.traffic.failed(delivery.priority, delivery.topic, error)
    this.#settings.answer?.(arrival, 'failure', error)
  }

  #done(): void {
    this.#running--
    this.#goOn()
  }

  #goOn(): void {
    if (this.#ended) return
    if (this.#running === 0 && this.#queues.size === 0) return void this.#tellIdle()
    if (this.#asked || this.#queues.size === 0 || this.#running >= this.#settings.concurrency) return
    this.#asked = true
    this.#settings.ask(this)
  }

  #refuse(arrival: Arrival): void {
    const full = () => toWireError(responderFull(this.pattern, this.#settings.capacity))
    this.#settings.answer?.(arrival, 'failure', full())
    this.#drop(arrival.priority, 1)
  }

  #drop(priority: Priority, count: number): void {
    this.dropped += count
    this.#settings.traffic.dropped(priority, 'subscriber-full', count)
  }

  #tellIdle(): void {
    for (const told of this.#onIdle.splice(0)) told()
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  )
}
