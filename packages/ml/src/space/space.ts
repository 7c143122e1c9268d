/**
 * A space: named variables, constraints between them, and the configurations that satisfy both. The type of its
 * configurations is inferred. A space is immutable and has no state beyond what it computes once from itself.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { buildSpace } from './built-space.ts'
import type { AnyConfig, AnyVariables, ConfigOf } from './config.ts'
import type { Constraint } from './constraint.ts'
import type { Space } from './space-interface.ts'

export type { AnyConfig, AnyVariables, Config, ConfigOf, PartialConfigOf, Variables } from './config.ts'
export type { Constraint } from './constraint.ts'
export type { ConstraintDetails, Space, SpaceJson } from './space-interface.ts'

export interface SpaceOptions<C> {
  /** @default [] */
  readonly constraints?: readonly Constraint<C>[]
}

/**
 * A space over `variables`.
 *
 * Throws: `ml/invalid-variable` for no or too many variables, and with `foundation/unknown-name` for conditions that
 * can't be; `ml/broken-constraint` when the defaults break one.
 * @example
 * const tuning = space(
 *   { model: choice(['small', 'large']), demos: int({ min: 0, max: 16 }) },
 *   { constraints: [{ name: 'cheap', test: (c) => c.model === 'small' || c.demos <= 4, explain: () => 'large takes 4' }] },
 * )
 */
export function space<const V extends AnyVariables>(variables: V, options: SpaceOptions<ConfigOf<V>> = {}): Space<V> {
  checkOptions('space', options, { constraints: rule.optional(rule.array()) })
  const constraints = (options.constraints ?? []) as unknown as readonly Constraint<AnyConfig>[]
  return buildSpace({ ...variables }, constraints, 'refuse') as unknown as Space<V>
}
