/** Collects the sets of demonstrations of one predictor; a demonstration that is in several sets is kept once. */

import type { Demo } from '../../signatures/signature.ts'
import type { PredictorCandidates } from '../tuning-plan.ts'

/** Filled by a teleprompter, then read once. */
export interface CandidateSets {
  add(name: string, demos: readonly Demo[]): void
  /** The candidates with these instructions beside. */
  candidates(instructions: { readonly [name: string]: string }): PredictorCandidates
}

export function candidateSets(): CandidateSets {
  const demos: Demo[] = []
  const positions = new Map<string, number>()
  const demoSets: { [name: string]: readonly number[] } = {}
  const positionOf = (demo: Demo) => {
    const key = JSON.stringify(demo)
    const known = positions.get(key)
    if (known !== undefined) return known
    positions.set(key, demos.length)
    return demos.push(demo) - 1
  }
  return {
    add: (name, set) => {
      demoSets[name] = set.map(positionOf)
    },
    candidates: (instructions) => ({ instructions, demos, demoSets }),
  }
}
