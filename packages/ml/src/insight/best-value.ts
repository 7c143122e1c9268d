/** How good the best of a study really is: what a model of all trials expects of it, not what was measured by luck. */

import { checkOptions, rule } from '@mabeam/foundation'
import { checkMeasurements, type Measurements } from '../recommend/measurements.ts'
import { recommend } from '../recommend/recommend.ts'
import type { Config } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'
import { objectiveOf, scalarConfig } from './evidence.ts'

export interface BestValueOptions {
  /** @default the first one */
  readonly objective?: string
}

export interface BestValue<C = Config> {
  readonly objective: string
  /** The trial whose configuration is best by what is expected. */
  readonly trial: FinishedTrial<C>
  /** What is expected of that configuration. */
  readonly value: number
  /** Where its value without noise is with 95 % probability, if the model is right. */
  readonly ci95: readonly [low: number, high: number]
  /** The best that was measured; under noise it is too good by luck. */
  readonly observed: number
  /** How much `observed` is better than `value`, in units of the objective: what luck is thought to have added, where positive. */
  readonly optimism: number
}

/**
 * The best value of an objective within the limits, with an interval; undefined where no trial is complete within them.
 *
 * Throws: `foundation/unknown-name` for an objective that is none; else as `recommend`, whose model it is.
 * @example bestValueOf(study)?.ci95
 */
export function bestValueOf<C extends Config>(
  study: Measurements<C>,
  options: BestValueOptions = {},
): BestValue<C> | undefined {
  checkMeasurements('bestValueOf', study)
  checkOptions('bestValueOf', options, { objective: rule.optional(rule.string()) })
  const objective = objectiveOf('bestValueOf', study.objectives, options.objective)
  // Alone, so that nothing of how it is modelled depends on the others.
  const finished = study.finished.map((trial) => ({ ...trial, config: scalarConfig(study.space, trial.config) }))
  const space = { dimensions: study.space.dimensions }
  const picked = recommend({ ...study, space, finished, objectives: [objective] })
  if (!picked) return undefined
  const { best, observedBest } = picked
  const { value, ci95 } = best.expected[objective.name] as (typeof best.expected)[string]
  const observed = observedBest.trial.values[objective.name] as number
  const trial = study.finished.find(({ number }) => number === best.trial.number) as FinishedTrial<C>
  const optimism = objective.direction === 'maximise' ? observed - value : value - observed
  return { objective: objective.name, trial, value, ci95, observed, optimism }
}
