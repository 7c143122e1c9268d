/**
 * The part of an engine that keeps work until it is done: at-least-once delivery to whoever pulls.
 *
 * *Delivery*: what was pushed and acknowledged by the engine is delivered until somebody acknowledges, rejects, or has tried
 * `deliveriesMax` times; then it is a dead letter. First pushed, first delivered, except for what is delivered again.
 */

export interface QueueOptions {
  /** A delivery neither acknowledged nor prolonged for so long is delivered again. @default 30_000 */
  readonly ackWaitMs?: number
  /** Deliveries of one message before it becomes a dead letter. @default 5 */
  readonly deliveriesMax?: number
  /** Messages waiting or under way; one more is refused with `foundation/queue-full`. @default 1_000_000 */
  readonly messagesMax?: number
  /** A message with an id that was pushed within this time is not taken again. @default 120_000 */
  readonly dedupeMs?: number
}

export const queueDefaults = {
  ackWaitMs: 30_000,
  deliveriesMax: 5,
  messagesMax: 1_000_000,
  dedupeMs: 120_000,
} as const satisfies Required<QueueOptions>

export interface PushOptions {
  /** The same id within `dedupeMs` is taken once. @default none: each push is a message */
  readonly id?: string
}

export interface PullOptions {
  /** Resolves with fewer, or none, after this time. 0 takes what is there. @default 5_000 */
  readonly waitMs?: number
  /** Rejects with `signal.reason` when it aborts; what was taken meanwhile is delivered again. @default none */
  readonly signal?: AbortSignal | undefined
}

export const pullDefaults = { waitMs: 5_000 } as const satisfies Partial<PullOptions>

/** A message under way. The first of `ack`, `retry` and `reject` counts; after `ackWaitMs` none of them may. */
export interface QueueDelivery {
  /** The sender's, or one of the queue's own: the same for each delivery of a message. */
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first delivery. */
  readonly attempt: number
  /** Done: it is never delivered again. Resolves when that is durable. */
  ack(): Promise<void>
  /** Not done: it is delivered again after `delayMs`, or is a dead letter when that was the last attempt. */
  retry(options?: { readonly delayMs?: number; readonly reason?: string }): Promise<void>
  /** Never to be done: a dead letter now. */
  reject(reason: string): Promise<void>
  /** Still at it: `ackWaitMs` begins anew. Rejects with `foundation/delivery-lost` when it has run out. */
  extend(): Promise<void>
}

/** A message that was given up. */
export interface DeadLetter {
  readonly id: string
  readonly body: Uint8Array
  readonly attempts: number
  readonly reason: string
}

export interface QueueStats {
  readonly waiting: number
  readonly underWay: number
  readonly dead: number
}

/** Called by queue workers; concurrently. */
export interface DurableQueue {
  readonly name: string
  /** Resolves when it is kept; rejects with `foundation/queue-full` and `foundation/payload-too-large`. */
  push(body: Uint8Array, options?: PushOptions): Promise<void>
  /** Up to `max` messages: resolves as soon as there is one. */
  pull(max: number, options?: PullOptions): Promise<readonly QueueDelivery[]>
  stats(): Promise<QueueStats>
  /** The oldest dead letters, which stay. */
  deadLetters(max: number): Promise<readonly DeadLetter[]>
  /** Lets a dead letter wait again with its attempts counted from 0; false when there is none of that id. */
  redrive(id: string): Promise<boolean>
  /** Forgets a dead letter; false when there is none of that id. */
  forget(id: string): Promise<boolean>
}
