/** Links between actors of one node, and the order in which their ends travel along them. */

import type { ActorAddress, ActorReference } from './actor-address.ts'
import type { ExitReason } from './exit-reason.ts'

/** Who is no more, and why; `id` is 0 where it is not an actor of this node. */
export interface Gone {
  readonly actor: ActorReference
  readonly id: number
  readonly reason: ExitReason
}

/** An end of a link. */
export interface Linked {
  /** The other one is no more. */
  linkedEnded(gone: Gone): void
}

/**
 * Tells linked actors of each other's end. One that ends of it has links of its own: those wait here until it has ended,
 * so that a long chain of links takes no deep stack.
 *
 * *Runs in* the turn of the first end.
 */
export class LinkExits {
  readonly #waiting: (() => void)[] = []
  #telling = false

  send(others: Iterable<Linked>, gone: Gone): void {
    for (const other of others) this.#waiting.push(() => other.linkedEnded(gone))
    if (this.#telling) return
    this.#telling = true
    for (let at = 0; at < this.#waiting.length; at++) this.#waiting[at]?.()
    this.#waiting.length = 0
    this.#telling = false
  }
}

/** What travels on from one actor to those linked to it: the first end of the chain. */
export function linkedReason(actor: ActorReference, reason: ExitReason): ExitReason {
  return reason.type === 'linked' ? reason : { type: 'linked', actor: actor.address, reason }
}

/** By its name where it has one: that is how it is found again. */
export function sameActor(a: ActorAddress, b: ActorAddress): boolean {
  if (a.system !== b.system) return false
  if (a.name !== undefined || b.name !== undefined) return a.name === b.name && a.node === b.node
  return a.node === b.node && a.epoch === b.epoch && a.id === b.id
}
