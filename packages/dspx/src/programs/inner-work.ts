/** Work that runs many programs, such as an evaluation or a tuning, where it is begun inside of a run. */

import { bothSignals } from './inner-runs.ts'
import { currentRun, enterRun } from './run-context.ts'

/**
 * Does work as one inner run of the run around it, if there is one: it ends with that run. What the work runs is stopped by its signal
 * and is no inner run of that run by itself, so its end is not taken for the failure of a row.
 *
 * Throws: what the work throws; `dspx/run-ended` once the run around is over.
 */
export function asInnerRun<T>(
  own: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const { inner, ...outer } = currentRun() ?? {}
  if (inner === undefined) return work(own)
  return inner.run((around) => enterRun(outer, () => work(bothSignals(own, around))))
}
