/** The part of the simulated server that carries messages: who listens to what, and which wires a message takes. */

import type { Clock } from '../../clock.ts'
import { giveToReceivers } from '../../engine/receivers.ts'
import type { SimNetwork } from './sim-network.ts'
import { SimMessage, type SimSubscription } from './sim-subscription.ts'
import type { SimTrace } from './sim-trace.ts'

/** A message to be carried. */
export interface Publication {
  readonly from: string
  readonly subject: string
  readonly body: Uint8Array
  /** Undefined for a message that is no request. `responder` is the node that answers. */
  readonly answer: ((responder: string, body: Uint8Array) => void) | undefined
}

export class SimBroker {
  readonly #clock: Clock
  readonly #network: SimNetwork
  readonly #trace: SimTrace
  readonly #subscriptions = new Set<SimSubscription>()
  /** Who listens to a subject that was published on; forgotten when subscriptions change or there are too many. */
  readonly #listeners = new Map<string, readonly SimSubscription[]>()

  constructor(clock: Clock, network: SimNetwork, trace: SimTrace) {
    this.#clock = clock
    this.#network = network
    this.#trace = trace
  }

  add(subscription: SimSubscription): void {
    this.#subscriptions.add(subscription)
    this.#listeners.clear()
  }

  remove(subscription: SimSubscription): void {
    if (this.#subscriptions.delete(subscription)) this.#listeners.clear()
  }

  /** Sends a message on its ways to all who listen now; false when nobody does. */
  publish(publication: Publication): boolean {
    const listeners = this.#listenersOf(publication.subject)
    return giveToReceivers(listeners, this.#network.random, (one) => this.#send(publication, one))
  }

  #send({ from, subject, body, answer }: Publication, to: SimSubscription): void {
    const { life } = to.settings
    const copy = new Uint8Array(body)
    const answerOnce = answer === undefined ? undefined : (reply: Uint8Array) => answer(life.name, reply)
    const lane = to.lane(from, subject, this.#clock.monotonicMs())
    this.#network.message({ from, to: life, lane }, () => {
      this.#trace.note(subject, life.name, copy)
      to.offer(new SimMessage(subject, new Uint8Array(copy), answerOnce))
    })
  }

  #listenersOf(subject: string): readonly SimSubscription[] {
    const known = this.#listeners.get(subject)
    if (known !== undefined) return known
    if (this.#listeners.size >= listenersMax) this.#listeners.clear()
    const found = [...this.#subscriptions].filter((one) => one.matches(subject))
    this.#listeners.set(subject, found)
    return found
  }
}

const listenersMax = 10_000
