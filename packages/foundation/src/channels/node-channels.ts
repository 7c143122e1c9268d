/** The channels of one node: what a user calls, put into the exchange. */

import { delay } from '../clock.ts'
import { currentFlow } from '../context/async-context.ts'
import { boundedByContext } from '../context/context.ts'
import { checkPattern, checkSubject } from '../engine/subject.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { channelsClosed } from '../errors/channel-errors.ts'
import { requestTimeout } from '../errors/engine-errors.ts'
import type { NodePort } from '../node-port.ts'
import { ChannelExchange, statsOfAll } from './channel-exchange.ts'
import { type ChannelListener, type HandlerDelivery, HandlerSubscriber } from './channel-handler.ts'
import { ChannelMail } from './channel-mail.ts'
import {
  type AskManyOptions,
  type AskOptions,
  askDefaults,
  type ChannelsOptions,
  checkChannelOptions,
  type ListenOptions,
  listenDefaults,
  type PublishOptions,
  publishDefaults,
  type RespondOptions,
  respondDefaults,
} from './channel-options.ts'
import type { ChannelAnswer, RequestEnd } from './channel-requests.ts'
import {
  type ChannelSubscriber,
  type ChannelSubscription,
  StreamSubscriber,
  type SubscriberSettings,
} from './channel-subscription.ts'
import type { Channels } from './channels.ts'
import { type Priority, priorities } from './priority.ts'
import { type Topic, topicOf } from './topic.ts'
import type { TopicIndex } from './topic-index.ts'

/** What `broadcast` sends on; subscribe to it. */
export const broadcastTopic = 'broadcast'

export class NodeChannels implements Channels {
  readonly #port: NodePort
  readonly #settings: Required<ChannelsOptions>
  readonly #exchange: ChannelExchange
  /** Where answers to this node come; two of one node have different names. */
  readonly #replyName: string
  #closing: Promise<void> | undefined

  constructor(port: NodePort, settings: Required<ChannelsOptions>) {
    this.#port = port
    this.#settings = settings
    this.#exchange = new ChannelExchange(port, new ChannelMail(port, settings), settings)
    this.#replyName = `${port.name}-${port.epoch}-${port.random.int(2 ** 32).toString(36)}`
  }

