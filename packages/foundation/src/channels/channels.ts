/**
 * Channels: messages to whoever wants them, on any node, in five priorities of which control overtakes all others.
 *
 * Whatever arrives, from this node too, waits in an inbox of its channel and is handed over when it is its turn: control
 * first (at most 64 in a row while others wait), the others by weight 8, 4, 2, 1, in slices that hand the thread back.
 *
 * *Delivery*: at most once; in order for each sender, topic and channel. What finds no room is dropped and counted.
 */

import type { NodePort } from '../node-port.ts'
import type { ChannelListener, HandlerDelivery } from './channel-handler.ts'
import {
  type AskManyOptions,
  type AskOptions,
  type ChannelsOptions,
  channelsDefaults,
  checkChannelOptions,
  type ListenOptions,
  type PublishOptions,
  type RespondOptions,
} from './channel-options.ts'
import type { ChannelAnswer } from './channel-requests.ts'
import type { ChannelSubscription } from './channel-subscription.ts'
import type { ChannelStats } from './channel-traffic.ts'
import { NodeChannels } from './node-channels.ts'
import type { Priority } from './priority.ts'
import type { Topic } from './topic.ts'

/** The channels of one node. Disposing closes them. */
export interface Channels extends AsyncDisposable {
  /**
   * Sends to all who subscribe, here and on other nodes. Nobody doing so is no error. Throws `foundation/unsendable`,
   * `foundation/payload-too-large`, `foundation/invalid-message`, `foundation/invalid-subject`,
   * `foundation/channels-closed`.
   */
  publish<T>(topic: string | Topic<T>, message: NoInfer<T>, options?: PublishOptions): void
  /** Publishes on `broadcastTopic`. */
  broadcast(message: unknown, options?: PublishOptions): void
  /** The messages on a topic, or on all that a pattern stands for, as a stream. Throws `foundation/limit-reached`. */
  subscribe<T>(pattern: string | Topic<T>, options?: ListenOptions): ChannelSubscription<T>
  /**
   * Runs `handler` for each message, one at a time, in the context of whoever sent it. What it throws is counted and
   * told, and it goes on with the next.
   */
  on<T>(
    pattern: string | Topic<T>,
    handler: (message: T, delivery: HandlerDelivery<T>) => unknown,
    options?: ListenOptions,
  ): ChannelListener
  /**
   * Answers requests with what `handler` returns or throws, some at a time, in the context and under the deadline of
   * whoever asked. Subscribers do not see requests, responders nothing else.
   */
  respond<T, R>(
    pattern: string | Topic<T, R>,
    handler: (message: T, delivery: HandlerDelivery<T>) => NoInfer<R> | Promise<NoInfer<R>>,
    options?: RespondOptions,
  ): ChannelListener
  /**
   * The first answer. Rejects with what the responder threw, `foundation/request-timeout` when there was none,
   * `foundation/limit-reached`, `signal.reason`, and what `publish` throws.
   */
  request<T, R>(topic: string | Topic<T, R>, message: NoInfer<T>, options?: AskOptions): Promise<R>
  /**
   * Asks all responders; the answers come as they arrive, until the deadline or `max`. Fewer, or none, is no error.
   * Sent at once. Throws as `request` rejects.
   */
  requestMany<T, R>(
    topic: string | Topic<T, R>,
    message: NoInfer<T>,
    options?: AskManyOptions,
  ): AsyncIterableIterator<ChannelAnswer<R>>
  /** What went through, by channel. */
  stats(): { readonly [priority in Priority]: ChannelStats }
  /**
   * Takes nothing new, hands over what has arrived, lets handlers end within `closeMs`, and ends all subscriptions: what
   * a stream still holds can be read. Requests under way end with the answers they have. Idempotent.
   */
  close(): Promise<void>
}

/**
 * Opens the channels of a node.
 *
 * @example
 * const channels = openChannels(node)
 * channels.on('orders.*', (order) => console.log(order))
 * channels.publish('orders.new', { id: 7 }, { priority: 'events' })
 */
export function openChannels(port: NodePort, options: ChannelsOptions = {}): Channels {
  checkChannelOptions('openChannels', options)
  return new NodeChannels(port, { ...channelsDefaults, ...options })
}
