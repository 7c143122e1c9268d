/** Whom this node does not wait for, over all its agreements, by the ids of members. */

import { newSuspicion, type SuspicionOptions, type Suspicious, suspects, suspicionStep } from '../suspicion.ts'

/** Members of whom something is remembered; those noticed longest ago are forgotten. */
const membersMax = 10_000

export class Suspects {
  #state
  readonly #numbers = new Map<string, number>()
  #ids: string[] = []
  #current: ReadonlySet<number> = new Set()
  readonly #onSuspected: (id: string, what: Suspicious['what']) => void

  constructor(options: SuspicionOptions, onSuspected: (id: string, what: Suspicious['what']) => void) {
    this.#state = newSuspicion(options)
    this.#onSuspected = onSuspected
  }

  noticed(id: string, what: Suspicious['what'], atMs: number): void {
    // Nothing is known against most, and nothing need be.
    if (what === 'heard' && !this.#numbers.has(id)) return
    const member = this.#numberOf(id)
    this.#state = suspicionStep(this.#state, { what, member, atMs })
    const before = this.#current
    this.#current = new Set(suspects(this.#state, atMs))
    if (this.#current.has(member) && !before.has(member)) this.#onSuspected(id, what)
  }

  has(id: string, atMs: number): boolean {
    const member = this.#numbers.get(id)
    if (member === undefined || !this.#current.has(member)) return false
    return suspects(this.#state, atMs).includes(member)
  }

  /** Worst first. */
  list(atMs: number): readonly string[] {
    return suspects(this.#state, atMs).map((member) => this.#ids[member] ?? '')
  }

  #numberOf(id: string): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    if (this.#ids.length >= membersMax) {
      this.#numbers.clear()
      this.#ids = []
      this.#current = new Set()
      this.#state = { ...this.#state, scores: new Map() }
    }
    const number = this.#ids.push(id) - 1
    this.#numbers.set(id, number)
    return number
  }
}
