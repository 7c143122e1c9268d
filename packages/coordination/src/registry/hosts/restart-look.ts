/**
 * Looks again for what was down until it is up or gone: a supervisor says when a child ended and not when it is back. One timer
 * for each that is down, on a delay that doubles up to a second.
 */

import type { CancelTimer, Clock } from '@mabeam/foundation'

const firstMs = 10
const longestMs = 1_000

export class RestartLook {
  readonly #clock: Clock
  readonly #timers = new Map<string, CancelTimer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `look` until it says true, for the first time after 10 ms. Replaces what is looked for under that name. */
  again(name: string, look: () => boolean, delayMs = firstMs): void {
    this.#timers.get(name)?.()
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(name)
      if (!look()) this.again(name, look, Math.min(longestMs, 2 * delayMs))
    })
    this.#timers.set(name, cancel)
  }

  end(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
