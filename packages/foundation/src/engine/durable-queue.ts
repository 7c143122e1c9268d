/**
 * The part of an engine that keeps work until it is done: at-least-once delivery to whoever pulls.
 *
 * *Delivery*: what was pushed and acknowledged by the engine is delivered until somebody acknowledges, rejects, or has tried
 * `deliveriesMax` times; then it is a dead letter. First pushed, first delivered, except for what is delivered again. Bytes are
 * copied in and out.
 */

export interface QueueOptions {
  /** A delivery neither acknowledged nor prolonged for so long is delivered again. @default 30_000 */
  readonly ackWaitMs?: number
  /** Deliveries of one message before it becomes a dead letter. @default 5 */
  readonly deliveriesMax?: number
  /** Messages that are neither done nor dead; one more is refused with `foundation/queue-full`. @default 1_000_000 */
  readonly messagesMax?: number
  /**
   * A message with an id that was pushed within this time, at least 100, is not taken again. The ids of messages that are
   * done may be forgotten when a server is restarted. @default 120_000
   */
  readonly dedupeMs?: number
}

export const queueDefaults = {
  ackWaitMs: 30_000,
  deliveriesMax: 5,
  messagesMax: 1_000_000,
  dedupeMs: 120_000,
} as const satisfies Required<QueueOptions>

export interface PushOptions {
  /** The same id within `dedupeMs` is taken once. Printable ASCII without spaces, up to 256. @default none: each push is a message */
  readonly id?: string
}

export interface PullOptions {
  /** Resolves with none after this time. 0 takes what is there. @default 5_000 */
  readonly waitMs?: number
  /** Rejects with `signal.reason` when it aborts; what was taken meanwhile is delivered again. @default none */
  readonly signal?: AbortSignal | undefined
}

export const pullDefaults = { waitMs: 5_000 } as const satisfies Partial<PullOptions>

/**
 * A message under way. The first of `ack`, `retry` and `reject` counts, and any after it does nothing. Once `ackWaitMs` has
 * run out each of them rejects with `foundation/delivery-lost` and changes nothing, as far as the clock of whoever pulled can
 * tell: at the very edge it may still count while the message is delivered again.
 */
export interface QueueDelivery {
  /** The sender's, or one of the queue's own: the same for each delivery of a message. */
  readonly id: string
  readonly body: Uint8Array
  /** 1 for the first delivery. */
  readonly attempt: number
  /** Done: it is never delivered again. Resolves when that is durable. */
  ack(): Promise<void>
  /** Not done: it is delivered again after `delayMs`, or is a dead letter with `reason` when that was the last attempt. */
  retry(options?: { readonly delayMs?: number; readonly reason?: string }): Promise<void>
  /** Never to be done: a dead letter now. Of a reason the first 1,024 characters are kept. */
  reject(reason: string): Promise<void>
  /** Still at it: `ackWaitMs` begins anew. Rejects with `foundation/delivery-lost` when it has run out, or it was settled. */
  extend(): Promise<void>
}

/** A message that was given up. One whose last `ackWaitMs` ran out may be found to be so at the next pull only. */
export interface DeadLetter {
  readonly id: string
  readonly body: Uint8Array
  readonly attempts: number
  readonly reason: string
}

export interface QueueStats {
  /** Never delivered yet. */
  readonly waiting: number
  /** Delivered, and neither done nor given up: those that wait to be delivered again too. */
  readonly underWay: number
  readonly dead: number
}

/** Called by queue workers; concurrently. */
export interface DurableQueue {
  readonly name: string
  /** Resolves when it is kept; rejects with `foundation/queue-full` and `foundation/payload-too-large`. */
  push(body: Uint8Array, options?: PushOptions): Promise<void>
  /**
   * 1 to 10,000 messages: resolves as soon as there is one, with what there is up to `max`. An engine with replicas may hand out what was
   * pushed a moment ago at a pull after this one.
   */
  pull(max: number, options?: PullOptions): Promise<readonly QueueDelivery[]>
  /** What there is; an engine with replicas may be a little behind. */
  stats(): Promise<QueueStats>
  /** The oldest dead letters, which stay. */
  deadLetters(max: number): Promise<readonly DeadLetter[]>
  /**
   * Lets a dead letter wait again, behind the others, with its attempts counted from 0; false when there is none of that
   * id. Rejects with `foundation/queue-full`.
   */
  redrive(id: string): Promise<boolean>
  /** Forgets a dead letter; false when there is none of that id. */
  forget(id: string): Promise<boolean>
}
