/** The time a run has used: only while its thread has something to do, so that waiting for a host function costs none. */

import type { CancelTimer, Clock } from '@mabeam/foundation'

/** Counts down on a clock. */
export class RunTime {
  readonly #clock: Clock
  readonly #over: () => void
  #leftMs = 0
  #orders = 0
  #sinceMs = 0
  #cancel: CancelTimer | undefined

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock
    this.#over = over
  }

  /** A new limit; what is under way counts from now. */
  begin(leftMs: number): void {
    this.#pause()
    this.#leftMs = leftMs
    if (this.#orders > 0) this.#resume()
  }

  /** The thread was given something to do. */
  given(): void {
    if (this.#orders++ === 0) this.#resume()
  }

  /** It has done one of them. */
  done(): void {
    if (this.#orders > 0 && --this.#orders === 0) this.#pause()
  }

  /** The run has ended: nothing is counted any more. */
  end(): void {
    this.#pause()
    this.#leftMs = Number.POSITIVE_INFINITY
  }

  #resume(): void {
    if (this.#leftMs === Number.POSITIVE_INFINITY) return
    this.#sinceMs = this.#clock.monotonicMs()
    this.#cancel = this.#clock.setTimer(this.#leftMs, this.#over)
  }

  #pause(): void {
    if (this.#cancel === undefined) return
    this.#cancel()
    this.#cancel = undefined
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonicMs() - this.#sinceMs))
  }
}
