/** Messages at the hub: who listens to what, and who waits for an answer. Bodies are copied from the one socket's bytes into the other's. */

import { limitReached } from '../../../errors/actor-errors.ts'
import type { Random } from '../../../random.ts'
import { giveToReceivers } from '../../receivers.ts'
import { subjectMatcher } from '../../subject.ts'
import { type Listener, SubscriberTable } from '../memory/subscriber-table.ts'
import type { Reporter } from './hub-port.ts'

/** A part of what a socket brought: good until the call returns. */
export interface Bytes {
  readonly source: Buffer
  readonly start: number
  readonly end: number
}

/** Whom a message is for: a subscription of the connection, and what an answer refers to, 0 for no request. */
export interface MessageAddress {
  readonly subscription: number
  readonly reference: number
}

/** A connection, as far as messages go by it. */
export interface MessagePeer {
  /** Whether it has no room for messages now. */
  readonly isFull: boolean
  sendMessage(to: MessageAddress, subject: string, body: Bytes): void
  sendAnswer(request: number, body: Bytes): void
  sendNobody(request: number): void
}

class HubSubscriber implements Listener {
  readonly peer: MessagePeer
  readonly id: number
  readonly pattern: string
  readonly queue: string | undefined
  readonly matches: (subject: string) => boolean

  constructor(peer: MessagePeer, id: number, [pattern, queue]: readonly [string, string | undefined]) {
    this.peer = peer
    this.id = id
    this.pattern = pattern
    this.queue = queue
    this.matches = subjectMatcher(pattern)
  }
}

interface Published {
  readonly subject: string
  readonly body: Bytes
}

/** Who asks, and by which number. */
export interface OpenRequest {
  readonly peer: MessagePeer
  readonly request: number
}

const referencesMax = 2 ** 32 - 1

export interface MessageSettings {
  readonly subscriptionsMax: number
  readonly requestsMax: number
}

export class HubMessages {
  readonly #settings: MessageSettings
  readonly #random: Random
  readonly #reporter: Reporter
  readonly #table = new SubscriberTable<HubSubscriber>()
  readonly #subscribers = new Map<MessagePeer, Map<number, HubSubscriber>>()
  /** By the reference that answers carry. */
  readonly #requests = new Map<number, OpenRequest>()
  readonly #references = new Map<MessagePeer, Map<number, number>>()
  #lastReference = 0

  constructor(settings: MessageSettings, random: Random, reporter: Reporter) {
    this.#settings = settings
    this.#random = random
    this.#reporter = reporter
  }

  subscribe(peer: MessagePeer, id: number, what: readonly [pattern: string, queue: string | undefined]): void {
    const { subscriptionsMax } = this.#settings
    // Asked again by one that did not hear of it the first time: a message comes to it once all the same.
    this.unsubscribe(peer, id)
    const own = mapOf(this.#subscribers, peer)
    if (own.size >= subscriptionsMax) throw limitReached('local', 'subscriptionsMax', subscriptionsMax)
    const subscriber = new HubSubscriber(peer, id, what)
    own.set(id, subscriber)
    this.#table.add(subscriber)
  }

  unsubscribe(peer: MessagePeer, id: number): void {
    const own = this.#subscribers.get(peer)
    const subscriber = own?.get(id)
    if (subscriber === undefined) return
    own?.delete(id)
    this.#table.delete(subscriber)
  }

  publish(subject: string, body: Bytes): void {
    this.#deliver(subject, body, 0)
  }

  request({ peer, request }: OpenRequest, subject: string, body: Bytes): void {
    const { requestsMax } = this.#settings
    const own = mapOf(this.#references, peer)
    if (own.size >= requestsMax) throw limitReached('local', 'requestsMax', requestsMax)
    const reference = this.#nextReference()
    if (this.#deliver(subject, body, reference)) {
      this.#requests.set(reference, { peer, request })
      own.set(request, reference)
    } else peer.sendNobody(request)
  }

  /** The first answer counts; one that nobody waits for is dropped. */
  respond(reference: number, body: Bytes): void {
    const open = this.#requests.get(reference)
    if (open === undefined) return
    this.cancel(open.peer, open.request)
    open.peer.sendAnswer(open.request, body)
  }

  /** Nobody waits for it any more. */
  cancel(peer: MessagePeer, request: number): void {
    const own = this.#references.get(peer)
    const reference = own?.get(request)
    if (reference === undefined) return
    own?.delete(request)
    this.#requests.delete(reference)
  }

  /** The connection is gone. */
  leave(peer: MessagePeer): void {
    for (const subscriber of this.#subscribers.get(peer)?.values() ?? []) this.#table.delete(subscriber)
    for (const reference of this.#references.get(peer)?.values() ?? []) this.#requests.delete(reference)
    this.#subscribers.delete(peer)
    this.#references.delete(peer)
  }

  /** False when nobody listens. */
  #deliver(subject: string, body: Bytes, reference: number): boolean {
    return giveToReceivers(this.#table.listening(subject), this.#random, (one) =>
      this.#send(one, reference, { subject, body }),
    )
  }

  #send({ peer, id, pattern }: HubSubscriber, reference: number, { subject, body }: Published): void {
    if (peer.isFull) this.#reporter.report('message-dropped', { subject: pattern, reason: 'connection-full' })
    else peer.sendMessage({ subscription: id, reference }, subject, body)
  }

  #nextReference(): number {
    do this.#lastReference = (this.#lastReference % referencesMax) + 1
    while (this.#requests.has(this.#lastReference))
    return this.#lastReference
  }
}

function mapOf<V>(maps: Map<MessagePeer, Map<number, V>>, peer: MessagePeer): Map<number, V> {
  const found = maps.get(peer) ?? new Map<number, V>()
  maps.set(peer, found)
  return found
}
