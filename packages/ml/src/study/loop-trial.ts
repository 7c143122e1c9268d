/** A trial in the hands of a loop: what to measure, and how to say what came of it. */

import type { PruneDecision } from '../pruner.ts'
import type { Config } from '../space/space.ts'
import type { Trial } from '../trial.ts'
import type { Told, TrialOutcome } from './trial-outcome.ts'

/**
 * Given out by `study.trials`. End each by `tell`, `fail` or `prune`, awaited or not: what can't be written is also thrown by the
 * loop. The methods need no `this`.
 */
export interface LoopTrial<C = Config, N extends string = string> extends Trial<C> {
  /** Which measurement of the trial this is, from 0; above 0 only with `repeats`. Each has a seed of its own. */
  readonly repeat: number
  /** Aborts when measuring on is in vain: the trial was pruned, took too long, or the loop was stopped. Its reason says which. */
  readonly signal: AbortSignal
  /**
   * Ends the trial with what was measured. Values that are missing or not finite make it a failed trial (`ml/invalid-value`).
   * Resolves when durable, for one of several `repeats` at once. After the trial has ended otherwise, as by taking too long, it
   * changes nothing. Rejects with `ml/trial-already-told` when this measurement was told otherwise before, `ml/out-of-turn`,
   * `ml/study-failed`.
   */
  tell(told: Told<N>): Promise<void>
  /** Ends the trial as failed, whatever its other `repeats` measure. Resolves and rejects as `tell`. */
  fail(error: unknown): Promise<void>
  /** Ends the trial as not worth going on with. Resolves and rejects as `tell`. */
  prune(because: string): Promise<void>
  /**
   * What it measured by `step`, see `Study.report`. When the decision is to prune, the trial is pruned by that, and told anything
   * later changes nothing. Throws: `ml/invalid-report`; the reason of `signal` when it has aborted.
   */
  report(step: number, value: number): PruneDecision
}

/** How a measurement ended. */
export type Ending =
  | { readonly type: 'complete'; readonly outcome: TrialOutcome }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'pruned'; readonly because: string }
