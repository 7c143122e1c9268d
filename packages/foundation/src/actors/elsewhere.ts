/** The kernel's way to actors of other nodes, and theirs to its own. */

import type { WireContext } from '../context/wire-context.ts'
import type { ActorAddress } from './actor-address.ts'
import type { ExitReason } from './exit-reason.ts'

/** How actors of other nodes are reached. What it is given has been checked. */
export interface Elsewhere {
  call(to: ActorAddress, call: OutgoingCall): Promise<unknown>
  cast(to: ActorAddress, cast: IncomingCast): void
  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void
}

export interface OutgoingCall {
  readonly name: string
  readonly input: unknown
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Who waits for it, the caller last. */
  readonly chain: readonly string[]
  readonly context: WireContext | undefined
}

/** A cast of another node, with its input as it was decoded. */
export interface IncomingCast {
  readonly name: string
  readonly input: unknown
  /** What flows along, as it was sent. */
  readonly context?: unknown
  /** How it came, where the actor had left the node it was sent to. @default straight */
  readonly way?: Way | undefined
}

/** Of a message that was sent after an actor that moves. */
export interface Way {
  /** The nodes that have sent it on. */
  readonly by: readonly string[]
  /** It had waited in the mailbox of the actor, and so comes before all that is sent on after it. */
  readonly isMail: boolean
}

/** A call of another node. */
export interface IncomingCall extends IncomingCast {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly chain: readonly string[]
}
