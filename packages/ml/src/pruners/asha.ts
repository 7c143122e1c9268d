/** Asynchronous successive halving: at each rung of a resource only the best share goes on, without waiting for the others. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { Pruner } from '../pruner.ts'
import { checkLadder, judgeAtRung } from './rungs.ts'

export interface AshaOptions {
  /** The step of the lowest rung. @default 1 */
  readonly minResource?: number
  /** The step above which nothing is compared. @default Number.MAX_SAFE_INTEGER */
  readonly maxResource?: number
  /** η: one in so many goes on, and each rung is so many times the one below. @default 4 */
  readonly reductionFactor?: number
}

export const ashaDefaults = {
  minResource: 1,
  maxResource: Number.MAX_SAFE_INTEGER,
  reductionFactor: 4,
} satisfies Required<AshaOptions>

/**
 * Successive halving by rungs at `minResource`·η^k. A trial is judged once a rung, by the value it reports on reaching it,
 * against all that reached the rung before.
 *
 * Cost: O(other trials' reports) a report that reaches a rung.
 * Throws: `foundation/invalid-option`; `ml/invalid-variable` when `maxResource` is below `minResource`.
 * Source: Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020. Differs: the stopping form: a trial is
 * stopped or goes on at once, it is not paused to be promoted later; of n on a rung max(1, ⌊n/η⌋) go on.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, pruner: ashaPruner({ minResource: 5 }) })
 */
export function ashaPruner(options: AshaOptions = {}): Pruner {
  checkOptions('ashaPruner', options, {
    minResource: rule.optional(rule.int(1)),
    maxResource: rule.optional(rule.int(1)),
    reductionFactor: rule.optional(rule.int(2, 1_000)),
  })
  const ladder = { ...ashaDefaults, ...definedOptions(options) }
  checkLadder('ashaPruner', ladder)
  return { name: 'asha', decide: (reports, context) => judgeAtRung(reports, context, ladder) }
}
