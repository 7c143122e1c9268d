/** Collects the sets of demonstrations of one predictor; a demonstration that is in several sets is kept once. */

import type { Demo } from '../../signatures/signature.ts'
import type { PredictorCandidates } from '../tuning-plan.ts'

/** Filled by a teleprompter, then read once. */
export interface CandidateSets {
  /** With `nearest`, a pool of which each question is shown so many. */
  add(name: string, demos: readonly Demo[], nearest?: number): void
  /** The candidates with these instructions beside. */
  candidates(instructions: { readonly [name: string]: string }): PredictorCandidates
}

export function candidateSets(): CandidateSets {
  const demos: Demo[] = []
  const positions = new Map<string, number>()
  const demoSets: { [name: string]: readonly number[] } = {}
  const pools: { [name: string]: number } = {}
  const positionOf = (demo: Demo) => {
    const key = JSON.stringify(demo)
    const known = positions.get(key)
    if (known !== undefined) return known
    positions.set(key, demos.length)
    return demos.push(demo) - 1
  }
  return {
    add: (name, set, nearest) => {
      demoSets[name] = set.map(positionOf)
      if (nearest !== undefined) pools[name] = nearest
    },
    candidates: (instructions) => ({
      instructions,
      demos,
      demoSets,
      ...(Object.keys(pools).length > 0 && { nearest: pools }),
    }),
  }
}
