/**
 * What a node and its threads say to each other. Values cross as bytes of the codec, so that references stay references
 * and what works in a thread works between nodes. Both sides are always of one build, so the messages carry no version.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { WireContext } from '../context/wire-context.ts'

/** What a thread is made with. */
export interface ThreadBirth {
  /** Told from the data of other people's threads by it. */
  readonly mabeamThread: true
  readonly ledger: SharedArrayBuffer
  readonly beatMs: number
  readonly messageBytesMax: number
  readonly outgoingMax: number
}

/** Cells of the memory that both share. */
export const ledger = {
  /** Turns of the thread's event loop, as its timer and its messages count them. */
  beats: 0,
  /** The actor whose handler runs right now, 0 for none. */
  running: 1,
  /** Calls, casts and monitors the node has taken. */
  taken: 2,
  bytes: 3 * Uint32Array.BYTES_PER_ELEMENT,
} as const

export type HandlerKind = 'call' | 'cast' | 'down' | 'exit' | 'stop' | 'save'

export type ToThread =
  | {
      readonly type: 'actor-start'
      readonly request: number
      readonly actor: number
      readonly address: ActorAddress
      readonly module: string
      readonly name: string
      readonly version: number
      readonly seed: string
      readonly fence: number | undefined
      /** Whether it goes on from what another has left: the input is `[saved, argument]` then. */
      readonly loads: boolean
      readonly input: Uint8Array
    }
  | {
      readonly type: 'handler-run'
      readonly request: number
      readonly actor: number
      readonly kind: HandlerKind
      readonly name: string
      readonly input: Uint8Array
      readonly flow: WireContext | undefined
    }
  | { readonly type: 'handler-abort'; readonly request: number; readonly reason: Uint8Array }
  | { readonly type: 'actor-end'; readonly actor: number; readonly reason: Uint8Array }
  | { readonly type: 'call-done'; readonly call: number; readonly ok: boolean; readonly value: Uint8Array }
  | { readonly type: 'monitor-down'; readonly monitor: number; readonly reason: ExitReason }
  | { readonly type: 'heap-collect' }
  /** Actors of it may be started soon. */
  | { readonly type: 'module-load'; readonly module: string }

export type FromThread =
  | HandlerDone
  | Outgoing
  /** What is left of the heap. */
  | { readonly type: 'heap-collected'; readonly heapBytes: number }

/** How a handler ended. */
export interface HandlerDone {
  readonly type: 'handler-done'
  readonly request: number
  readonly outcome: 'done' | 'threw' | 'gave-up' | 'reply-refused'
  /** `Done` of one that is done, else `Thrown`. */
  readonly value: Uint8Array
}

/** What handlers ask of others; at most `outgoingMax` at once. */
export type Outgoing =
  | {
      readonly type: 'call'
      readonly call: number
      /** On behalf of which request, so that a call that would wait for itself is found. */
      readonly request: number | undefined
      readonly to: ActorAddress
      readonly name: string
      readonly input: Uint8Array
      readonly timeoutMs: number | undefined
      readonly flow: WireContext | undefined
    }
  | { readonly type: 'call-abort'; readonly call: number; readonly reason: Uint8Array }
  | {
      readonly type: 'cast'
      readonly request: number | undefined
      readonly to: ActorAddress
      readonly name: string
      readonly input: Uint8Array
      readonly flow: WireContext | undefined
    }
  | { readonly type: 'monitor'; readonly monitor: number; readonly to: ActorAddress }
  | { readonly type: 'monitor-end'; readonly monitor: number }

/** What a handler returned, less the state, which stays in the thread. */
export interface Done {
  readonly reply?: unknown
  readonly effects: readonly unknown[]
}

/** A thrown value on its way: the codec keeps an error, but not its stack. */
export interface Thrown {
  readonly thrown: unknown
  readonly stack?: string
}

/** Bytes that are handed over with a message rather than copied: below this the copy is cheaper. */
export function handedOver(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.byteLength < 16_384 ? [] : [bytes.buffer as ArrayBuffer]
}
