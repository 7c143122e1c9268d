/** The engine of one life of a simulated node: its connection to the simulated server, and all that can happen on the way. */

import { type CancelTimer, delay } from '../../clock.ts'
import type { BlobStore } from '../../engine/blob-store.ts'
import type { DurableQueue, QueueOptions } from '../../engine/durable-queue.ts'
import type {
  Engine,
  EngineMessage,
  EngineStatus,
  PulseOptions,
  RequestOptions,
  StoreName,
  SubscribeOptions,
  Subscription,
} from '../../engine/engine.ts'
import type { KeyedState, StateOptions } from '../../engine/keyed-state.ts'
import { checkedRequest, checkedSubscribe } from '../../engine/message-options.ts'
import { StatusListeners } from '../../engine/status-listeners.ts'
import { checkEngineSubject, checkSubscription } from '../../engine/subject.ts'
import { timerPulse } from '../../engine/timer-pulse.ts'
import {
  engineClosed,
  engineUnavailable,
  noResponders,
  payloadTooLarge,
  requestTimeout,
} from '../../errors/engine-errors.ts'
import { isMabeamError, messageOf } from '../../errors.ts'
import type { Telemetry } from '../../telemetry.ts'
import type { Turns } from '../../turns.ts'
import { SimBlobs } from './sim-blobs.ts'
import type { SimLife } from './sim-life.ts'
import { SimQueue } from './sim-queue.ts'
import type { OperationKind, Settled, SimServer } from './sim-server.ts'
import { SimState } from './sim-state.ts'
import { SimSubscription } from './sim-subscription.ts'
import type { SimTrace } from './sim-trace.ts'

export interface SimEngineSettings {
  readonly life: SimLife
  readonly server: SimServer
  readonly turns: Turns
  readonly trace: SimTrace
  readonly telemetry: Telemetry
  /** How long an operation waits for its answer. */
  readonly operationTimeoutMs: number
  readonly bytesMax: number
}

/** An operation of the server as a node asks for it. */
export interface Operation<T> {
  /** Completes "did not answer while …". */
  readonly doing: string
  readonly kind: OperationKind
  /** At the server. */
  run(): Promise<T>
  /** Beyond the usual. @default 0 */
  readonly waitMs?: number
  readonly signal?: AbortSignal | undefined
  /** Sends the answer on its way. @default the network's */
  answer?(arrive: () => void): void
}

/** How long after a subscription could not be made it is tried again. */
const subscribeAgainMs = 250

/** Something that waits for an answer. */
interface Waiting {
  fail(thrown: unknown): void
}

