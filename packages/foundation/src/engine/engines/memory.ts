/** The engine of one process: the semantics of the others, with nothing to install. */

import { Mailbox, type Queued } from '../../actors/mailbox.ts'
import { type CancelTimer, type Clock, systemClock } from '../../clock.ts'
import { engineClosed, noResponders, payloadTooLarge, requestTimeout } from '../../errors/engine-errors.ts'
import { messageOf } from '../../errors.ts'
import { checkOptions, rule } from '../../options.ts'
import { type Random, seededRandom } from '../../random.ts'
import { silentTelemetry, type Telemetry } from '../../telemetry.ts'
import { type Task, Turns } from '../../turns.ts'
import {
  type Engine,
  type EngineMessage,
  type RequestOptions,
  requestDefaults,
  type SubscribeOptions,
  type Subscription,
  subscribeDefaults,
} from '../engine.ts'
import { checkPattern, checkSubject, subjectMatches } from '../subject.ts'

export interface MemoryEngineOptions {
  /** @default systemClock */
  readonly clock?: Clock
  /** Chooses among the subscribers of a queue. @default a fixed seed */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
  /** The longest body. @default 1_048_576 */
  readonly bytesMax?: number
}

/** Nodes that are given the same one are in one system. @example const engine = memoryEngine() */
export function memoryEngine(options: MemoryEngineOptions = {}): Engine {
  checkOptions('memoryEngine', options, {
    clock: rule.optional(rule.object()),
    random: rule.optional(rule.object()),
    telemetry: rule.optional(rule.object()),
    bytesMax: rule.optional(rule.int(1)),
  })
  return new MemoryEngine({
    clock: systemClock,
    random: seededRandom('memory-engine'),
    telemetry: silentTelemetry,
    bytesMax: 1_048_576,
    ...options,
  })
}

