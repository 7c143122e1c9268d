/** What has run and waits to be given: in the order of reading, or as it comes. */

/** An item whose turn passes without anything being given. */
export const dropped: unique symbol = Symbol('dropped')

/** What a settled item changes: those that can now be given, and those that have gone. */
export interface Settled {
  readonly ready: number
  readonly gone: number
}

/** Holds what it is told of; how much that may be is its caller's. */
export class ReadyQueue<T> {
  readonly #ordered: boolean
  /** Those that wait for one before them, by their number. */
  readonly #early = new Map<number, T | typeof dropped>()
  /** By their turn. */
  readonly #ready = new Map<number, T>()
  #next = 0
  #from = 0
  #to = 0

  constructor(ordered: boolean) {
    this.#ordered = ordered
  }

  /** Number `index` (each from 0 once) has this outcome. */
  settle(index: number, outcome: T | typeof dropped): Settled {
    if (!this.#ordered) return this.#pass(outcome)
    if (index !== this.#next) {
      this.#early.set(index, outcome)
      return { ready: 0, gone: 0 }
    }
    this.#next++
    let { ready, gone } = this.#pass(outcome)
    for (; this.#early.has(this.#next); this.#next++) {
      const more = this.#pass(this.#early.get(this.#next) as T | typeof dropped)
      this.#early.delete(this.#next)
      ready += more.ready
      gone += more.gone
    }
    return { ready, gone }
  }

  /** The next. Requires: there is one. */
  take(): T {
    const outcome = this.#ready.get(this.#from) as T
    this.#ready.delete(this.#from++)
    return outcome
  }

  #pass(outcome: T | typeof dropped): Settled {
    if (outcome === dropped) return { ready: 0, gone: 1 }
    this.#ready.set(this.#to++, outcome)
    return { ready: 1, gone: 0 }
  }
}
