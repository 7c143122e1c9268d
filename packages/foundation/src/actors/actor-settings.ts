/** How an actor is made, who owns it, and how it is seen from outside. */

import type { ActorDefinition } from './actor.ts'
import type { Attachments } from './attachments.ts'
import type { ExitReason } from './exit-reason.ts'
import type { Overflow } from './mailbox.ts'

/** Who restarts an actor. */
export interface ActorOwner {
  /** Called once, in the turn in which it happens, if `init` succeeded. */
  exited(reason: ExitReason): void
  /** Stops the owner, where it has this one child only. */
  stop?(): void
}

/** Shared by all actors started the same way. */
export interface ActorLimits {
  readonly mailboxCapacity: number
  readonly overflow: Overflow
  /** Calls that wait for room where `overflow` is `block`. */
  readonly waitersMax: number
  readonly shutdownMs: number
  readonly startMs: number
  /** The token of a claim: those of an actor that runs under one are its own. */
  readonly fence?: number | undefined
}

/** What was said about one actor. */
export type GivenLimits = { readonly [K in keyof ActorLimits]?: ActorLimits[K] | undefined }

/** As told, else as the definition says, else the node: one object for all actors about which nothing was said. */
export function actorLimits(node: ActorLimits, definition: ActorDefinition, given: GivenLimits): ActorLimits {
  const mailboxCapacity = given.mailboxCapacity ?? definition.mailboxCapacity
  const overflow = given.overflow ?? definition.overflow
  const waitersMax = given.waitersMax ?? definition.waitersMax
  const { shutdownMs, startMs } = given
  if ((mailboxCapacity ?? overflow ?? waitersMax ?? shutdownMs ?? startMs) === undefined) return node
  return {
    mailboxCapacity: mailboxCapacity ?? node.mailboxCapacity,
    overflow: overflow ?? node.overflow,
    waitersMax: waitersMax ?? node.waitersMax,
    shutdownMs: shutdownMs ?? node.shutdownMs,
    startMs: startMs ?? node.startMs,
  }
}

/** How an actor is made. */
export interface ActorSettings {
  readonly id: number
  readonly name: string | undefined
  readonly owner: ActorOwner | undefined
  readonly limits: ActorLimits
  /** The token of the claim under which it runs. */
  readonly fence: number | undefined
}

/** Called once when `init` is done, with what was thrown if it failed. */
export type OnStart = (failure?: { readonly thrown: unknown }) => void

/** The handler whose promise is waited for. */
export interface PendingHandler {
  readonly handler: string
  readonly sinceMs: number
}

/** An actor as it is between two turns. */
export interface ActorSnapshot {
  readonly status: 'starting' | 'running' | 'stopping' | 'dead'
  readonly mailboxSize: number
  readonly waiters: number
  readonly handled: number
  readonly pending: PendingHandler | undefined
  readonly attachments: Attachments | undefined
}
