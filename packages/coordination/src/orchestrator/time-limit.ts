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
    const end = (reason: unknown) => {
      given.abort(reason)
      reject(reason)
    }
    const onAbort = () => end(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const cancel = clock.setTimer(timeoutMs, () => end(late()))
    const running = (async () => await work(given.signal))()
    running.then(resolve, reject).finally(() => {
      cancel()
      signal.removeEventListener('abort', onAbort)
    })
    given.signal.addEventListener('abort', cancel, { once: true })
  })
}
