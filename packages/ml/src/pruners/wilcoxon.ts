/** Paired pruning: a trial ends when, on the examples that both have seen, the incumbent is better beyond chance. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { goOn, type PruneContext, type Pruner, type ReportedTrial, reportedLoss } from '../pruner.ts'
import { signedRank } from '../stats/signed-rank.ts'

export interface WilcoxonPrunerOptions {
  /** Prunes below this probability. @default 0.1 */
  readonly pMax?: number
  /** Examples that both must have seen. The exact test can't fall below 0.1 on fewer than four. @default 2 */
  readonly sharedMin?: number
}

export const wilcoxonPrunerDefaults = { pMax: 0.1, sharedMin: 2 } satisfies Required<WilcoxonPrunerOptions>

/**
 * Compares with the incumbent, the complete trial with the best final value. A report is the score of one example and its step
 * says which; the order does not matter. Prunes when a one-sided signed-rank test over the shared examples gives p < `pMax`,
 * never when the mean over them is not worse than the incumbent's.
 *
 * Cost: O(s³) a report for s shared examples up to 25, O(s log s) above.
 * Throws: `foundation/invalid-option`.
 * Source: the WilcoxonPruner of Optuna 3.6 (2024); test as `signedRank` says. Differs: exact with ties; equal means go on.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, pruner: wilcoxonPruner() })
 */
export function wilcoxonPruner(options: WilcoxonPrunerOptions = {}): Pruner {
  checkOptions('wilcoxonPruner', options, {
    pMax: rule.optional(rule.number(0, 1)),
    sharedMin: rule.optional(rule.int(1, 1_000_000)),
  })
  const { pMax, sharedMin } = { ...wilcoxonPrunerDefaults, ...definedOptions(options) }
  return {
    name: 'wilcoxon',
    decide(reports, context) {
      const incumbent = incumbentOf(context)
      if (!incumbent) return goOn('there is no incumbent with reports')
      const theirs = new Map(incumbent.reports.map(({ step, value }) => [step, value]))
      const worse: number[] = []
      for (const { step, value } of reports) {
        const other = theirs.get(step)
        if (other === undefined) continue
        worse.push(reportedLoss(value, context.objective) - reportedLoss(other, context.objective))
      }
      const against = `trial ${incumbent.number} on ${worse.length} shared examples`
      if (worse.length < sharedMin) return goOn(`${against}, ${sharedMin} needed`)
      if (worse.reduce((sum, one) => sum + one, 0) <= 0) return goOn(`its mean is not worse than that of ${against}`)
      const { p } = signedRank(worse)
      return { prune: p < pMax, because: `worse than ${against} with p = ${p.toPrecision(3)}, limit ${pMax}` }
    },
  }
}

function incumbentOf({ others, objective }: PruneContext): ReportedTrial | undefined {
  let best: ReportedTrial | undefined
  for (const other of others) {
    if (other.state !== 'complete' || other.value === undefined || other.reports.length === 0) continue
    const better = !best || reportedLoss(other.value, objective) < reportedLoss(best.value as number, objective)
    if (better) best = other
  }
  return best
}
