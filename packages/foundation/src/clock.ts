/** Time as an argument: everything below `platform` reads this clock and sets timers on it. */

/** Cancels a timer; safe to call twice and after it fired. */
export type CancelTimer = () => void

/** Called by the kernel, retry, expiry and studies; never concurrently with itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump; for people and records only. */
  nowMs(): number
  /** Milliseconds that only grow; for durations and deadlines. */
  monotonicMs(): number
  /** Runs `run` once, `delayMs` or more from now. A pending timer does not keep the process alive when `unref` is set. */
  setTimer(delayMs: number, run: () => void, options?: { readonly unref?: boolean }): CancelTimer
  /**
   * Runs `run` soon, after the thread has been given back to the event loop: how long work goes on. A clock of tests has it,
   * so that it knows of work that has not ended.
   * @default setImmediate
   */
  handBack?(run: () => void): void
  /**
   * Keeps the process for as long as `needed` says so, asked every so often. Only the clock of a machine has it: on others nothing
   * can end before its time.
   * @default nothing is kept
   */
  hold?(needed: () => boolean): CancelTimer
}

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, run, options) => {
    const dueMs = performance.now() + delayMs
    let timer: NodeJS.Timeout
    const wait = (forMs: number) => {
      // Time that has run out since it was looked at is no negative time, of which Node would warn.
      const leftMs = Math.min(Math.max(0, forMs), timeoutMaxMs)
      // Node counts whole milliseconds of its loop, and comes up to one too early.
      timer = setTimeout(() => {
        const stillMs = dueMs - performance.now()
        if (stillMs > 0) wait(stillMs)
        else run()
      }, leftMs)
      if (options?.unref) timer.unref()
    }
    wait(delayMs)
    return () => clearTimeout(timer)
  },
  hold: (needed) => {
    let cancel: CancelTimer = () => {}
    const look = () => {
      if (needed()) cancel = systemClock.setTimer(holdMs, look)
    }
    cancel = systemClock.setTimer(holdMs, look)
    return () => cancel()
  },
}

/** How often it is asked whether the process is still needed. */
const holdMs = 25

/** `setTimeout` takes a longer delay for none at all. */
const timeoutMaxMs = 2_147_483_647

/**
 * Resolves after `delayMs` on `clock`; for 0 or less in a microtask, without a timer, so that a clock that stands still
 * holds nobody up. Rejects with `signal.reason` as soon as the signal aborts.
 *
 * @example await delay(systemClock, 250, signal)
 */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    if (delayMs <= 0) return resolve()
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
