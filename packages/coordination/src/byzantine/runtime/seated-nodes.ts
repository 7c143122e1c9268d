/**
 * Nodes that have members in what is under way here. Each of them has a share of its own of what is counted by senders; whoever else there is, or
 * says to be, has one share together, since names cost nothing.
 */

import type { Seat } from './opening.ts'

/** No node can be called so. */
const strangers = ''

export class SeatedNodes {
  readonly #seats = new Map<string, number>()

  begun(seats: readonly Seat[]): void {
    for (const { node } of seats) this.#seats.set(node, (this.#seats.get(node) ?? 0) + 1)
  }

  ended(seats: readonly Seat[]): void {
    for (const { node } of seats) {
      const left = (this.#seats.get(node) ?? 0) - 1
      if (left > 0) this.#seats.set(node, left)
      else this.#seats.delete(node)
    }
  }

  /** By what a sender is counted. */
  shareOf(sender: string): string {
    return this.#seats.has(sender) ? sender : strangers
  }
}
