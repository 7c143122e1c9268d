/** Turns for the event loop among much work that never waits. */

import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@mabeam/foundation'

/**
 * Called before each run: a promise where the event loop is due its turn, the same for all lanes. A model in this process
 * never waits, and timers and signals must be seen all the same.
 */
export function eventLoopTurns(clock: Clock): () => Promise<void> | undefined {
  let lastMs = clock.monotonicMs()
  let runs = 0
  let pending: Promise<void> | undefined
  return () => {
    if (pending) return pending
    const nowMs = clock.monotonicMs()
    if (nowMs - lastMs < turnMs && ++runs < turnRuns) return undefined
    runs = 0
    pending = setImmediate().then(() => {
      lastMs = clock.monotonicMs()
      pending = undefined
    })
    return pending
  }
}

const turnMs = 5
const turnRuns = 100
