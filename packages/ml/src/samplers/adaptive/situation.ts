/** What `adaptive` looks at when it chooses, and what a user's rule may look at. */

import type { AskContext } from '../../sampler.ts'
import type { Dimension } from '../../space/dimension.ts'

/** A study at the moment of an ask, in numbers. */
export interface Situation {
  /** Variables, each item of a list counted by itself. */
  readonly variables: number
  /** Variables whose values have an order and are more than eight, continuous ones among them. */
  readonly numeric: number
  /** Variables that only some configurations have. */
  readonly conditional: number
  /** Configurations of the space; `Infinity` with a continuous variable. */
  readonly configs: number
  readonly objectives: number
  /** Bounds on measured values. */
  readonly limits: number
  /** Told trials, also those that failed, were pruned or are beyond a limit. */
  readonly finished: number
  /** Told trials that were measured and keep the limits. */
  readonly complete: number
  readonly pending: number
  /** Trials that the study is to have in the end; undefined where nobody said. */
  readonly budget: number | undefined
}

/** More values than this on an axis are as good as a continuum. */
const coarseValues = 8

/** Requires: `complete` counts the complete trials of `finished`. */
export function situationOf(context: AskContext, complete: number, budget: number | undefined): Situation {
  const { space, objectives, limits = [], finished, pending } = context
  const { dimensions, cardinality } = space
  return {
    variables: dimensions.length,
    numeric: dimensions.filter(isNumeric).length,
    conditional: dimensions.filter(({ condition }) => condition !== undefined).length,
    configs: cardinality,
    objectives: objectives.length,
    limits: limits.length,
    finished: finished.length,
    complete,
    pending: pending.length,
    budget: budget ?? context.budget,
  }
}

function isNumeric({ kind, count }: Dimension): boolean {
  return kind !== 'unordered' && count > coarseValues
}
