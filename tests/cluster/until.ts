/** Waiting for what real processes do, in real time. */

import { delay, systemClock } from '@mabeam/foundation'

const lookMs = 20

/** Looks again and again until it is so; a signal, or the test's own time, is the limit. Rejects with `signal.reason`. */
export async function until(condition: () => boolean | Promise<boolean>, signal?: AbortSignal): Promise<void> {
  while (!(await condition())) await delay(systemClock, lookMs, signal)
}
