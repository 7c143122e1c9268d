/** How much each participant counts: checked where a user gives it, changed by feedback while a session runs. */

import { checkOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import type { Feedback, Participant } from '../sessions/protocol.ts'

/** A single weight; sums of a session's weights stay far from where doubles lose count. */
export const weightMax = 1e9

/** By id; as data. */
export interface WeightsById {
  readonly [id: string]: number
}

/**
 * The weight of every participant. Who is not named weighs 1.
 *
 * Ensures: finite, from 0 to `weightMax`, not all 0.  Throws: `foundation/unknown-name` for who does not take part,
 * `foundation/invalid-option` for what is no weight.
 */
export function participantWeights(
  owner: string,
  given: WeightsById | undefined,
  participants: readonly Participant[],
): ReadonlyMap<string, number> {
  const known = participants.map(({ id }) => id)
  const weights = new Map(known.map((id) => [id, 1]))
  if (given === undefined) return weights
  checkOptions(owner, { weights: given }, { weights: rule.object() })
  for (const [id, weight] of Object.entries(given)) {
    if (!weights.has(id)) throw unknownName(owner, 'participant in weights', id, known)
    if (!isWeight(weight)) throw invalidOption(owner, `weights.${id}`, `a number from 0 to ${weightMax}`, weight)
    weights.set(id, weight)
  }
  if (!weighsAnything(weights)) throw invalidOption(owner, 'weights', 'at least one above 0', given)
  return weights
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
  return weighsAnything(changed) ? changed : weights
}

function isWeight(weight: unknown): weight is number {
  return typeof weight === 'number' && weight >= 0 && weight <= weightMax
}

function weighsAnything(weights: ReadonlyMap<string, number>): boolean {
  return weights.values().some((weight) => weight > 0)
}
