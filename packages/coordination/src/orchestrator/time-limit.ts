/** Work that must come back in time, on the clock of the node. */

import type { Clock } from '@mabeam/foundation'

export interface TimeLimit {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends it as well, with its reason. */
  readonly signal: AbortSignal
  /** What it rejects with when it is late. */
  readonly late: () => Error
}

/** What `work` gives. Its signal aborts when it is late or not wanted any more; whether it listens or not, nobody waits longer. */
export function withinTime<T>(limit: TimeLimit, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const { clock, timeoutMs, signal, late } = limit
  const given = new AbortController()
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      given.abort(signal.reason)
      reject(signal.reason)
      return
    }
    // Also where the work goes on for ever: of what was given up nothing is left behind.
    const release = () => {
      cancel()
      signal.removeEventListener('abort', onAbort)
    }
    const end = (reason: unknown) => {
      release()
      given.abort(reason)
      reject(reason)
    }
    const onAbort = () => end(signal.reason)
    const cancel = clock.setTimer(timeoutMs, () => end(late()))
    signal.addEventListener('abort', onAbort, { once: true })
    const running = (async () => await work(given.signal))()
    running.finally(release).then(resolve, reject)
  })
}
