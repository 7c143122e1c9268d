/** Retries of any call to a model: counted, and each told of by an event. */

import { type Clock, isMabeamError, type Random, type RetryPolicy, retry, type Telemetry } from '@mabeam/foundation'
import { withData } from '../error-data.ts'
import { type RetriedFailure, retriedAfterMax } from './usage.ts'

/** How calls are tried again, and who is told. */
export interface CountedRetryOptions {
  readonly policy: RetryPolicy
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

/** One call. */
export interface RetriedCall<A> {
  readonly modelId: string
  readonly signal: AbortSignal | undefined
  /** Tries, from 1. */
  readonly attempt: (which: number) => Promise<A>
}

/** What became of a call, and of its tries before the last. */
export interface CountedAnswer<A> {
  readonly answer: A
  readonly retries: number
  /** What the tries before failed of, at most {@link retriedAfterMax} of them. */
  readonly retriedAfter: readonly RetriedFailure[]
}

/**
 * Emits `dspx.call-retried` before each retry. Throws: what the last try threw, with `retries` and `retriedAfter` in its data where
 * there were any.
 */
export async function countedRetry<A>(
  { modelId, signal, attempt }: RetriedCall<A>,
  { policy, clock, random, telemetry }: CountedRetryOptions,
): Promise<CountedAnswer<A>> {
  let retries = 0
  const retriedAfter: RetriedFailure[] = []
  const onRetry = ({ thrown }: { readonly thrown: unknown }, delayMs: number) => {
    retries += 1
    if (retriedAfter.length < retriedAfterMax) retriedAfter.push(retriedFailure(thrown, delayMs))
    if (!telemetry.enabled) return
    const code = isMabeamError(thrown) ? thrown.code : 'unknown'
    telemetry.emit({
      name: 'dspx.call-retried',
      measurements: { attempt: retries, delayMs },
      metadata: { modelId, code },
    })
  }
  try {
    return { answer: await retry(attempt, { clock, random, policy, signal, onRetry }), retries, retriedAfter }
  } catch (thrown) {
    throw isMabeamError(thrown) && retries > 0
      ? withData(thrown, { retries, retriedAfter: retriedAfter.map((one) => ({ ...one })) })
      : thrown
  }
}

function retriedFailure(thrown: unknown, delayMs: number): RetriedFailure {
  if (!isMabeamError(thrown)) return { code: 'unknown', delayMs }
  const { reason, status } = thrown.data
  return {
    code: thrown.code,
    ...(typeof reason === 'string' && { reason }),
    ...(typeof status === 'number' && { status }),
    delayMs,
  }
}