  publish<T>(topic: string | Topic<T>, message: NoInfer<T>, options: PublishOptions = {}): void {
    checkChannelOptions('publish', options)
    const to = this.#checkedTopic(topic)
    const priority = options.priority ?? publishDefaults.priority
    this.#exchange.send(
      priority,
      `${this.#exchange.prefix(priority)}${to.name}`,
      this.#exchange.mail.message(to, message),
    )
  }

  broadcast(message: unknown, options?: PublishOptions): void {
    this.publish(broadcastTopic, message, options)
  }

  subscribe<T>(pattern: string | Topic<T>, options: ListenOptions = {}): ChannelSubscription<T> {
    checkChannelOptions('subscribe', options)
    const subscriber: StreamSubscriber<T> = new StreamSubscriber<T>({
      ...this.#subscriberSettings(pattern, { ...listenDefaults, ...options }),
      onEnd: () => this.#exchange.subscribers.remove(subscriber),
    })
    return this.#added(subscriber, this.#exchange.subscribers, options.signal)
  }

  on<T>(
    pattern: string | Topic<T>,
    handler: (message: T, delivery: HandlerDelivery<T>) => unknown,
    options: ListenOptions = {},
  ): ChannelListener {
    checkChannelOptions('subscribe', options)
    const subscriber: HandlerSubscriber<T> = new HandlerSubscriber<T>({
      ...this.#subscriberSettings(pattern, { ...listenDefaults, ...options }),
      concurrency: 1,
      run: (delivery) => handler(delivery.message, delivery),
      ask: (task) => this.#exchange.lane.ask(task),
      onEnd: () => this.#exchange.subscribers.remove(subscriber),
    })
    return this.#added(subscriber, this.#exchange.subscribers, options.signal)
  }

  respond<T, R>(
    pattern: string | Topic<T, R>,
    handler: (message: T, delivery: HandlerDelivery<T>) => NoInfer<R> | Promise<NoInfer<R>>,
    options: RespondOptions = {},
  ): ChannelListener {
    checkChannelOptions('respond', options)
    const { capacity, concurrency } = { ...respondDefaults, ...options }
    const subscriber: HandlerSubscriber<T> = new HandlerSubscriber<T>({
      ...this.#subscriberSettings(pattern, { capacity, overflow: 'drop-newest', priority: options.priority }),
      concurrency,
      run: (delivery) => handler(delivery.message, delivery),
      answer: (arrival, kind, value) => this.#exchange.answer(arrival, kind, value),
      ask: (task) => this.#exchange.lane.ask(task),
      onEnd: () => this.#exchange.responders.remove(subscriber),
    })
    return this.#added(subscriber, this.#exchange.responders, options.signal)
  }

  async request<T, R>(topic: string | Topic<T, R>, message: NoInfer<T>, options: AskOptions = {}): Promise<R> {
    checkChannelOptions('request', options)
    for await (const answer of this.requestMany(topic, message, { ...options, max: 1 })) {
      if (answer.type === 'failed') throw answer.error
      return answer.value
    }
    if (this.#closing !== undefined) throw channelsClosed(this.#port.name)
    throw requestTimeout(topicOf(topic).name, options.deadlineMs ?? askDefaults.deadlineMs)
  }

  requestMany<T, R>(
    topic: string | Topic<T, R>,
    message: NoInfer<T>,
    options: AskManyOptions = {},
  ): AsyncIterableIterator<ChannelAnswer<R>> {
    checkChannelOptions('requestMany', options)
    const { priority, max, signal, deadlineMs: askedMs } = { ...askDefaults, signal: undefined, ...options }
    const to = this.#checkedTopic(topic)
    const deadlineMs = Math.max(0, boundedByContext(askedMs, currentFlow()))
    const onEnd = (how: RequestEnd, answers: number) =>
      this.#exchange.traffic.emit(
        'channel-request-ended',
        { answers },
        { channel: priority, topic: to.name, reason: how },
      )
    const request = this.#exchange.requests.begin<R>({ deadlineMs, max, signal, onEnd })
    const replyTo = `${this.#exchange.replyPrefix(priority)}${this.#replyName}`
    let frame: Uint8Array
    try {
      frame = this.#exchange.mail.request(to, message, { replyTo, request: request.number, deadlineMs })
    } catch (thrown) {
      request.end('failed')
      throw thrown
    }
    const subject = `${this.#exchange.prefix(priority)}${to.name}`
    this.#exchange
      .listen(priority, replyTo)
      .then(() => request.ended === undefined && this.#exchange.send(priority, subject, frame))
      .catch((reason) => request.end('failed', { reason }))
    return request.answers
  }

  stats(): ReturnType<Channels['stats']> {
    return statsOfAll(this.#exchange)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { requests, subscribers, responders, traffic } = this.#exchange
    requests.close()
    await this.#exchange.drain()
    const all = [...subscribers.all(), ...responders.all()]
    for (const one of all) one.finish()
    const patience = new AbortController()
    const idle = Promise.all(all.map((one) => one.idle())).then(() => patience.abort())
    await Promise.race([idle, delay(this.#port.clock, this.#settings.closeMs, patience.signal).catch(() => {})])
    for (const one of all) one.close()
    traffic.tell()
  }

  #checkedTopic<T>(topic: string | Topic<T>): Topic<T> {
    if (this.#closing !== undefined) throw channelsClosed(this.#port.name)
    const to = topicOf(topic)
    checkSubject(to.name)
    return to
  }

  #subscriberSettings<T>(
    pattern: string | Topic<T>,
    options: Pick<SubscriberSettings, 'capacity' | 'overflow'> & { readonly priority?: Priority | undefined },
  ): Omit<SubscriberSettings, 'onEnd'> {
    if (this.#closing !== undefined) throw channelsClosed(this.#port.name)
    const { subscriptionsMax, inboxBytesMax: bytesMax } = this.#settings
    if (this.#exchange.subscribers.size + this.#exchange.responders.size >= subscriptionsMax) {
      throw limitReached('channels', 'subscriptionsMax', subscriptionsMax)
    }
    const topic = topicOf(pattern) as Topic
    checkPattern(topic.name)
    const { capacity, overflow, priority } = options
    return { topic, priority, capacity, bytesMax, overflow, mail: this.#exchange.mail, traffic: this.#exchange.traffic }
  }

  /** From now on it is handed what arrives. */
  #added<S extends ChannelSubscriber & { ready: Promise<void> }>(
    subscriber: S,
    index: TopicIndex<ChannelSubscriber>,
    signal: AbortSignal | undefined,
  ): S {
    const fail = (reason: unknown) => {
      subscriber.finish({ reason })
      subscriber.end()
    }
    signal?.throwIfAborted()
    index.add(subscriber)
    const wanted = subscriber.priority === undefined ? priorities : [subscriber.priority]
    subscriber.ready = Promise.all(
      wanted.map((one) => this.#exchange.listen(one, `${this.#exchange.prefix(one)}>`)),
    ).then(() => {})
    subscriber.ready.catch(fail)
    if (signal !== undefined) {
      const onAbort = () => fail(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      subscriber.onEnded = () => signal.removeEventListener('abort', onAbort)
    }
    return subscriber
  }
}
