/** Waits that end with the caller's signal or in time, also when the one who is waited for ignores both. */

import type { CancelTimer, Clock } from '@mabeam/foundation'

/**
 * Waits one after the other, as many as it takes, with one timer and one listener for all of them: a stream waits for each of its
 * parts. Closed once nobody waits any more.
 */
export class BoundedWait {
  readonly #clock: Clock
  readonly #outer: AbortSignal | undefined
  readonly #inner = new AbortController()
  readonly #onAbort = () => this.#end(this.#outer?.reason)
  #cancelTimer: CancelTimer | undefined
  /** When the timer fires. */
  #timerMs = Number.POSITIVE_INFINITY
  /** When the wait under way is over. */
  #dueMs = 0
  #late: (() => Error) | undefined
  #reject: ((reason: unknown) => void) | undefined
  /** Whether a wait ended because its time was over. */
  timedOut = false

  constructor(clock: Clock, outer: AbortSignal | undefined) {
    outer?.throwIfAborted()
    this.#clock = clock
    this.#outer = outer
    outer?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** What the one who is waited for is given. */
  get signal(): AbortSignal {
    return this.#inner.signal
  }

  abort(reason: unknown): void {
    if (!this.#inner.signal.aborted) this.#inner.abort(reason)
  }

  /** What `run` gives, within `waitMs`; rejects with `late()` after it, or with the reason of the caller's signal. */
  for<T>(run: () => PromiseLike<T>, waitMs: number, late: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#outer?.aborted) return reject(this.#outer.reason)
      this.#reject = reject
      this.#late = late
      this.#dueMs = this.#clock.monotonicMs() + Math.max(0, waitMs)
      this.#setTimer()
      run().then(
        (value) => {
          this.#reject = undefined
          resolve(value)
        },
        (thrown: unknown) => {
          this.#reject = undefined
          reject(thrown)
        },
      )
    })
  }

  /** The only wait there is: closed when it has ended. */
  async once<T>(run: () => PromiseLike<T>, waitMs: number, late: () => Error): Promise<T> {
    try {
      return await this.for(run, waitMs, late)
    } finally {
      this.close()
    }
  }

  /** Leaves no timer and no listener behind. Idempotent. */
  close(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
    this.#outer?.removeEventListener('abort', this.#onAbort)
  }

  /** A timer that fires too early looks again; only one that fires too late is set anew. */
  #setTimer(): void {
    if (this.#timerMs <= this.#dueMs) return
    this.#cancelTimer?.()
    this.#timerMs = this.#dueMs
    this.#cancelTimer = this.#clock.setTimer(this.#dueMs - this.#clock.monotonicMs(), () => this.#onTimer())
  }

  #onTimer(): void {
    this.#cancelTimer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
    if (this.#reject === undefined) return
    if (this.#clock.monotonicMs() < this.#dueMs) {
      this.#setTimer()
    } else {
      this.timedOut = true
      this.#end(this.#late?.())
    }
  }

  #end(reason: unknown): void {
    this.abort(reason)
    this.#reject?.(reason)
    this.#reject = undefined
  }
}
