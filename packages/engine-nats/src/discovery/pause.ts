/** A wait that an abort ends early and that never rejects. */

import type { CancelTimer, Clock } from '@mabeam/foundation'

export interface PauseOptions {
  readonly delayMs: number
  readonly signal: AbortSignal
  /** Whether the process may end meanwhile. */
  readonly unref: boolean
}

/** Resolves after the delay, or as soon as the signal aborts; who waited looks at the signal. */
export function pause(clock: Clock, { delayMs, signal, unref }: PauseOptions): Promise<void> {
  return new Promise((resolve) => {
    if (delayMs <= 0 || signal.aborted) return resolve()
    let cancel: CancelTimer = () => {}
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    cancel = clock.setTimer(delayMs, done, { unref })
    signal.addEventListener('abort', done, { once: true })
  })
}
