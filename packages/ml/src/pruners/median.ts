/** The median rule: a trial ends when even its best report is worse than what half of the others had on average by then. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { goOn, type Pruner, type Report, reportedLoss } from '../pruner.ts'
import { median } from '../stats/quantile.ts'

export interface MedianPrunerOptions {
  /** Complete trials with reports before any trial is pruned. @default 5 */
  readonly startupTrials?: number
  /** No trial is pruned at a step below this. @default 0 */
  readonly warmupSteps?: number
}

export const medianPrunerDefaults = { startupTrials: 5, warmupSteps: 0 } satisfies Required<MedianPrunerOptions>

/**
 * Prunes at step s when the best value reported by s is worse than the median, over the complete trials, of the mean of what each
 * had reported by s.
 *
 * Cost: O(all reports of complete trials) a report.
 * Throws: `foundation/invalid-option`.
 * Source: Golovin et al., Google Vizier, KDD 2017, section 3.2.1. Differs: start-up trials and warm-up steps.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, pruner: medianPruner({ startupTrials: 8 }) })
 */
export function medianPruner(options: MedianPrunerOptions = {}): Pruner {
  checkOptions('medianPruner', options, {
    startupTrials: rule.optional(rule.int(1, 1_000_000)),
    warmupSteps: rule.optional(rule.int(0)),
  })
  const { startupTrials, warmupSteps } = { ...medianPrunerDefaults, ...definedOptions(options) }
  return {
    name: 'median',
    decide(reports, { objective, others }) {
      const { step } = reports.at(-1) as Report
      if (step < warmupSteps) return goOn(`step ${step} is below warmupSteps ${warmupSteps}`)
      const means: number[] = []
      for (const other of others) {
        const average = other.state === 'complete' ? meanBy(other.reports, step) : undefined
        if (average !== undefined) means.push(reportedLoss(average, objective))
      }
      if (means.length < startupTrials)
        return goOn(`${means.length} trials to compare with, of ${startupTrials} needed`)
      const best = Math.min(...reports.map(({ value }) => reportedLoss(value, objective)))
      const middle = median(means)
      const sign = objective.direction === 'maximise' ? -1 : 1
      const compared = `its best by step ${step} is ${show(sign * best)}, the median of ${means.length} trials ${show(sign * middle)}`
      return { prune: best > middle, because: compared }
    },
  }
}

function meanBy(reports: readonly Report[], step: number): number | undefined {
  let sum = 0
  let count = 0
  for (const report of reports) {
    if (report.step > step) break
    sum += report.value
    count++
  }
  return count === 0 ? undefined : sum / count
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)))
}
