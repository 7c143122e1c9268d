/** What is read of a study by whatever finds something in it; also trials that another program made. */

import { checkOptions, invalidOption, type OptionRule, rule } from '@mabeam/foundation'
import { checkAllMeasured, checkObjectives, type Objective } from '../objective.ts'
import { checkLimits, type OutcomeLimit } from '../outcome-limit.ts'
import type { Config, Space } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'

/** What `recommend` reads of a study; also trials that another program made. */
export interface Measurements<C = Config> {
  readonly space: Pick<Space, 'dimensions'>
  readonly objectives: readonly Objective[]
  /** Trials that were measured beyond one of them are not recommended, nor those that were within by luck. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  readonly finished: readonly FinishedTrial<C>[]
}

const spaceRule: OptionRule = {
  expected: 'a space',
  test: (value) => Array.isArray((value as Partial<Space> | null)?.dimensions),
  optional: false,
}

/** Throws `foundation/invalid-option` and `ml/invalid-variable` for what is no study and no measurements. */
export function checkMeasurements<C>(owner: string, given: Measurements<C>): void {
  const { space, objectives, limits = [], finished } = (given ?? {}) as Measurements<C>
  checkOptions(owner, { space, finished }, { space: spaceRule, finished: rule.array() })
  checkObjectives(owner, objectives)
  checkLimits(owner, limits)
  checkAllMeasured(owner, 'finished', finished)
  const wrong = finished.findIndex(({ config }) => typeof config !== 'object' || config === null)
  if (wrong >= 0) throw invalidOption(owner, `finished[${wrong}]: config`, 'a configuration', finished[wrong]?.config)
}
