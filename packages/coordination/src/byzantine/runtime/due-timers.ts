/** Many timers on one: a member sets several, and nearly all are cancelled or set anew before their time. */

import type { CancelTimer } from '@mabeam/foundation'

/** Something that is to be done at a time. */
export interface Due<T> {
  readonly atMs: number
  readonly what: T
}

export interface DueClock {
  nowMs(): number
  timer(delayMs: number, run: () => void): CancelTimer
}

/** What a sum of times may be off by. */
const slackMs = 0.001

/** Ensures: what is due at once is done in the order of its times, and of those in the order in which they were set; what was cancelled is not done. */
export class DueTimers<T> {
  readonly #clock: DueClock
  readonly #run: (what: T) => void
  readonly #pending = new Set<Due<T>>()
  #wakesMs = Number.POSITIVE_INFINITY
  #cancelWake: CancelTimer | undefined
  #isRunning = false

  constructor(clock: DueClock, run: (what: T) => void) {
    this.#clock = clock
    this.#run = run
  }

  set(delayMs: number, what: T): Due<T> {
    const due: Due<T> = { atMs: this.#clock.nowMs() + delayMs, what }
    this.#pending.add(due)
    // The timer that runs comes too early for what is later; then it is set again.
    if (!this.#isRunning && due.atMs < this.#wakesMs) this.#wakeAt(due.atMs)
    return due
  }

  cancel(due: Due<T>): void {
    this.#pending.delete(due)
  }

  /** Nothing is done any more. */
  end(): void {
    this.#pending.clear()
    this.#sleep()
  }

  #wakeAt(atMs: number): void {
    this.#cancelWake?.()
    this.#wakesMs = atMs
    this.#cancelWake = this.#clock.timer(Math.max(0, atMs - this.#clock.nowMs()), () => this.#wake())
  }

  #sleep(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
    this.#wakesMs = Number.POSITIVE_INFINITY
  }

  #wake(): void {
    this.#sleep()
    const nowMs = this.#clock.nowMs() + slackMs
    const due = [...this.#pending].filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
    this.#isRunning = true
    try {
      for (const one of due) if (this.#pending.delete(one)) this.#run(one.what)
    } finally {
      this.#isRunning = false
      let nextMs = Number.POSITIVE_INFINITY
      for (const { atMs } of this.#pending) nextMs = Math.min(nextMs, atMs)
      if (nextMs < Number.POSITIVE_INFINITY) this.#wakeAt(nextMs)
    }
  }
}
