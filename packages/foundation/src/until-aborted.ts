/** Waiting that a signal ends, while what is waited for goes on. */

/**
 * What `running` gives; rejects with `signal.reason` as soon as the signal aborts, whether `running` listens to it or not. What
 * it rejects with later is nobody's any more. Without a signal it is `running` itself.
 */
export function untilAborted<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
