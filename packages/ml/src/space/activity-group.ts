/** Dimensions that are always active together, which a sampler can model as one. */

import { type ConditionParent, holdsIn } from './condition.ts'
import type { Dimension } from './dimension.ts'

/** Some dimensions of a space, by position. */
export interface ActivityGroup {
  readonly positions: readonly number[]
  readonly requires: readonly ConditionParent[]
  /** Requires: what the group depends on is decided in `config`. */
  isActive(config: { readonly [name: string]: unknown }): boolean
}

/**
 * The groups of a space, each behind those it depends on: one for all that is always active, one for each pattern of
 * requirements beyond that. Without conditions there is one group.
 *
 * @example activityGroups(space({ a: bool(), b: bool({ when: { a: [true] } }) }).dimensions).length // => 2
 */
export function activityGroups(dimensions: readonly Dimension[]): ActivityGroup[] {
  const groups = new Map<string, { positions: number[]; requires: readonly ConditionParent[] }>()
  for (const [position, { requires }] of dimensions.entries()) {
    const key = JSON.stringify(requires)
    const group = groups.get(key) ?? { positions: [], requires }
    group.positions.push(position)
    groups.set(key, group)
  }
  return [...groups.values()].map((group) => ({ ...group, isActive: (config) => holdsIn(group.requires, config) }))
}
