/**
 * Where the messages of a node come together: subscribers by topic, responders, requests under way, and the lane that
 * says whose turn it is. Everything that arrives goes through it, also what this node sent itself.
 */

import type { EngineMessage, Subscription } from '../engine/engine.ts'
import { toWireError, type WireError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { Arrival, ChannelMail } from './channel-mail.ts'
import type { ChannelsOptions } from './channel-options.ts'
import { ChannelRequests } from './channel-requests.ts'
import type { ChannelSubscriber } from './channel-subscription.ts'
import { type ChannelStats, ChannelTraffic } from './channel-traffic.ts'
import { InboundLane } from './inbound-lane.ts'
import { type Priority, priorities } from './priority.ts'
import { TopicIndex } from './topic-index.ts'

export class ChannelExchange {
  readonly mail: ChannelMail
  readonly traffic: ChannelTraffic
  readonly lane: InboundLane
  readonly requests: ChannelRequests
  readonly subscribers = new TopicIndex<ChannelSubscriber>()
  readonly responders = new TopicIndex<ChannelSubscriber>()
  readonly #port: NodePort
  /** One subscription of the engine for all subscribers of a channel, by its subject. */
  readonly #listening = new Map<string, Promise<Subscription>>()
  readonly #open: { readonly priority: Priority; readonly subscription: Subscription }[] = []

  constructor(port: NodePort, mail: ChannelMail, settings: Required<ChannelsOptions>) {
    this.#port = port
    this.mail = mail
    this.traffic = new ChannelTraffic(port.name, port.telemetry)
    this.requests = new ChannelRequests(port.clock, settings.requestsMax)
    this.lane = new InboundLane({
      clock: port.clock,
      ...settings,
      deliver: (arrival) => this.#deliver(arrival),
      sliceEnded: () => this.traffic.tell(),
    })
  }

  /** Engines may give each prefix a connection of its own. */
  prefix(priority: Priority): string {
    return `${this.#port.system}.channel.${priority}.`
  }

  replyPrefix(priority: Priority): string {
    return `${this.#port.system}.channel-reply.${priority}.`
  }

  send(priority: Priority, subject: string, frame: Uint8Array): void {
    this.#port.engine.publish(subject, frame)
    this.traffic.published(priority)
  }

  /** Resolves when what is sent from then on arrives. */
  async listen(priority: Priority, subject: string): Promise<void> {
    let listening = this.#listening.get(subject)
    if (listening === undefined) {
      listening = this.#port.engine.subscribe(subject, (message) => this.#arrived(priority, message))
      this.#listening.set(subject, listening)
    }
    try {
      const subscription = await listening
      if (!this.#open.some((one) => one.subscription === subscription)) this.#open.push({ priority, subscription })
    } catch (thrown) {
      this.#listening.delete(subject)
      throw thrown
    }
  }

  statsOf(priority: Priority): ChannelStats {
    const open = this.#open.filter((one) => one.priority === priority)
    const lost = open.reduce((sum, one) => sum + one.subscription.dropped, 0)
    return this.traffic.statsOf(priority, this.lane.inbox.sizeOf(priority), lost)
  }

  /** Takes nothing new; resolves when what has arrived is handed over. */
  async drain(): Promise<void> {
    for (const one of await Promise.allSettled(this.#listening.values())) {
      if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
    }
    await this.lane.drained()
  }

  /** Sends what a responder came to. */
  answer(arrival: Arrival, kind: 'answer' | 'failure', value: unknown): void {
    const { priority } = arrival
    try {
      const { replyTo = '', request = 0 } = this.mail.headerOf(arrival)
      // Nobody makes this node send on subjects that are not for answers.
      if (!replyTo.startsWith(this.replyPrefix(priority))) return
      this.send(priority, replyTo, this.#answerFrame(kind, request, value))
    } catch (thrown) {
      this.traffic.failed(priority, arrival.topic, toWireError(thrown))
    }
  }

  #arrived(priority: Priority, { subject, body }: EngineMessage): void {
    const isReply = subject.startsWith(this.replyPrefix(priority))
    const topic = isReply ? 'answer' : subject.slice(this.prefix(priority).length)
    // What nobody here wants costs no more than this.
    if (!isReply && !this.#isWanted(priority, topic)) return
    let arrival: Arrival
    try {
      arrival = this.mail.arrival(priority, topic, body)
    } catch (thrown) {
      return void this.traffic.unreadable(priority, thrown)
    }
    this.traffic.received(priority)
    this.traffic.dropped(priority, 'inbox-full', this.lane.offer(priority, arrival))
  }

  #isWanted(priority: Priority, topic: string): boolean {
    const wants = (one: ChannelSubscriber) => one.priority === undefined || one.priority === priority
    return this.subscribers.wanting(topic).some(wants) || this.responders.wanting(topic).some(wants)
  }

  #deliver(arrival: Arrival): void {
    const { kind } = arrival.frame
    if (kind === 'answer' || kind === 'failure') return void this.#take(arrival)
    const index = kind === 'message' ? this.subscribers : this.responders
    for (const one of index.wanting(arrival.topic)) {
      if (one.priority === undefined || one.priority === arrival.priority) one.deliver(arrival)
    }
  }

  /** An answer to a request of this node; one that comes too late is nobody's. */
  #take(arrival: Arrival): void {
    const { priority, frame } = arrival
    try {
      const { from, request = 0 } = this.mail.headerOf(arrival)
      if (!this.requests.isUnderWay(request)) return void this.traffic.dropped(priority, 'expired')
      const value = this.mail.body(arrival)
      if (frame.kind === 'answer') this.requests.answered(request, from, value)
      else this.requests.failed(request, from, value as WireError)
      this.traffic.delivered(priority)
    } catch (thrown) {
      this.traffic.unreadable(priority, thrown)
    }
  }

  /** What can't be sent is a failure that says so. */
  #answerFrame(kind: 'answer' | 'failure', request: number, value: unknown): Uint8Array {
    try {
      return this.mail.answer(kind, request, value)
    } catch (thrown) {
      return this.mail.answer('failure', request, toWireError(thrown))
    }
  }
}

export function statsOfAll(exchange: ChannelExchange): { readonly [priority in Priority]: ChannelStats } {
  const entries = priorities.map((priority) => [priority, exchange.statsOf(priority)] as const)
  return Object.fromEntries(entries) as { readonly [priority in Priority]: ChannelStats }
}
