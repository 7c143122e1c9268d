/**
 * What connects nodes: messages, keyed state, durable queues and large values. Everything above it is written once; an
 * engine is how it is done: in one process (`engines/memory.ts`), on a server, in a simulator.
 *
 * Subjects are words joined by dots, the first of which does not begin with `$` or `_`. A subscription may have `*` for one
 * word and `>` as its last word for one or more, but not as its first.
 * *Delivery*: at most once; what one publisher sends on one subject arrives in the order of sending.
 */

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Telemetry } from '../telemetry.ts'
import type { BlobStore } from './blob-store.ts'
import type { DurableQueue, QueueOptions } from './durable-queue.ts'
import type { KeyedState, StateOptions } from './keyed-state.ts'

/** A message as a subscriber gets it. */
export interface EngineMessage {
  readonly subject: string
  readonly body: Uint8Array
  /** Whether the sender waits for an answer. */
  readonly isRequest: boolean
  /**
   * Answers a request; the first answer counts. Does nothing for a message that is no request. Throws
   * `foundation/payload-too-large`: whoever asked still waits then, for another answer.
   */
  respond(body: Uint8Array): void
}

export interface SubscribeOptions {
  /** Of all subscribers with the same subject and queue each message goes to one. @default none: each gets all */
  readonly queue?: string
  /** Messages waiting for this subscriber at most; the newest is dropped and counted. @default 65_536 */
  readonly capacity?: number
  /**
   * Heard over every connection the engine has, so that the loss of one is not silence; a message may come twice then. Not
   * together with `queue`.
   * @default false
   */
  readonly redundant?: boolean
}

export const subscribeDefaults = { capacity: 65_536, redundant: false } as const satisfies Partial<SubscribeOptions>

/** Disposing it ends the deliveries, those waiting included. Idempotent. */
export interface Subscription extends AsyncDisposable {
  /** Messages that found no room. */
  readonly dropped: number
  /**
   * Ends it without losing anything: it stops listening, so that from then on `no-responders` is said to who asks, and resolves when what
   * had been sent to it before is handed over. Takes no longer than an operation of the engine may, and ends it then all the same;
   * never rejects. Idempotent.
   */
  drain(): Promise<void>
}

export interface RequestOptions {
  /** Rejects with `foundation/request-timeout` when there is no answer by then. @default 5_000 */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /**
   * Asked over every connection the engine has, so that one that hangs is not silence; it may be heard twice then, and the first
   * answer counts. That nobody listens has to be said over all of them.
   * @default false
   */
  readonly redundant?: boolean
}

export const requestDefaults = { timeoutMs: 5_000, redundant: false } as const satisfies Partial<RequestOptions>

/** `disconnected` while nothing can be sent or heard; an engine that lives in its process is never. */
export type EngineStatus = 'connected' | 'disconnected' | 'closed'

/** A sign of life: what it takes to tell a busy process from a dead one. */
export interface PulseOptions {
  /** An empty message goes out on this subject every `everyMs`. */
  readonly beats: string
  /** Requests on this subject are answered with an empty body. */
  readonly probes: string
  readonly everyMs: number
}

/** Something an engine keeps by name. */
export interface StoreName {
  readonly kind: 'state' | 'queue' | 'blobs'
  readonly name: string
}

/** What an engine is opened for: the node's identity and ports. */
export interface EnginePort {
  readonly system: string
  /** The name of the node. */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

/** Opens an engine for one node, which closes it: what `nats(…)` and `local(…)` give. */
export type EngineOpener = (port: EnginePort) => Promise<Engine>

/**
 * Called by a node's parts, concurrently and often. `onMessage` is called outside the publisher's turn, one message after
 * the other for each subscription, and must not throw; what it throws is reported and hurts no other subscriber.
 */
export interface Engine extends AsyncDisposable {
  /** Its kind, such as `memory`. */
  readonly name: string
  /** The connection beneath, for what this contract does not cover; undefined where there is none. */
  readonly native: unknown
  readonly status: EngineStatus
  /** Called with each new status, until the function that is returned is called. What it throws is reported and hurts no other. */
  onStatus(listener: (status: EngineStatus) => void): () => void
  /**
   * Throws `foundation/invalid-subject`, `foundation/payload-too-large`, `foundation/engine-closed`, and
   * `foundation/engine-unavailable` where it is disconnected and can keep no more until it is back. Nobody listening is no
   * error.
   */
  publish(subject: string, body: Uint8Array): void
  /** Resolves when messages that this node publishes from then on are delivered; those of others some moments later. */
  subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options?: SubscribeOptions,
  ): Promise<Subscription>
  /**
   * Asks one subscriber, whoever answers first. Rejects with `foundation/no-responders` at once when nobody is known to
   * listen, which may be so for a moment while a listener's connection is replaced, and with `foundation/request-timeout`.
   */
  request(subject: string, body: Uint8Array, options?: RequestOptions): Promise<Uint8Array>
  /**
   * Opens keyed state: of one name there is one in the whole system. Rejects with `foundation/options-differ` when it was
   * opened with other options. Names are of letters, digits, `-` and `_`, up to 200 characters.
   */
  state(name: string, options?: StateOptions): Promise<KeyedState>
  /** Opens a durable queue, as `state` does. */
  queue(name: string, options?: QueueOptions): Promise<DurableQueue>
  /** Opens a store of large values, as `state` does. */
  blobs(name: string): Promise<BlobStore>
  /** What there is in the whole system, opened here or not, sorted by name; 10,000 at most. */
  stores(): Promise<readonly StoreName[]>
  /**
   * Ends a store and all that is in it; none of that name is no error. Who still holds it is refused with
   * `foundation/engine-unavailable` or sees an empty one. A name should not be used again at once.
   */
  removeStore(store: StoreName): Promise<void>
  /**
   * Begins a sign of life that goes on while the thread that asked is busy, where the engine is beyond its process. Disposing ends
   * it. Idempotent.
   */
  pulse(options: PulseOptions): Promise<AsyncDisposable>
  /**
   * Hands over what was published, then ends: requests and pulls under way and whatever is asked later reject
   * with `foundation/engine-closed`, and watches are lost with it. Idempotent.
   */
  close(): Promise<void>
}
