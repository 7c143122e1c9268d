/** How much each vote of a session weighs: what was given, less what correlates, capped, in whole units. */

import { discountedWeights } from './model-families.ts'
import { type UnitWeights, unitWeights } from './unit-weights.ts'
import { cappedWeights } from './weight-caps.ts'

export interface Weighing {
  readonly owner: string
  /** Participants, by place. */
  readonly ids: readonly string[]
  /** By place: the family of each, if any. */
  readonly families: readonly (string | undefined)[]
  /** How much the errors of a family correlate. */
  readonly correlation: number
  /** The most that one may have of all; 1 is no cap. */
  readonly shareMax: number
}

/** All alike. */
export function equalWeighing(owner: string, ids: readonly string[]): Weighing {
  return { owner, ids, families: ids.map(() => undefined), correlation: 0, shareMax: 1 }
}

/**
 * What was given, by place, in units. Throws: as `unitWeights`.
 */
export function weighed(weighing: Weighing, given: readonly number[]): UnitWeights {
  const { owner, ids, families, correlation, shareMax } = weighing
  // Refuses what is no weight before anything is worked out from it.
  const plain = unitWeights(owner, ids, given)
  if (shareMax === 1 && families.every((family) => family === undefined)) return plain
  return unitWeights(owner, ids, cappedWeights(discountedWeights(given, families, correlation), shareMax))
}
