/** How an actor is pointed at: an address that is plain data, and what a holder of it can do. */

import type { ActorDefinition, CallInput, CallReply, CallsOf, CastInput, CastsOf } from './actor.ts'
import type { ExitReason } from './exit-reason.ts'

/**
 * Where an actor is. `id` is never used again in one life (`epoch`) of a node. With a name the actor is found again
 * after a restart; without one the reference dies with the actor.
 */
export interface ActorAddress {
  readonly system: string
  readonly node: string
  readonly epoch: number
  readonly id: number
  readonly name?: string
}

export interface CallOptions {
  /**
   * Rejects with `foundation/call-timeout` when there is no reply by then; `Infinity` waits for ever.
   * @default callTimeoutMs of the node
   */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
}

/** A reference to an actor of any kind. */
export interface ActorReference {
  readonly address: ActorAddress
  /** The address: what a reference is in JSON and on the wire. */
  toJSON(): ActorAddress
}

/**
 * A typed reference. It can be sent in messages.
 *
 * @example const n = await counter.call('add', 2, { timeoutMs: 500 }); counter.cast('reset')
 */
export interface ActorRef<D extends ActorDefinition = ActorDefinition> extends ActorReference {
  /**
   * Asks and waits for the reply. *Delivery*: at most once; messages of one sender arrive in order.
   *
   * Rejects with `foundation/actor-crashed` (retryable: the actor threw while it worked on this or an earlier
   * message), `foundation/actor-stopped`, `foundation/no-such-actor`, `foundation/call-timeout`,
   * `foundation/mailbox-full`, `foundation/call-cycle`, `foundation/invalid-message`, `foundation/unsendable`.
   */
  call<K extends keyof CallsOf<D> & string>(name: K, ...rest: Rest<CallInput<D, K>>): Promise<CallReply<D, K>>
  /**
   * Tells and does not wait. *Delivery*: at most once; to an actor that is no more it is dropped and counted. Throws
   * `foundation/mailbox-full` when the mailbox is full and its policy is `reject`, `foundation/invalid-message` and
   * `foundation/unsendable`.
   */
  cast<K extends keyof CastsOf<D> & string>(name: K, ...input: Given<CastInput<D, K>>): void
  /** Calls `listener` once when the actor is no more, or soon if it already isn't; the result ends the monitoring. */
  monitor(listener: (reason: ExitReason) => void): () => void
}

/** The input, left out where there is none. */
// biome-ignore lint/suspicious/noConfusingVoidType: no input at all.
type Given<I> = [I] extends [void] ? [input?: undefined] : undefined extends I ? [input?: I] : [input: I]
type Rest<I> = [...Given<I>, options?: CallOptions]
