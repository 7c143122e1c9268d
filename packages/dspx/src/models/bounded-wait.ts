/** Waits that end with the caller's signal or in time, also when the one who is waited for ignores both. */

import type { CancelTimer, Clock } from '@mabeam/foundation'

/** Waits that end with the caller's signal or in time, and tell the provider through a signal of their own. */
export class BoundedWait {
  readonly #clock: Clock
  readonly #outer: AbortSignal | undefined
  readonly #inner = new AbortController()
  /** Whether a wait ended because its time was over. */
  timedOut = false

  constructor(clock: Clock, outer: AbortSignal | undefined) {
    this.#clock = clock
    this.#outer = outer
  }

  /** What the one who is waited for is given. */
  get signal(): AbortSignal {
    return this.#inner.signal
  }

  abort(reason: unknown): void {
    if (!this.#inner.signal.aborted) this.#inner.abort(reason)
  }

  /** What `run` gives, within `waitMs`; rejects with `late()` after it, or with the reason of the caller's signal. */
  async for<T>(run: () => PromiseLike<T>, waitMs: number, late: () => Error): Promise<T> {
    const outer = this.#outer
    outer?.throwIfAborted()
    const ended = Promise.withResolvers<never>()
    const end = (reason: unknown) => {
      this.abort(reason)
      ended.reject(reason)
    }
    const onAbort = () => end(outer?.reason)
    outer?.addEventListener('abort', onAbort, { once: true })
    const cancel: CancelTimer = this.#clock.setTimer(Math.max(0, waitMs), () => {
      this.timedOut = true
      end(late())
    })
    try {
      return await Promise.race([run(), ended.promise])
    } finally {
      cancel()
      outer?.removeEventListener('abort', onAbort)
    }
  }
}
