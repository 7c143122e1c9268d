/**
 * How old may what arrives be? A thread that was busy hears late of what came long ago, all at once. A timer that ticks beside
 * the connection tells: what is heard now was not there yet two ticks ago, or it would have been heard.
 */

import type { CancelTimer, Clock } from '@mabeam/foundation'

const tickMs = 40

/** Ticks while somebody listens. */
export class ArrivalClock {
  readonly #clock: Clock
  #listeners = 0
  #cancel: CancelTimer = () => {}
  /** The last tick, and the one before. */
  #tickedMs = 0
  #beforeMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Listens until the function that is returned is called, once. */
  listen(): () => void {
    if (this.#listeners++ === 0) {
      this.#tickedMs = this.#clock.monotonicMs()
      this.#beforeMs = this.#tickedMs
      this.#arm()
    }
    return () => {
      if (--this.#listeners === 0) this.#cancel()
    }
  }

  /** What is heard now came then or later, on the monotonic clock. Requires: somebody listens. */
  get earliestMs(): number {
    return this.#beforeMs
  }

  #arm(): void {
    const tick = () => {
      this.#beforeMs = this.#tickedMs
      this.#tickedMs = this.#clock.monotonicMs()
      this.#arm()
    }
    this.#cancel = this.#clock.setTimer(tickMs, tick, { unref: true })
  }
}
