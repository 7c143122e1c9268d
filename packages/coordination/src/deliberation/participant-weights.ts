/** How much each participant counts: checked where a user gives it, changed by feedback while a session runs. */

import { checkOptions, rule, unknownName } from '@mabeam/foundation'
import { weightMissing } from '../errors/voting-errors.ts'
import type { Feedback, Participant } from '../sessions/protocol.ts'
import { isWeight, unitWeights } from '../voting/unit-weights.ts'

/** By id; as data. */
export interface WeightsById {
  readonly [id: string]: number
}

/**
 * The weight of every participant; 1 each where none are given.
 *
 * Ensures: finite, from 0, not all 0.  Throws: `foundation/unknown-name` for who does not take part, `coordination/weight-missing`,
 * `coordination/invalid-weight`, `coordination/no-weight`.
 */
export function participantWeights(
  owner: string,
  given: WeightsById | undefined,
  participants: readonly Participant[],
): ReadonlyMap<string, number> {
  const ids = participants.map(({ id }) => id)
  if (given === undefined) return new Map(ids.map((id) => [id, 1]))
  checkOptions(owner, { weights: given }, { weights: rule.object() })
  const known = new Set(ids)
  const stranger = Object.keys(given).find((id) => !known.has(id))
  if (stranger !== undefined) throw unknownName(owner, 'weight of', stranger, ids)
  const weights = ids.map((id) => {
    const weight = Object.hasOwn(given, id) ? given[id] : undefined
    if (weight === undefined) throw weightMissing(owner, id)
    return weight
  })
  unitWeights(owner, ids, weights)
  return new Map(ids.map((id, place) => [id, weights[place] ?? 0]))
}

/** The same in whole units, so that sums are exact and no order of counting gives another result. */
export function exactWeights(owner: string, weights: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const ids = [...weights.keys()]
  const { units } = unitWeights(owner, ids, [...weights.values()])
  return new Map(ids.map((id, place) => [id, units[place] ?? 0]))
}

/**
 * The weights after somebody has said so. What is no weight, of who does not take part, or would leave nobody with any, changes nothing:
 * a running session is not ended by it.
 */
export function reweighed(weights: ReadonlyMap<string, number>, feedback: Feedback): ReadonlyMap<string, number> {
  if (feedback.type !== 'weights') return weights
  const changed = new Map(weights)
  for (const [id, weight] of Object.entries(feedback.weights)) {
    if (changed.has(id) && isWeight(weight)) changed.set(id, weight)
  }
  return changed.values().some((weight) => weight > 0) ? changed : weights
}
