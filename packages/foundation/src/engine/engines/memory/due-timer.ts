/** One timer for many things that fall due: it stands for the next of them. */

import type { CancelTimer, Clock } from '../../../clock.ts'

/** *Runs in* a timer of the clock, which keeps no process alive. */
export class DueTimer {
  readonly #clock: Clock
  readonly #onDue: () => void
  #cancel: CancelTimer | undefined
  #dueMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** `dueMs` on the monotonic clock; undefined when nothing is to fall due. Rings then or before: `onDue` looks again. */
  set(dueMs: number | undefined): void {
    if (dueMs === undefined) {
      this.clear()
      return
    }
    // A timer that rings too early costs less than a new one for each write that puts the next due thing off.
    if (dueMs >= this.#dueMs) return
    this.clear()
    this.#dueMs = dueMs
    const ring = () => {
      this.#cancel = undefined
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#onDue()
    }
    this.#cancel = this.#clock.setTimer(Math.max(0, dueMs - this.#clock.monotonicMs()), ring, { unref: true })
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
  }
}
