/** What a space is to those who use it, and its form as plain data. */

import type { Json, Random } from '@mabeam/foundation'
import type { AnyVariables, Config, ConfigOf, PartialConfigOf, Variables } from './config.ts'
import type { Constraint } from './constraint.ts'
import type { Dimension } from './dimension.ts'
import type { Points } from './points.ts'

/** What else there is to say about a constraint. */
export interface ConstraintDetails<C> {
  readonly explain?: (config: C) => string
  /** See `Constraint.reads`. */
  readonly reads?: readonly (keyof C & string)[]
}

/** Called by studies and samplers; every method is pure but for the `random` it is given. */
export interface Space<V extends AnyVariables = Variables> {
  readonly variables: V
  readonly constraints: readonly Constraint<ConfigOf<V>>[]
  /** The default of each variable that is active when the others have theirs. Always valid. */
  readonly defaults: ConfigOf<V>
  /**
   * Number of valid configurations, inactive variables not counted. Where constraints bind more than can be listed it leaves
   * them aside, so that it is never too small.
   */
  readonly cardinality: number
  /**
   * The variables as numbers, in order but for those that stand before what they depend on; for a list those of the scalars that
   * it consists of.
   */
  readonly dimensions: readonly Dimension[]
  /** The valid configurations as a list, or undefined when there are more than 65,536. */
  readonly points: Points<ConfigOf<V>> | undefined
  /** The same space with lists as scalars, which is what samplers see; itself where there are no lists. */
  readonly scalar: Space
  /**
   * A valid configuration drawn from the prior: uniform on each axis, parents first, given the constraints. Exact where
   * what constraints read can be listed, else by at most 10,000 draws. Throws: `ml/unsatisfiable` naming the constraints.
   */
  sample(random: Random): ConfigOf<V>
  /**
   * The configuration as it is stored (values on their steps, variables in order). Throws: `ml/invalid-config` naming
   * variable, expectation and what was got, also for a value of an inactive variable; `foundation/unknown-name` for a
   * variable too many; `ml/broken-constraint`.
   */
  validate(config: unknown): ConfigOf<V>
  /** As `validate`, but what is missing gets its default and what is inactive is left out. */
  complete(config: PartialConfigOf<V>): ConfigOf<V>
  /** Names of the variables that are active, in order, by the values of their parents alone. */
  activeIn(config: ConfigOf<V>): string[]
  /** Whether all constraints hold. Requires: values in their ranges, of active variables only. */
  satisfies(config: ConfigOf<V>): boolean
  /** The configuration in `scalar`. Requires: a valid one. */
  toScalar(config: ConfigOf<V>): Config
  /** The configuration that one of `scalar` stands for. Requires: a valid one. */
  fromScalar(config: Config): ConfigOf<V>
  /**
   * The space under one more constraint. Defaults that nobody gave move to the nearest valid ones. Throws:
   * `ml/invalid-variable`; `ml/broken-constraint` when defaults that were given break it; `ml/unsatisfiable`.
   */
  constrain(
    name: string,
    test: (config: ConfigOf<V>) => boolean,
    explain?: ((config: ConfigOf<V>) => string) | ConstraintDetails<ConfigOf<V>>,
  ): Space<V>
  /** Variables and names of constraints as plain data; see `spaceFromJSON`. */
  toJSON(): SpaceJson
}

/** A space as plain data. Constraints are code and leave only their names. */
export interface SpaceJson {
  /** 2 where there are conditions, lists, roles, weights or hints, which version 1 did not know. */
  readonly version: 1 | 2
  readonly variables: { readonly [name: string]: Json }
  readonly constraints: readonly string[]
}
