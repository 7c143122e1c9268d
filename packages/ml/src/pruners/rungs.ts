/** Rungs: the amounts of a resource at which trials are compared, each `reductionFactor` times the one below. */

import { invalidVariable } from '../errors.ts'
import {
  goOn,
  type PruneContext,
  type PruneDecision,
  type Report,
  type ReportedTrial,
  reportedLoss,
} from '../pruner.ts'

export interface Ladder {
  /** The resource of the lowest rung. */
  readonly minResource: number
  /** No comparison above it. */
  readonly maxResource: number
  readonly reductionFactor: number
}

/** Throws `ml/invalid-variable` when no rung fits. */
export function checkLadder(owner: string, { minResource, maxResource }: Ladder): void {
  if (maxResource >= minResource) return
  throw invalidVariable(`${owner}: maxResource`, `at least minResource (${minResource})`, maxResource)
}

/** The rung that the last of `reports` is the first to reach, with its resource; undefined between rungs. */
function rungReached(
  reports: readonly Report[],
  ladder: Ladder,
): { readonly rung: number; readonly resource: number } | undefined {
  const last = (reports.at(-1) as Report).step
  const before = reports.at(-2)?.step ?? -1
  const rung = highestRung(last, ladder)
  if (rung < 0 || rung === highestRung(before, ladder)) return undefined
  return { rung, resource: ladder.minResource * ladder.reductionFactor ** rung }
}

/**
 * Halves at a rung: goes on when the value reported on reaching it is among the best ⌊n/η⌋, at least one, of the n that
 * have reached it; equal values go on together. The first on a rung always goes on.
 */
export function judgeAtRung(reports: readonly Report[], context: PruneContext, ladder: Ladder): PruneDecision {
  const reached = rungReached(reports, ladder)
  const { step, value } = reports.at(-1) as Report
  if (!reached) return goOn(`step ${step} reaches no new rung`)
  const own = reportedLoss(value, context.objective)
  const losses = lossesAt(context.others, reached.resource, context)
  const ahead = losses.filter((loss) => loss < own).length
  const n = losses.length + 1
  const stay = Math.max(1, Math.floor(n / ladder.reductionFactor))
  const because = `rank ${ahead + 1} of ${n} at rung ${reached.rung} (resource ${reached.resource}), the best ${stay} go on`
  return { prune: ahead >= stay, because }
}

/** What the others reported on reaching a resource. */
function lossesAt(others: readonly ReportedTrial[], resource: number, { objective }: PruneContext): number[] {
  const losses: number[] = []
  for (const { state, reports } of others) {
    if (state === 'failed') continue
    const at = reports.find(({ step }) => step >= resource)
    if (at) losses.push(reportedLoss(at.value, objective))
  }
  return losses
}

function highestRung(step: number, { minResource, maxResource, reductionFactor }: Ladder): number {
  let rung = -1
  for (let resource = minResource; resource <= Math.min(step, maxResource); resource *= reductionFactor) rung++
  return rung
}
