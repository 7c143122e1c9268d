/** Ending a wait for somebody else's work, whether or not that looks at its signal. */

/** What `work` gives; rejects with `signal.reason` as soon as it aborts, while `work` may go on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // What the work rejects with is heard in any case, or it would end the process.
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
