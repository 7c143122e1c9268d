/** Waiting for the client no longer than is said: it has no time-outs of its own for what is asked of it here. */

import type { Clock } from '@mabeam/foundation'

export interface TimeLimit {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends the waiting too. @default none */
  readonly signal?: AbortSignal
}

/**
 * Rejects after `timeoutMs` on `clock`, and with `signal.reason`, while `work` goes on; what it rejects with later is nobody's.
 */
export function withinTime<T>({ clock, timeoutMs, signal }: TimeLimit, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (thrown: unknown) => {
      leave()
      reject(thrown)
    }
    const onAbort = () => fail(signal?.reason)
    const cancel = clock.setTimer(timeoutMs, () => fail(new Error(`no answer within ${timeoutMs} ms`)))
    signal?.addEventListener('abort', onAbort)
    work.then((value) => {
      leave()
      resolve(value)
    }, fail)
    if (signal?.aborted) onAbort()
  })
}
