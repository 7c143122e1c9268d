/** The timers of one session: its deadline, and those its protocol has set. */

import type { CancelTimer, Clock } from '@mabeam/foundation'
import { protocolFailed } from '../errors/session-errors.ts'

/** Timers that are set at once. */
const timersMax = 1_000

export class SessionTimers {
  readonly #clock: Clock
  readonly #timers = new Map<string, CancelTimer>()
  #cancelDeadline: CancelTimer = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  setDeadline(delayMs: number, run: () => void): void {
    this.#cancelDeadline = this.#clock.setTimer(delayMs, run)
  }

  /** Set again, the one before is no more. Throws `coordination/protocol-failed` for more than 1,000. */
  set(
    protocol: string,
    { timer, delayMs }: { readonly timer: string; readonly delayMs: number },
    run: () => void,
  ): void {
    this.cancel(timer)
    if (this.#timers.size >= timersMax) throw protocolFailed(protocol, `expected at most ${timersMax} timers at once`)
    const cancel = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      run()
    })
    this.#timers.set(timer, cancel)
  }

  cancel(timer: string): void {
    this.#timers.get(timer)?.()
    this.#timers.delete(timer)
  }

  close(): void {
    this.#cancelDeadline()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }
}
