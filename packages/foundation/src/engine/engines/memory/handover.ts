/** Hands things to whoever listens, outside the turn of whoever brings them, a few a turn. */

import type { Task, Turns } from '../../../turns.ts'

export interface HandoverSettings<T> {
  /** How many wait. */
  size(): number
  take(): T | undefined
  hand(one: T): void
  onThrown(thrown: unknown): void
}

const handedPerTurn = 32

/** *Delivery*: in the order of `take`, one after the other, until it is ended. *Runs in* `Turns`. */
export class Handover<T> implements Task {
  nextTask: Task | undefined = undefined
  ended = false
  readonly #turns: Turns
  readonly #settings: HandoverSettings<T>
  #asked = false
  #onDrained: (() => void)[] = []

  constructor(turns: Turns, settings: HandoverSettings<T>) {
    this.#turns = turns
    this.#settings = settings
  }

  /** There is something to hand over. */
  ask(): void {
    if (this.#asked || this.ended) return
    this.#asked = true
    this.#turns.ask(this)
  }

  runTurn(): void {
    this.#asked = false
    for (let left = handedPerTurn; left > 0; left--) {
      const one = this.ended ? undefined : this.#settings.take()
      if (one === undefined) break
      try {
        this.#settings.hand(one)
      } catch (thrown) {
        this.#settings.onThrown(thrown)
      }
    }
    if (!this.ended && this.#settings.size() > 0) {
      this.ask()
      return
    }
    for (const told of this.#onDrained.splice(0)) told()
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.ended || (this.#settings.size() === 0 && !this.#asked)) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  /** Nothing is handed over from now on, what waits included. */
  end(): void {
    this.ended = true
    for (const told of this.#onDrained.splice(0)) told()
  }
}
