/** What `optimize` makes better, in the short forms people write. */

import { checkOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import type { Direction, Objective } from '@mabeam/ml'

/** Names alone, where the direction is known; or as studies take them. The first decides, the others break ties and make the front. */
export type TuningObjectives =
  | readonly (KnownObjective | Omit<Objective, 'noise'>)[]
  | { readonly [name: string]: Direction }

/** What is always measured, by the name that objectives go by; `costUsd` where the price is known. */
export type KnownObjective = 'accuracy' | 'costUsd' | 'latencyMs' | 'tokens' | 'calls'

const directions: { readonly [name in KnownObjective]: Objective['direction'] } = {
  accuracy: 'maximise',
  costUsd: 'minimise',
  latencyMs: 'minimise',
  tokens: 'minimise',
  calls: 'minimise',
}

/** All known objectives. */
export const knownObjectives: readonly string[] = Object.keys(directions)

/**
 * Objectives as studies take them.
 *
 * Throws: `foundation/unknown-name` for a name without a direction; `foundation/invalid-option`.
 * @example tuningObjectives(['accuracy', 'costUsd'])[1] // => { name: 'costUsd', direction: 'minimise' }
 */
export function tuningObjectives(given: TuningObjectives): readonly Objective[] {
  const list = isList(given) ? given.map(objectiveOf) : Object.entries(given).map(([name, one]) => named(name, one))
  const names = list.map(({ name }) => name)
  if (list.length === 0) throw invalidOption('optimize', 'objectives', 'at least one objective', given)
  if (new Set(names).size !== names.length) throw invalidOption('optimize', 'objectives', 'names that differ', names)
  return list
}

function isList(given: TuningObjectives): given is Extract<TuningObjectives, readonly unknown[]> {
  return Array.isArray(given)
}

function objectiveOf(given: KnownObjective | Omit<Objective, 'noise'>): Objective {
  if (typeof given !== 'string') {
    checkOptions('optimize: objectives', given, { name: rule.any(), direction: rule.any() })
    return named(given.name, given.direction)
  }
  if (Object.hasOwn(directions, given)) return { name: given, direction: directions[given] }
  throw unknownName('optimize', 'objective (write { name, direction } for one of your metric)', given, knownObjectives)
}

function named(name: unknown, direction: unknown): Objective {
  if (typeof name !== 'string' || name === '') throw invalidOption('optimize', 'objectives', 'names', name)
  if (direction === 'max' || direction === 'maximise') return { name, direction: 'maximise' }
  if (direction === 'min' || direction === 'minimise') return { name, direction: 'minimise' }
  throw invalidOption('optimize: objectives', name, 'one of max, maximise, min, minimise', direction)
}
