/** What the holder of a reference can do: call, cast and monitor, typed by the definition of the actor. */

import type { ActorDefinition, CallInput, CallReply, CallsOf, CastInput, CastsOf } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import type { ExitReason } from './exit-reason.ts'

export interface CallOptions {
  /**
   * Rejects with `foundation/call-timeout` when there is no reply by then; `Infinity` waits for ever.
   * @default callTimeoutMs of the node
   */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
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

/** The input, left out where there is none; anything where the definition is not known. */
// biome-ignore-start lint/suspicious/noConfusingVoidType: no input at all.
// biome-ignore-start lint/suspicious/noExplicitAny: how TypeScript tells an unknown definition apart.
type Given<I> = 0 extends 1 & I
  ? [input?: any]
  : [I] extends [void]
    ? [input?: undefined]
    : undefined extends I
      ? [input?: I]
      : [input: I]
// biome-ignore-end lint/suspicious/noExplicitAny: as above.
// biome-ignore-end lint/suspicious/noConfusingVoidType: as above.
type Rest<I> = [...Given<I>, options?: CallOptions]
