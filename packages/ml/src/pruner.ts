/** The contract of pruners, which end trials early. A pruner only judges; a study keeps the reports and ends the trial. */

import type { Objective } from './objective.ts'

/** What a trial says on its way. */
export interface Report {
  /** How much of the resource was used (examples, rounds, epochs), or which example it was; an integer from 0. */
  readonly step: number
  /** Of the first objective: the estimate so far, or for the Wilcoxon pruner the score of this one example. */
  readonly value: number
}

/** Another trial of the study and what it reported, steps ascending. */
export interface ReportedTrial {
  readonly number: number
  readonly state: 'complete' | 'failed' | 'pruned' | 'pending'
  /** The first objective in the end; only of a complete trial. */
  readonly value: number | undefined
  readonly reports: readonly Report[]
}

/** All that a pruner may know beside the reports of the trial it judges. */
export interface PruneContext {
  /** Number of the judged trial. */
  readonly trial: number
  /** The first objective of the study, which the reported values are of. */
  readonly objective: Objective
  /** The other trials that reported, in the order of numbers. */
  readonly others: readonly ReportedTrial[]
}

export interface PruneDecision {
  readonly prune: boolean
  /** One clause for people. */
  readonly because: string
}

/**
 * Called by `study.report`, once a report, never concurrently with itself for one study. `decide` is a pure function of its
 * arguments. `reports` has at least one report, steps ascending, no step twice. A trial that is ahead of all others at each
 * of its steps is never pruned. The suite that checks this is `prunerContract` in `@mabeam/ml/testing`.
 */
export interface Pruner {
  readonly name: string
  decide(reports: readonly Report[], context: PruneContext): PruneDecision
}

/** A reported value as a loss. @example reportedLoss(0.9, { name: 'accuracy', direction: 'maximise' }) // => -0.9 */
export function reportedLoss(value: number, { direction }: Objective): number {
  return direction === 'maximise' ? -value : value
}

/** Goes on, and says why. */
export function goOn(because: string): PruneDecision {
  return { prune: false, because }
}
