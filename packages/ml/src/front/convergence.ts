/** Whether a front still grows: its hypervolume now against a window of trials ago. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { checkAllMeasured, lossesOf, type Objective } from '../objective.ts'
import { type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import type { FinishedTrial } from '../trial.ts'
import { hypervolume, hypervolumeObjectivesMax, hypervolumePointsMax } from './hypervolume.ts'
import { normalise, rangeOf } from './normalise.ts'
import { nonDominated } from './pareto-front.ts'

export interface ConvergenceOptions {
  /** Complete trials that are looked back. @default 20 */
  readonly window?: number
  /** Growth of the hypervolume over the window, as a share of it, below which the front has converged. @default 0.005 */
  readonly tolerance?: number
  /** Trials beyond a limit are left out. @default [] */
  readonly limits?: readonly OutcomeLimit[]
}

export const convergenceDefaults = {
  window: 20,
  tolerance: 0.005,
  limits: [],
} as const satisfies Required<ConvergenceOptions>

export interface FrontConvergence {
  readonly status: 'too-early' | 'improving' | 'converged'
  /** Growth over the window, as a share of the hypervolume now; `undefined` when too early or when it can't be computed. */
  readonly growth: number | undefined
  /** Points of the front now, and how many of them are from the window. */
  readonly front: number
  readonly fresh: number
  readonly because: string
}

/**
 * Compares the front of the complete trials with the front of all but the last `window` of them. Both are scaled to the range of
 * the two together, the reference is a tenth beyond it. Too early below two windows. Above six objectives, or 1,000 points of four
 * and more, it goes by the share of fresh points alone: none fresh is converged.
 *
 * Throws: `foundation/invalid-option`.
 * Source: hypervolume-based stopping, as Guerrero et al., MGBM, 2009 in spirit. Differs: a plain threshold on the growth of a window.
 * @example frontConvergence(study.finished, study.objectives).status
 */
export function frontConvergence(
  finished: readonly FinishedTrial[],
  objectives: readonly Objective[],
  options: ConvergenceOptions = {},
): FrontConvergence {
  checkOptions('frontConvergence', { finished, objectives }, { finished: rule.array(), objectives: rule.array() })
  checkAllMeasured('frontConvergence', 'finished', finished)
  checkOptions('frontConvergence', options, {
    window: rule.optional(rule.int(1, 1_000_000)),
    tolerance: rule.optional(rule.number(0, 1)),
    limits: rule.optional(rule.array()),
  })
  const { window, tolerance, limits } = { ...convergenceDefaults, ...definedOptions(options) }
  const complete = finished.filter((trial) => trial.state === 'complete' && violationOf(trial, limits) === 0)
  const losses = complete.map((trial) => lossesOf(trial, objectives))
  const now = nonDominated(losses)
  const edge = losses.length - window
  const fresh = now.filter((i) => i >= edge).length
  const counts = { front: now.length, fresh }
  if (losses.length < 2 * window) {
    return {
      status: 'too-early',
      growth: undefined,
      ...counts,
      because: `${losses.length} complete trials of ${2 * window} needed`,
    }
  }
  const frontNow = now.map((i) => losses[i] as number[])
  if (objectives.length > hypervolumeObjectivesMax || frontNow.length > hypervolumePointsMax) {
    const status = fresh === 0 ? 'converged' : 'improving'
    return {
      status,
      growth: undefined,
      ...counts,
      because: `${fresh} of ${now.length} points of the front are from the last ${window} trials`,
    }
  }
  const before = losses.slice(0, edge)
  const frontBefore = nonDominated(before).map((i) => before[i] as number[])
  const range = rangeOf([...frontNow, ...frontBefore])
  const reference = objectives.map(() => 1.1)
  const volume = (front: readonly number[][]) =>
    hypervolume(
      front.map((point) => normalise(point, range)),
      reference,
    )
  const [volumeNow, volumeBefore] = [volume(frontNow), volume(frontBefore)]
  const growth = 1 - volumeBefore / volumeNow
  const because = `the hypervolume grew by ${(100 * growth).toPrecision(3)} % over the last ${window} trials`
  return { status: growth < tolerance ? 'converged' : 'improving', growth, ...counts, because }
}