class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly #settings: Required<MemoryEngineOptions>
  readonly #turns: Turns
  readonly #subscribers = new Set<Subscriber>()
  readonly #requests = new Set<PendingRequest>()
  #closing: Promise<void> | undefined

  constructor(settings: Required<MemoryEngineOptions>) {
    this.#settings = settings
    this.#turns = new Turns(settings.clock)
  }

  publish(subject: string, body: Uint8Array): void {
    this.#check(subject, body)
    this.#deliver(subject, body, undefined)
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    if (this.#closing !== undefined) throw engineClosed(this.name)
    checkPattern(subject)
    checkOptions('subscribe', options, {
      queue: rule.optional(rule.string()),
      capacity: rule.optional(rule.int(1)),
    })
    const { queue, capacity } = { queue: undefined, ...subscribeDefaults, ...options }
    const subscriber: Subscriber = new Subscriber(this.#turns, {
      pattern: subject,
      queue,
      capacity,
      onMessage,
      onEnd: () => void this.#subscribers.delete(subscriber),
      onThrown: (thrown) => this.#report('subscriber-failed', { subject, message: messageOf(thrown) }),
      onDropped: () => this.#report('message-dropped', { subject, reason: 'subscriber-full' }),
    })
    this.#subscribers.add(subscriber)
    return subscriber
  }

  async request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    this.#check(subject, body)
    checkOptions('request', options, {
      timeoutMs: rule.optional(rule.number(1)),
      signal: rule.optional(rule.object()),
    })
    const { timeoutMs, signal } = { ...requestDefaults, signal: undefined, ...options }
    signal?.throwIfAborted()
    const pending = new PendingRequest((one) => this.#requests.delete(one))
    this.#requests.add(pending)
    pending.cancelTimer = this.#settings.clock.setTimer(timeoutMs, () =>
      pending.fail(requestTimeout(subject, timeoutMs)),
    )
    pending.abortWith(signal)
    if (!this.#deliver(subject, body, pending)) pending.fail(noResponders(subject))
    return await pending.promise
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscribers].map((one) => one.drained()))
    for (const one of [...this.#requests]) one.fail(engineClosed(this.name))
    for (const one of [...this.#subscribers]) await one[Symbol.asyncDispose]()
  }

  #check(subject: string, body: Uint8Array): void {
    if (this.#closing !== undefined) throw engineClosed(this.name)
    checkSubject(subject)
    if (body.length > this.#settings.bytesMax) throw payloadTooLarge(subject, this.#settings.bytesMax, body.length)
  }

  /** False when nobody listens. */
  #deliver(subject: string, body: Uint8Array, pending: PendingRequest | undefined): boolean {
    const queues = new Map<string, Subscriber[]>()
    let delivered = false
    for (const one of this.#subscribers) {
      if (!subjectMatches(one.pattern, subject)) continue
      delivered = true
      if (one.queue === undefined) {
        one.offer(new Delivery(subject, body.slice(), pending))
        continue
      }
      const key = `${one.queue} ${one.pattern}`
      const members = queues.get(key)
      if (members === undefined) queues.set(key, [one])
      else members.push(one)
    }
    for (const members of queues.values()) {
      members[this.#settings.random.int(members.length)]?.offer(new Delivery(subject, body.slice(), pending))
    }
    return delivered
  }

  #report(event: string, metadata: { readonly [key: string]: string }): void {
    const { telemetry } = this.#settings
    if (!telemetry.enabled) return
    telemetry.emit({
      name: `foundation.${event}`,
      measurements: { count: 1 },
      metadata: { engine: this.name, ...metadata },
    })
  }
}

/** One message on its way to one subscriber, with a copy of the body: nobody shares memory with anybody. */
class Delivery implements EngineMessage, Queued {
  readonly subject: string
  readonly body: Uint8Array
  readonly #pending: PendingRequest | undefined
  next: Queued | undefined = undefined
  done = false

  constructor(subject: string, body: Uint8Array, pending: PendingRequest | undefined) {
    this.subject = subject
    this.body = body
    this.#pending = pending
  }

  get isRequest(): boolean {
    return this.#pending !== undefined
  }

  respond(body: Uint8Array): void {
    this.#pending?.succeed(body.slice())
  }
}

interface SubscriberSettings {
  readonly pattern: string
  readonly queue: string | undefined
  readonly capacity: number
  onMessage(message: EngineMessage): void
  onEnd(): void
  onThrown(thrown: unknown): void
  onDropped(): void
}

const messagesPerTurn = 32

class Subscriber implements Subscription, Task {
  readonly pattern: string
  readonly queue: string | undefined
  nextTask: Task | undefined = undefined
  dropped = 0
  readonly #turns: Turns
  readonly #settings: SubscriberSettings
  readonly #waiting: Mailbox<Delivery>
  #asked = false
  #ended = false
  #onDrained: (() => void)[] = []

  constructor(turns: Turns, settings: SubscriberSettings) {
    this.#turns = turns
    this.#settings = settings
    this.pattern = settings.pattern
    this.queue = settings.queue
    this.#waiting = new Mailbox(settings.capacity, 'drop-newest')
  }

  offer(message: Delivery): void {
    if (this.#waiting.offer(message) !== undefined) {
      this.dropped++
      this.#settings.onDropped()
    }
    this.#ask()
  }

  runTurn(): void {
    this.#asked = false
    for (let left = messagesPerTurn; left > 0; left--) {
      const message = this.#ended ? undefined : this.#waiting.take()
      if (message === undefined) break
      try {
        this.#settings.onMessage(message)
      } catch (thrown) {
        this.#settings.onThrown(thrown)
      }
    }
    if (!this.#ended && this.#waiting.size > 0) return void this.#ask()
    for (const told of this.#onDrained.splice(0)) told()
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.#ended || (this.#waiting.size === 0 && !this.#asked)) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#settings.onEnd()
  }

  #ask(): void {
    if (this.#asked) return
    this.#asked = true
    this.#turns.ask(this)
  }
}

class PendingRequest {
  readonly promise: Promise<Uint8Array>
  cancelTimer: CancelTimer | undefined
  readonly #onEnd: (pending: PendingRequest) => void
  readonly #settle: PromiseWithResolvers<Uint8Array>
  #signal: AbortSignal | undefined

  constructor(onEnd: (pending: PendingRequest) => void) {
    this.#settle = Promise.withResolvers()
    this.promise = this.#settle.promise
    this.#onEnd = onEnd
  }

  abortWith(signal: AbortSignal | undefined): void {
    this.#signal = signal
    signal?.addEventListener('abort', this)
  }

  /** The signal's event. */
  handleEvent(): void {
    this.fail(this.#signal?.reason)
  }

  succeed(body: Uint8Array): void {
    this.#end()
    this.#settle.resolve(body)
  }

  fail(thrown: unknown): void {
    this.#end()
    this.#settle.reject(thrown)
  }

  #end(): void {
    this.cancelTimer?.()
    this.#signal?.removeEventListener('abort', this)
    this.#onEnd(this)
  }
}
