/** The messages of the engine: what is sent, over which connection, and who waits for what. */

import {
  type Clock,
  checkEngineSubject,
  checkedRequest,
  checkedSubscribe,
  checkSubscription,
  type EngineMessage,
  engineClosed,
  invalidOption,
  isMabeamError,
  limitReached,
  type RequestOptions,
  type SubscribeOptions,
  type Subscription,
} from '@mabeam/foundation'
import type { Link, LinkRole } from '../connection/link.ts'
import type { Reporter } from '../reporter.ts'
import { PendingRoom } from './pending-line.ts'
import { PendingRequest } from './pending-request.ts'
import { Route } from './route.ts'
import { roleOf } from './subject-class.ts'
import { NatsSubscriber } from './subscriber.ts'

export interface MessagesPort extends Reporter {
  readonly clock: Clock
  readonly links: { readonly [R in LinkRole]: Link }
  readonly limits: {
    readonly pendingBytesMax: number
    readonly pendingMax: number
    readonly aheadBytesMax: number
    readonly requestsMax: number
    readonly subscriptionsMax: number
    readonly requestTimeoutMs: number
  }
  /** Aborts when the engine begins to close, with `foundation/engine-closed`. */
  readonly closing: AbortSignal
  checkOpen(): void
  checkSize(label: string, body: Uint8Array): void
}

/** Subjects that were looked at already: most messages go to few. */
const knownSubjectsMax = 4_096

export class NatsMessages {
  readonly #port: MessagesPort
  readonly #routes: { readonly [R in LinkRole]: Route }
  readonly #known = new Map<string, Route>()
  readonly #subscribers = new Set<NatsSubscriber>()
  readonly #requests = new Set<PendingRequest>()

  constructor(port: MessagesPort) {
    this.#port = port
    const { control, data } = port.links
    const { clock, limits, report } = port
    const room = new PendingRoom(limits)
    const routePort = { clock, room, aheadBytesMax: limits.aheadBytesMax, report }
    this.#routes = { control: new Route(routePort, [control, data]), data: new Route(routePort, [data, control]) }
  }

  /** A connection is up or down. */
  onChange(): void {
    this.#routes.control.onChange()
    this.#routes.data.onChange()
  }

  publish(subject: string, body: Uint8Array): void {
    this.#check(subject, body).send(subject, body)
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions,
  ): Promise<Subscription> {
    this.#port.checkOpen()
    checkSubscription(subject)
    const { queue, capacity, redundant } = checkedSubscribe(options)
    if (redundant && queue !== undefined) throw invalidOption('subscribe', 'redundant', 'no queue beside it', queue)
    const { subscriptionsMax } = this.#port.limits
    if (this.#subscribers.size >= subscriptionsMax) throw limitReached('nats', 'subscriptionsMax', subscriptionsMax)
    const onEnd = (one: NatsSubscriber) => this.#subscribers.delete(one)
    const subscriber = new NatsSubscriber(this.#subscriberPort(), {
      pattern: subject,
      queue,
      capacity,
      onMessage,
      onEnd,
    })
    this.#subscribers.add(subscriber)
    const { control, data } = this.#port.links
    await subscriber.listen(redundant ? [control, data] : [this.#port.links[roleOf(subject)]])
    return subscriber
  }

  async request(subject: string, body: Uint8Array, options: RequestOptions): Promise<Uint8Array> {
    const route = this.#check(subject, body)
    const { timeoutMs, signal, redundant } = checkedRequest(options)
    signal?.throwIfAborted()
    const { requestsMax } = this.#port.limits
    if (this.#requests.size >= requestsMax) throw limitReached('nats', 'requestsMax', requestsMax)
    const pending = new PendingRequest(subject, (one) => this.#requests.delete(one))
    this.#requests.add(pending)
    pending.cancelTimer = this.#port.clock.setTimer(timeoutMs, () => pending.expire(timeoutMs))
    pending.abortWith(signal)
    try {
      route.send(subject, body, pending)
      if (redundant) this.#askAlso(route, body, pending)
    } catch (thrown) {
      pending.reject(thrown)
    }
    return await pending.promise
  }

  /** Hands what was published to the servers, then ends everything. */
  async close(flushed: () => Promise<void>): Promise<void> {
    const lost = this.#routes.control.end() + this.#routes.data.end()
    if (lost > 0) this.#port.report('message-dropped', { subject: '', reason: 'closed' }, { count: lost })
    await flushed()
    for (const one of [...this.#requests]) one.reject(engineClosed('nats'))
    for (const one of [...this.#subscribers]) one.end()
  }

  /** The way out of a subject that can be published on. */
  #check(subject: string, body: Uint8Array): Route {
    this.#port.checkOpen()
    this.#port.checkSize(subject, body)
    const known = this.#known.get(subject)
    if (known !== undefined) return known
    checkEngineSubject(subject)
    if (this.#known.size >= knownSubjectsMax) this.#known.clear()
    const route = this.#routes[roleOf(subject)]
    this.#known.set(subject, route)
    return route
  }

  /** Over the connection that is not the one of its route, which may hang without anybody knowing yet. */
  #askAlso(route: Route, body: Uint8Array, pending: PendingRequest): void {
    const { control, data } = this.#port.links
    const other = route.way === control ? data : control
    if (!other.up || other === route.way) return
    other.connection.publish(pending.subject, new Uint8Array(body), { reply: pending.expectOn(other.inbox) })
  }

  #subscriberPort() {
    const { clock, limits, closing, report } = this.#port
    return {
      clock,
      closing,
      requestTimeoutMs: limits.requestTimeoutMs,
      report,
      answer: (link: Link, reply: string, body: Uint8Array) => this.#answer(link, reply, body),
    }
  }

  #answer(link: Link, reply: string, body: Uint8Array): void {
    this.#port.checkSize(`an answer to ${reply}`, body)
    if (link.up) {
      link.connection.publish(reply, new Uint8Array(body))
      return
    }
    try {
      this.#routes[link.role].send(reply, body)
    } catch (thrown) {
      // Reported there: whoever asked hears nothing, as after any loss.
      if (!isMabeamError(thrown)) throw thrown
    }
  }
}