export class SimEngine implements Engine {
  readonly name = 'sim'
  readonly native = undefined
  readonly settings: SimEngineSettings
  readonly #subscriptions = new Set<SimSubscription>()
  readonly #waiting = new Set<Waiting>()
  readonly #ended = new AbortController()
  readonly #onClose = new Set<() => void>()
  readonly #statuses = new StatusListeners((thrown) =>
    this.report('subscriber-failed', { subject: 'status', message: messageOf(thrown) }),
  )
  #closing: Promise<void> | undefined

  constructor(settings: SimEngineSettings) {
    this.settings = settings
    settings.life.onEnd(() => this.#cutOff())
  }

  /** A server that can't be reached is found out by who waits for it, as with a connection that is half open. */
  get status(): EngineStatus {
    return this.#statuses.status
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    return this.#statuses.add(listener)
  }

  publish(subject: string, body: Uint8Array): void {
    this.#check(subject, body)
    const { life, server } = this.settings
    if (!life.dead) server.broker.publish({ from: life.name, subject, body, answer: undefined })
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    this.checkOpen()
    checkSubscription(subject)
    const { life, server, turns } = this.settings
    const subscription = new SimSubscription({
      ...checkedSubscribe(options),
      pattern: subject,
      life,
      turns,
      onMessage,
      onThrown: (thrown) => this.report('subscriber-failed', { subject, message: messageOf(thrown) }),
      onDropped: () => this.report('message-dropped', { subject, reason: 'subscriber-full' }),
      onEnd: (ended) => {
        this.#subscriptions.delete(ended)
        server.broker.remove(ended)
      },
      onDrain: async (drained) => {
        const run = async () => server.broker.remove(drained)
        await this.#operate({ doing: `listening to ${subject} no more`, kind: 'read', run }).catch(() => {})
      },
    })
    this.#subscriptions.add(subscription)
    await this.#registered(subscription)
    return subscription
  }

  async request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    this.#check(subject, body)
    const { timeoutMs, signal } = checkedRequest(options)
    const { life, server, bytesMax } = this.settings
    return await this.#wait<Uint8Array>(
      { timeoutMs, signal, late: () => requestTimeout(subject, timeoutMs) },
      (settle) => {
        const answer = (responder: string, reply: Uint8Array) => {
          if (reply.length > bytesMax) throw payloadTooLarge('an answer', bytesMax, reply.length)
          server.network.message({ from: responder, to: life, lane: undefined }, () =>
            settle({ type: 'value', value: new Uint8Array(reply) }),
          )
        }
        if (server.broker.publish({ from: life.name, subject, body, answer })) return
        server.network.toServer(life.name, () =>
          server.network.fromServer(life, () => settle({ type: 'thrown', thrown: noResponders(subject) })),
        )
      },
    )
  }

  async state(name: string, options: StateOptions = {}): Promise<KeyedState> {
    const { server } = this.settings
    const doing = `opening state ${name}`
    const run = () => server.openState(name, options)
    return new SimState(this, await this.operate({ doing, kind: 'write', run }))
  }

  async queue(name: string, options: QueueOptions = {}): Promise<DurableQueue> {
    const { server } = this.settings
    const doing = `opening queue ${name}`
    return new SimQueue(
      this,
      await this.operate({ doing, kind: 'write', run: () => server.truth.queue(name, options) }),
    )
  }

  async blobs(name: string): Promise<BlobStore> {
    const { server } = this.settings
    const doing = `opening blobs ${name}`
    return new SimBlobs(this, await this.operate({ doing, kind: 'write', run: () => server.truth.blobs(name) }))
  }

  stores(): Promise<readonly StoreName[]> {
    const { server } = this.settings
    return this.operate({ doing: 'listing stores', kind: 'read', run: () => server.truth.stores() })
  }

  removeStore(store: StoreName): Promise<void> {
    const { server } = this.settings
    const doing = `removing ${store.kind} ${store.name}`
    return this.operate({ doing, kind: 'write', run: () => server.truth.removeStore(store) })
  }

  pulse(options: PulseOptions): Promise<AsyncDisposable> {
    return timerPulse(this, this.settings.life.clock, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  checkOpen(): void {
    if (this.#closing !== undefined) throw engineClosed(this.name)
  }

  /** Calls `told` when the connection ends, by `close` or by a crash; what is returned takes that back. */
  onClose(told: () => void): () => void {
    this.#onClose.add(told)
    return () => void this.#onClose.delete(told)
  }

  /** Asks the server; rejects with `foundation/engine-unavailable` when there is no answer in time. */
  async operate<T>(operation: Operation<T>): Promise<T> {
    this.checkOpen()
    return await this.#operate(operation)
  }

  async #operate<T>(operation: Operation<T>): Promise<T> {
    const { life, server, operationTimeoutMs, trace } = this.settings
    const { doing, kind, signal } = operation
    const timeoutMs = operationTimeoutMs + (operation.waitMs ?? 0)
    const sendAnswer = operation.answer ?? ((arrive: () => void) => server.network.fromServer(life, arrive))
    return await this.#wait<T>({ timeoutMs, signal, late: () => engineUnavailable(this.name, doing) }, (settle) =>
      server.network.toServer(life.name, () => {
        trace.note(doing, life.name)
        server.execute(
          kind,
          () => operation.run(),
          (settled) => sendAnswer(() => settle(settled)),
        )
      }),
    )
  }

  /** Resolves when the server knows of it, however long that takes, as a client that connects again for ever does. */
  async #registered(subscription: SimSubscription): Promise<void> {
    const { life, server } = this.settings
    const { settings } = subscription
    for (;;) {
      try {
        const run = async () => {
          if (!subscription.ended && !life.dead) server.broker.add(subscription)
        }
        return await this.operate({ doing: `subscribing to ${settings.pattern}`, kind: 'read', run })
      } catch (thrown) {
        if (this.#closing !== undefined) throw engineClosed(this.name)
        if (!isMabeamError(thrown) || !thrown.retryable) throw thrown
        await delay(life.clock, subscribeAgainMs, this.#ended.signal)
      }
    }
  }

  /** Waits for the first answer, the deadline, the signal or the end of the engine. Of a dead node nothing ever settles. */
  #wait<T>(
    until: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined; late(): Error },
    begin: (settle: (settled: Settled<T>) => void) => void,
  ): Promise<T> {
    const { life } = this.settings
    const { signal } = until
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      let cancel: CancelTimer = () => {}
      const settle = (settled: Settled<T>) => {
        if (!this.#waiting.delete(waiting)) return
        cancel()
        signal?.removeEventListener('abort', onAbort)
        if (settled.type === 'value') resolve(settled.value)
        else reject(settled.thrown)
      }
      const waiting: Waiting = { fail: (thrown) => settle({ type: 'thrown', thrown }) }
      const onAbort = () => waiting.fail(signal?.reason)
      this.#waiting.add(waiting)
      signal?.addEventListener('abort', onAbort)
      cancel = life.clock.setTimer(until.timeoutMs, () => waiting.fail(until.late()))
      if (!life.dead) begin(settle)
    })
  }

  async #close(): Promise<void> {
    await this.#flushed().catch(() => {})
    await Promise.all([...this.#subscriptions].map((one) => one.drained()))
    this.#ended.abort(engineClosed(this.name))
    for (const one of [...this.#waiting]) one.fail(engineClosed(this.name))
    this.#end()
  }

  /** Resolves when the server has got all that was sent, and has told its watchers of it. */
  #flushed(): Promise<void> {
    const { life } = this.settings
    const run = () => new Promise<void>((resolve) => life.clock.handBack?.(resolve))
    return this.#operate({ doing: 'closing', kind: 'read', run })
  }

  /** The node died: the server sees its connection go. */
  #cutOff(): void {
    this.#waiting.clear()
    this.#end()
  }

  #end(): void {
    for (const one of [...this.#subscriptions]) one[Symbol.asyncDispose]()
    for (const told of [...this.#onClose]) told()
    this.#onClose.clear()
    this.#statuses.set('closed')
  }

  #check(subject: string, body: Uint8Array): void {
    this.checkOpen()
    checkEngineSubject(subject)
    const { bytesMax } = this.settings
    if (body.length > bytesMax) throw payloadTooLarge(subject, bytesMax, body.length)
  }

  /** Emits `foundation.<event>`. */
  report(event: string, metadata: { readonly [key: string]: string }): void {
    const { telemetry, life } = this.settings
    if (!telemetry.enabled) return
    telemetry.emit({
      name: `foundation.${event}`,
      measurements: { count: 1 },
      metadata: { engine: this.name, node: life.name, ...metadata },
    })
  }
}
