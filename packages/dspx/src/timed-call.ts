/** Calls of functions that others wrote (tools, host functions of sandboxes): each has a time, and a signal that tells when it is over. */

import { type Clock, untilAborted } from '@mabeam/foundation'

/** What came of it in time. */
export type TimedCall<T> = { readonly type: 'given'; readonly value: T } | { readonly type: 'late' }

/** What a call is held to. */
export interface TimedCallOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends it before its time. */
  readonly signal: AbortSignal | undefined
}

/**
 * Calls `run`, unless `signal` has aborted, and waits no longer than `timeoutMs`, or than `signal` allows, whether it listens or not. The signal that it is given aborts
 * at either; no timer is left behind.
 *
 * Throws: what `run` throws; `signal.reason`.
 */
export async function timedCall<T>(
  run: (signal: AbortSignal) => T | Promise<T>,
  { clock, timeoutMs, signal }: TimedCallOptions,
): Promise<TimedCall<T>> {
  signal?.throwIfAborted()
  const late = new AbortController()
  const cancel = clock.setTimer(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)))
  const both = signal ? AbortSignal.any([signal, late.signal]) : late.signal
  try {
    return { type: 'given', value: await untilAborted((async () => run(both))(), both) }
  } catch (thrown) {
    if (late.signal.aborted && !signal?.aborted) return { type: 'late' }
    throw thrown
  } finally {
    cancel()
  }
}
