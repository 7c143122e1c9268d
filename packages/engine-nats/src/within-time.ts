/** Waiting for the client no longer than is said: it has no time-outs of its own for what is asked of it here. */

import type { Clock } from '@mabeam/foundation'

/** Rejects after `timeoutMs` on `clock`, while `work` goes on; what it rejects with later is nobody's. */
export function withinTime<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)))
    work.then(resolve, reject).finally(cancel)
  })
}
