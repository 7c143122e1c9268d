/**
 * The way out for one class of subjects: over its own connection, over the other one while that is down, into a line while both
 * are. After each change of ways messages are held until the old server has what was sent to it, and a moment longer, so that what is on
 * its way over the old one is not overtaken.
 */

import { type Clock, engineUnavailable } from '@mabeam/foundation'
import type { NatsConnection } from '@nats-io/transport-node'
import type { LinkRole } from '../connection/link.ts'
import type { Reporter } from '../reporter.ts'
import { PendingLine, type PendingRoom } from './pending-line.ts'
import type { PendingRequest } from './pending-request.ts'
import type { RequestInbox } from './request-inbox.ts'

/** A connection as a route sees it: a `Link`. */
export interface Way {
  readonly role: LinkRole
  readonly up: boolean
  readonly inbox: RequestInbox
  readonly connection: Pick<NatsConnection, 'publish' | 'flush'>
  /** Resolves once its server has taken what was sent over it, or when that can't be known in time. Never rejects. */
  taken(): Promise<void>
}

/** A message on its way out; the body is the engine's own copy. */
interface Outgoing {
  readonly subject: string
  readonly body: Uint8Array
  /** Whoever waits for an answer. */
  readonly request: PendingRequest | undefined
}

export interface RoutePort extends Reporter {
  readonly clock: Clock
  readonly room: PendingRoom
  /** What may be on its way over one connection without the server having said that it got it. */
  readonly aheadBytesMax: number
}

/** Longer than a cluster needs to pass on what one of its servers has taken, and than a subscription to be known by all servers. */
const settleMs = 50
/** How often the server is asked whether it got everything. */
const bytesPerLook = 1_048_576
/** What a message takes beside its subject and its body, in the buffers of the client and on the wire. */
const frameBytes = 64

export class Route {
  readonly #port: RoutePort
  readonly #links: readonly Way[]
  readonly #line: PendingLine<Outgoing>
  #target: Way | undefined
  #link: Way | undefined
  /** Over which messages went last. */
  #last: Way | undefined
  #cancelHold = () => {}
  #heldSinceMs = 0
  #aheadBytes = 0
  #unaskedBytes = 0

  /** `links` in the order of preference. */
  constructor(port: RoutePort, links: readonly Way[]) {
    this.#port = port
    this.#links = links
    this.#line = new PendingLine(port.room)
    this.#target = links.find((one) => one.up)
    this.#link = this.#target
    this.#last = this.#target
  }

  /** Where messages go, or will once those before them have had their moment; undefined while both connections are down. */
  get way(): Way | undefined {
    return this.#target
  }

  /** Throws `foundation/engine-unavailable` when it is not sent and can't be kept. The body is copied. */
  send(subject: string, body: Uint8Array, request?: PendingRequest): void {
    const link = this.#link
    if (link === undefined || this.#aheadBytes > this.#port.aheadBytesMax) this.#keep(subject, body, request)
    else if (request !== undefined) this.#sendOver(link, { subject, body: new Uint8Array(body), request })
    else {
      link.connection.publish(subject, new Uint8Array(body))
      this.#count(link, subject.length + body.length)
    }
  }

  /** A connection is up or down. */
  onChange(): void {
    const target = this.#links.find((one) => one.up)
    if (target === this.#target) return
    this.#target = target
    this.#cancelHold()
    if (this.#link !== undefined) this.#heldSinceMs = this.#port.clock.monotonicMs()
    this.#link = undefined
    this.#aheadBytes = 0
    this.#unaskedBytes = 0
    if (target === undefined) return
    this.#cancelHold = this.#hold(target)
  }

  /** Until what went over the last way has had its moment; what it gives ends it. */
  #hold(target: Way): () => void {
    let isOver = false
    let cancelTimer = () => {}
    const settle = () => {
      if (isOver) return
      cancelTimer = this.#port.clock.setTimer(settleMs, () => this.#release(target), { unref: true })
    }
    if (this.#last === undefined) settle()
    else void this.#last.taken().then(settle)
    return () => {
      isOver = true
      cancelTimer()
    }
  }

  /** Sends what waits without holding it any longer, and forgets what can't be sent; how much that was. */
  end(): number {
    this.#cancelHold()
    if (this.#target !== undefined) this.#release(this.#target)
    this.#link = undefined
    return this.#line.takeAll().length
  }

  #release(link: Way): void {
    this.#link = link
    this.#last = link
    const waiting = this.#line.takeAll()
    if (waiting.length === 0) return
    for (const one of waiting) this.#sendKept(link, one)
    const waitedMs = this.#port.clock.monotonicMs() - this.#heldSinceMs
    this.#port.report('messages-released', { connection: link.role }, { count: waiting.length, waitedMs })
  }

  /** What a connection refuses does not hold up what comes after it: servers need not all take the same. */
  #sendKept(link: Way, kept: Outgoing): void {
    try {
      this.#sendOver(link, kept)
    } catch (cause) {
      const { subject, request } = kept
      this.#port.report('message-dropped', { subject, reason: 'refused' })
      request?.reject(engineUnavailable('nats', `sending a kept request on ${subject}`, cause))
    }
  }

  #sendOver(link: Way, { subject, body, request }: Outgoing): void {
    if (request === undefined) link.connection.publish(subject, body)
    else link.connection.publish(subject, body, { reply: request.expectOn(link.inbox) })
    this.#count(link, subject.length + body.length)
  }

  #count(link: Way, length: number): void {
    const bytes = frameBytes + length
    this.#aheadBytes += bytes
    this.#unaskedBytes += bytes
    if (this.#unaskedBytes >= bytesPerLook) this.#look(link)
  }

  /** Asks the server whether it got what was sent so far: what it has not is in memory here. */
  #look(link: Way): void {
    const bytes = this.#unaskedBytes
    this.#unaskedBytes = 0
    link.connection.flush().then(
      () => {
        if (link === this.#link) this.#aheadBytes = Math.max(0, this.#aheadBytes - bytes)
      },
      // It was lost with the connection; the change of ways begins to count anew.
      () => {},
    )
  }

  #keep(subject: string, body: Uint8Array, request: PendingRequest | undefined): void {
    const kept = { subject, body: new Uint8Array(body), request }
    const isAhead = this.#link !== undefined
    if (!isAhead && this.#line.add(kept)) {
      // A request that has run out must not keep the room of what is still wanted.
      if (request !== undefined) request.leaveLine = () => this.#line.leave(kept)
      return
    }
    const reason = isAhead ? 'ahead-of-server' : 'pending-full'
    this.#port.report('message-refused', { subject, reason })
    throw engineUnavailable(
      'nats',
      isAhead ? `sending on ${subject}, slower than it is published` : `keeping a message on ${subject}`,
    )
  }
}
