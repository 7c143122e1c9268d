/** A subscription of the engine, over one connection or both. */

import {
  type Clock,
  delay,
  type EngineMessage,
  engineUnavailable,
  messageOf,
  type Subscription,
} from '@mabeam/foundation'
import type { Subscription as ClientSubscription, Msg } from '@nats-io/transport-node'
import type { Link } from '../connection/link.ts'
import { notPermitted } from '../nats-errors.ts'
import type { Reporter } from '../reporter.ts'
import { withinTime } from '../within-time.ts'
import { bytesOf } from './request-inbox.ts'

export interface SubscriberPort extends Reporter {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  /** Aborts when the engine begins to close, with what whoever waits is told. */
  readonly closing: AbortSignal
  /** Sends an answer over `link`, or over the other connection while that is down. */
  answer(link: Link, reply: string, body: Uint8Array): void
}

export interface SubscriberSettings {
  readonly pattern: string
  readonly queue: string | undefined
  readonly capacity: number
  onMessage(message: EngineMessage): void
  onEnd(one: NatsSubscriber): void
}

const lookAgainMs = 20

/** Where a message came from, and who sends an answer there. */
interface Origin {
  readonly link: Link
  readonly port: SubscriberPort
}

/** A message as it came: the body is a view of what was received, which nobody else is given. */
class ReceivedMessage implements EngineMessage {
  readonly subject: string
  readonly #message: Msg
  readonly #from: Origin
  #body: Uint8Array | undefined
  #isAnswered = false

  constructor(subject: string, message: Msg, from: Origin) {
    this.subject = subject
    this.#message = message
    this.#from = from
  }

  /** Made when it is looked at: many messages are counted, or dropped by their subject. */
  get body(): Uint8Array {
    this.#body ??= bytesOf(this.#message.data)
    return this.#body
  }

  get isRequest(): boolean {
    return this.#message.reply !== ''
  }

  respond(body: Uint8Array): void {
    const { reply = '' } = this.#message
    if (reply === '' || this.#isAnswered) return
    this.#from.port.answer(this.#from.link, reply, body)
    this.#isAnswered = true
  }
}

/**
 * Messages are handed over as they come off the connection, which is a turn of the event loop that nobody publishes in. What
 * comes in one such turn beyond `capacity` is dropped.
 */
export class NatsSubscriber implements Subscription {
  dropped = 0
  readonly #port: SubscriberPort
  readonly #settings: SubscriberSettings
  /** Undefined for a pattern: then each message says its subject. */
  readonly #subject: string | undefined
  readonly #open: { readonly link: Link; readonly subscription: ClientSubscription }[] = []
  #refused: Error | undefined
  #inTurn = 0
  #ended = false

  constructor(port: SubscriberPort, settings: SubscriberSettings) {
    this.#port = port
    this.#settings = settings
    this.#subject = /[*>]/.test(settings.pattern) ? undefined : settings.pattern
  }

  /** Resolves when a server has it over one of the links. */
  async listen(links: readonly Link[]): Promise<void> {
    try {
      for (const link of links) this.#listenOn(link)
      await this.#confirmed(links)
    } catch (thrown) {
      await this[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** A server says that it was told after everything that it had sent before. */
  async drain(): Promise<void> {
    if (this.#ended) return
    const { clock, requestTimeoutMs: timeoutMs, closing: signal } = this.#port
    const up = this.#open.filter(({ link }) => link.up)
    const drained = Promise.allSettled(up.map(({ subscription }) => subscription.drain()))
    await withinTime({ clock, timeoutMs, signal }, drained).catch(() => {})
    this.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return
    const up = this.#open.filter(({ link }) => link.up)
    this.end()
    const { clock, requestTimeoutMs: timeoutMs, closing: signal } = this.#port
    const told = Promise.allSettled(up.map(({ link }) => link.connection.flush()))
    await withinTime({ clock, timeoutMs, signal }, told).catch(() => {})
  }

  /** Nothing is heard from now on; servers are told so without waiting for them. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#settings.onEnd(this)
    for (const { subscription } of this.#open) subscription.unsubscribe()
  }

  async #confirmed(links: readonly Link[]): Promise<void> {
    const { pattern } = this.#settings
    const { clock, requestTimeoutMs: timeoutMs, closing } = this.#port
    const late = new AbortController()
    const signal = AbortSignal.any([late.signal, closing])
    const one = async (link: Link) => {
      // A connection that is lost meanwhile subscribes by itself when it is back.
      for (;;) {
        await link.whenUp(signal)
        const isTold = await link.connection.flush().then(
          () => true,
          () => false,
        )
        if (isTold) return
        // What the link is told of its connection comes a moment later.
        await delay(clock, lookAgainMs, signal)
      }
    }
    const up = links.filter((link) => link.up)
    const told: Promise<unknown> = up.length === 0 ? Promise.any(links.map(one)) : Promise.all(up.map(one))
    try {
      await withinTime({ clock, timeoutMs, signal: closing }, told)
    } catch (cause) {
      throw closing.aborted ? closing.reason : engineUnavailable('nats', `subscribing to ${pattern}`, cause)
    } finally {
      late.abort()
    }
    if (this.#refused !== undefined) throw notPermitted('subscribe', pattern, this.#refused)
  }

  #listenOn(link: Link): void {
    const { pattern, queue } = this.#settings
    const from = { link, port: this.#port }
    const callback = (error: Error | null, message: Msg) =>
      error === null ? this.#onMessage(message, from) : this.#onRefused(error)
    const subscription = link.connection.subscribe(pattern, { callback, ...(queue !== undefined && { queue }) })
    this.#open.push({ link, subscription })
  }

  #onMessage(message: Msg, from: Origin): void {
    if (this.#ended) return
    if (this.#inTurn++ === 0) queueMicrotask(this.#endTurn)
    if (this.#inTurn > this.#settings.capacity) {
      this.dropped++
      this.#port.report('message-dropped', { subject: this.#settings.pattern, reason: 'subscriber-full' })
      return
    }
    try {
      this.#settings.onMessage(new ReceivedMessage(this.#subject ?? message.subject, message, from))
    } catch (thrown) {
      this.#port.report('subscriber-failed', { subject: this.#settings.pattern, message: messageOf(thrown) })
    }
  }

  readonly #endTurn = (): void => {
    this.#inTurn = 0
  }

  /** The link tells of it too, for whoever watches. */
  #onRefused(error: Error): void {
    this.#refused = error
  }
}
