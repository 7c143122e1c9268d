/** What channels, their subscribers and their requests can be told, with what they do when they are not. */

import { checkOptions, type OptionRule, rule } from '../options.ts'
import type { ChannelOverflow } from './bounded-queue.ts'
import { type Priority, priorities } from './priority.ts'

export interface ChannelsOptions {
  /** Messages of each channel that wait at this node at most. @default 10_000 */
  readonly inboxCapacity?: number
  /** Their bytes, for each channel, and for each channel of a subscriber. @default 67_108_864 */
  readonly inboxBytesMax?: number
  /** The longest message, also once it is decompressed; the codec may allow less. @default 1_048_576 */
  readonly messageBytesMax?: number
  /** From this size on messages are compressed, where that makes them smaller; `Infinity` for never. @default 65_536 */
  readonly compressBytes?: number
  /** Whether what this node sends is checked by the schema of its topic too: for development. @default true */
  readonly checkSent?: boolean
  /** Subscribers and responders of this node. @default 10_000 */
  readonly subscriptionsMax?: number
  /** Requests of this node under way. @default 1_024 */
  readonly requestsMax?: number
  /** How long messages are handed over before other work of the thread gets its turn. @default 0.05 */
  readonly sliceMs?: number
  /** How long handlers may take to end when the channels close. @default 5_000 */
  readonly closeMs?: number
}

export const channelsDefaults = {
  inboxCapacity: 10_000,
  inboxBytesMax: 67_108_864,
  messageBytesMax: 1_048_576,
  compressBytes: 65_536,
  checkSent: true,
  subscriptionsMax: 10_000,
  requestsMax: 1_024,
  sliceMs: 0.05,
  closeMs: 5_000,
} as const satisfies Required<ChannelsOptions>

export interface PublishOptions {
  /** @default 'events' */
  readonly priority?: Priority
}

export interface ListenOptions {
  /** Only what is sent on this channel. @default all */
  readonly priority?: Priority
  /**
   * Messages of each channel that wait for this subscriber. Up to 16 come at once, so one that has room for fewer drops
   * some of a burst.
   * @default 1_024
   */
  readonly capacity?: number
  /** @default 'drop-newest' */
  readonly overflow?: ChannelOverflow
  /** Ends the subscription when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface RespondOptions {
  /** Only what is asked on this channel. @default all */
  readonly priority?: Priority
  /** Requests of each channel that wait; the one too many is answered with `foundation/responder-full`. @default 1_024 */
  readonly capacity?: number
  /** Requests worked on at once. @default 16 */
  readonly concurrency?: number
  /** Ends the responder when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface AskOptions {
  /** @default 'events' */
  readonly priority?: Priority
  /** When gathering answers ends; sooner where the context has a deadline. @default 5_000 */
  readonly deadlineMs?: number
  /** @default none */
  readonly signal?: AbortSignal | undefined
}

export interface AskManyOptions extends AskOptions {
  /** Ends with this many answers. @default 1_000 */
  readonly max?: number
}

export const publishDefaults = { priority: 'events' } as const satisfies Required<PublishOptions>
export const listenDefaults = { capacity: 1_024, overflow: 'drop-newest' } as const satisfies Partial<ListenOptions>
export const respondDefaults = { capacity: 1_024, concurrency: 16 } as const satisfies Partial<RespondOptions>
export const askDefaults = {
  priority: 'events',
  deadlineMs: 5_000,
  max: 1_000,
} as const satisfies Partial<AskManyOptions>

const priority = rule.optional(rule.oneOf(priorities))
const signal = rule.optional(rule.object())
const positive = rule.optional(rule.int(1))

const rules = {
  openChannels: {
    inboxCapacity: positive,
    inboxBytesMax: positive,
    messageBytesMax: positive,
    compressBytes: rule.optional(rule.number(0)),
    checkSent: rule.optional(rule.boolean()),
    subscriptionsMax: positive,
    requestsMax: positive,
    sliceMs: rule.optional(rule.number(0)),
    closeMs: rule.optional(rule.number(0)),
  },
  publish: { priority },
  subscribe: {
    priority,
    capacity: positive,
    overflow: rule.optional(rule.oneOf(['drop-oldest', 'drop-newest'])),
    signal,
  },
  respond: { priority, capacity: positive, concurrency: positive, signal },
  request: { priority, deadlineMs: rule.optional(rule.number(1)), signal },
  requestMany: { priority, deadlineMs: rule.optional(rule.number(1)), max: positive, signal },
} as const satisfies { readonly [owner: string]: { readonly [key: string]: OptionRule } }

/** Throws `foundation/invalid-option`, `foundation/unknown-name`. */
export function checkChannelOptions(owner: keyof typeof rules, options: object): void {
  checkOptions(owner, options, rules[owner])
}
