/** The status of an engine, and who is told of it. */

import type { EngineStatus } from './engine.ts'

export class StatusListeners {
  #status: EngineStatus = 'connected'
  readonly #listeners = new Set<(status: EngineStatus) => void>()
  readonly #onThrown: (thrown: unknown, status: EngineStatus) => void

  /** `onThrown` is told what a listener throws. */
  constructor(onThrown: (thrown: unknown, status: EngineStatus) => void) {
    this.#onThrown = onThrown
  }

  get status(): EngineStatus {
    return this.#status
  }

  /** Tells all listeners of a status that is new; `closed` is the last one. */
  set(status: EngineStatus): void {
    if (status === this.#status || this.#status === 'closed') return
    this.#status = status
    for (const listener of [...this.#listeners]) {
      try {
        listener(status)
      } catch (thrown) {
        // Whoever told of the status has more to tell to others.
        this.#onThrown(thrown, status)
      }
    }
  }

  add(listener: (status: EngineStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
