/** Memory of a sampler between asks: what was computed from `finished` is kept, and an ask only adds what is new. */

import type { AskContext } from '../sampler.ts'
import type { FinishedTrial } from '../trial.ts'

interface Kept<T> {
  readonly state: T
  readonly space: AskContext['space']
  readonly objectives: AskContext['objectives']
  known: number
  last: FinishedTrial | undefined
}

/**
 * A fold over `finished` that goes on where it stopped. It starts anew for another array, space or list of objectives, and when
 * the array is not the one it knew, only longer; so the result depends on the context alone.
 *
 * @example const countOf = incremental(() => ({ n: 0 }), (state) => state.n++); countOf(context).n
 */
export function incremental<T>(
  start: (context: AskContext) => T,
  add: (state: T, trial: FinishedTrial) => void,
): (context: AskContext) => T {
  const memory = new WeakMap<readonly FinishedTrial[], Kept<T>>()
  return (context) => {
    const { finished, space, objectives } = context
    let kept = memory.get(finished)
    if (!kept || !goesOn(kept, context)) {
      kept = { state: start(context), space, objectives, known: 0, last: undefined }
      memory.set(finished, kept)
    }
    for (; kept.known < finished.length; kept.known++) {
      kept.last = finished[kept.known] as FinishedTrial
      add(kept.state, kept.last)
    }
    return kept.state
  }
}

function goesOn<T>(kept: Kept<T>, { finished, space, objectives }: AskContext): boolean {
  if (kept.space !== space || kept.objectives !== objectives) return false
  return kept.known === 0 || finished[kept.known - 1] === kept.last
}
