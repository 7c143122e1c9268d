/**
 * The contract of studies: trials that are asked for and told about, in a journal. A study owns numbers, seeds and durability and proposes
 * nothing itself (its sampler does). `createStudy`, `openStudy` and `readStudy` give one.
 */

import type { Clock, Json, Telemetry } from '@mabeam/foundation'
import type { ReportFunction } from '../executor.ts'
import type { Importance, ImportanceOptions } from '../insight/importance.ts'
import type { Objective } from '../objective.ts'
import type { OutcomeLimit } from '../outcome-limit.ts'
import type { PruneDecision, Pruner } from '../pruner.ts'
import type { RecommendedTrial } from '../recommend/recommend.ts'
import type { Sampler } from '../sampler.ts'
import type { AnyVariables, Config, ConfigOf, Space, Variables } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import type { Explanation } from './explanation.ts'
import type { PairedExample } from './minibatches.ts'
import type { RunOptions, StudyReport } from './run-study.ts'
import type { NumberedOutcome, Told } from './trial-outcome.ts'
import type { Trials, TrialsOptions } from './trials.ts'

/** A finished trial, what is expected of its configuration, and how sure that is. */
export type ExpectedTrial<C = Config> = FinishedTrial<C> & Omit<RecommendedTrial<C>, 'trial'>

/** Measures one trial for `Study.run`; values that are missing or not finite make it a failed one. */
export type Evaluate<C = Config, N extends string = string> = (
  trial: Trial<C>,
  signal: AbortSignal,
  report: ReportFunction,
) => Told<N> | Promise<Told<N>>

/** How `Study.run` runs. */
export interface StudyRunOptions extends RunOptions {
  /** Trials at once; more than one helps only where measuring waits. @default 1 */
  readonly parallel?: number
}

/** Called by one loop at a time (`trials`, `run`, `runStudy`, or your own). `N`: the names of the objectives. */
export interface Study<V extends AnyVariables = Variables, N extends string = string> {
  readonly id: string
  readonly space: Space<V>
  readonly objectives: readonly Objective[]
  readonly limits: readonly OutcomeLimit[]
  readonly seed: number
  /** As in the header, which for a resumed study is the first run's. */
  readonly meta: Json
  readonly sampler: Sampler
  readonly pruner: Pruner | undefined
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Told trials in the order of tells, failed and pruned ones too. Grows in place. Contains a trial as soon as it is told. */
  readonly finished: readonly FinishedTrial<ConfigOf<V>>[]
  /** Asked and not told, in the order of asks. */
  readonly pending: readonly Trial<ConfigOf<V>>[]
  /** Whether a trial was asked and not told. */
  isPending(number: number): boolean
  /**
   * True when nothing new can be asked: a finite space has no configuration left that is neither finished nor pending, and no
   * pending trial waits to be asked again.
   */
  readonly exhausted: boolean
  /**
   * The trials until the study has `budget` finished ones, for a loop that measures itself. While `parallel` of them are given out and
   * not ended the loop waits. So a body that awaits its measurement goes one by one, and asks each trial knowing all before; one
   * that starts it and goes on has up to `parallel` under way. The loop ends when all are ended and durable.
   *
   * A trial that nobody ends holds its place until `trialTimeoutMs` (an hour by default), then it has failed; so give a `signal` or
   * a shorter time where that may happen. After `break`, an error in the body or an abort, what is pending stays pending: it may
   * still be told, and is asked again first by the next loop. Where both tell, the first counts.
   *
   * The loop throws `signal.reason`; `ml/too-many-failures`; `ml/study-failed` when the journal can't be written, also when no
   * tell was awaited; what the sampler throws. `trials` itself throws for options that can't be.
   * Several workers may go through the same `trials` at once, each awaiting its own measurements; `run` is the short form of that.
   * @example for await (const trial of study.trials({ budget: 100 })) trial.tell(await evaluate(trial.config))
   */
  trials(options: TrialsOptions): Trials<ConfigOf<V>, N>
  /** Runs `evaluate` in this process, up to `parallel` at once: `runStudy` with the inline executor. Throws: as `runStudy`. */
  run(evaluate: Evaluate<ConfigOf<V>, N>, options: StudyRunOptions): Promise<StudyReport<V>>
  /**
   * The next trial: first those that were pending when the study was resumed or were released, then the enqueued, then what the
   * sampler proposes. The same seed, history and budget give the same trial. It is journaled but not waited for: an ask lost in a crash
   * is asked again. `budget` is told to the sampler, where it is known how many finished trials there shall be.
   * Throws: what the sampler throws; `ml/unusable-numbers` for a budget that is none; `ml/study-failed` once a write has failed;
   * `ml/study-read-only`.
   */
  ask(budget?: number): Trial<ConfigOf<V>>
  /** `count` asks, as if one after the other. Requires: 1 to 10,000. Throws: as `ask`; then the trials so far stay pending. */
  askMany(count: number): Trial<ConfigOf<V>>[]
  /**
   * Gives a pending trial back: it is asked again before anything new. It may still be told. What it reported is forgotten.
   * Throws: `ml/trial-already-told`, `ml/unknown-trial`.
   */
  release(number: number): void
  /**
   * What a pending trial measured by `step`, and what the pruner makes of it; without a pruner it goes on. Only the caller ends
   * the trial, by `prune`. Reports become durable with the end of their trial. A step reported again gets the new value.
   * Throws: `ml/invalid-report`, `ml/trial-already-told`, `ml/unknown-trial`, `ml/study-failed`, `ml/study-read-only`.
   */
  report(number: number, step: number, value: number): PruneDecision
  /**
   * Ends a trial with an outcome, its values alone, or the bare value of the one objective. It is in `finished` at once and durable when this resolves; do not report it before. The same outcome told
   * again resolves when the first tell is durable and changes nothing. Rejects with `ml/trial-already-told`,
   * `ml/unknown-trial`, `ml/invalid-value` (the trial stays pending), `ml/study-failed`, `ml/study-read-only`.
   */
  tell(number: number, told: Told<N>): Promise<void>
  /** Tells of many trials, in this order. All are checked first: it rejects as `tell`, and then none is told. */
  tellMany(outcomes: readonly NumberedOutcome[]): Promise<void>
  /** Ends a trial that could not be measured. Durable and rejecting as `tell`. */
  fail(number: number, error: unknown): Promise<void>
  /** Ends a trial that is not worth going on with. Durable and rejecting as `tell`. */
  prune(number: number, because: string): Promise<void>
  /**
   * What to take: the trial that is best in the first objective by posterior mean, with what is expected of each objective and its
   * 95 % interval, or as observed where there is no noise; see `recommend`. Undefined where no trial keeps the limits. The models are fitted when it, `front` or `explain`
   * is first called after a trial has ended, which takes up to seconds with hundreds of trials.
   */
  best(): ExpectedTrial<ConfigOf<V>> | undefined
  /** The trials that no other beats in all objectives by what is expected, in the order of tells; else as `best`. */
  front(): ExpectedTrial<ConfigOf<V>>[]
  /**
   * The trial with the best *observed* value of the first objective, the earlier one among equals; where no trial keeps the
   * limits the one that comes closest. Costs nothing; under noise it is a lucky one.
   */
  observedBest(): FinishedTrial<ConfigOf<V>> | undefined
  /** The complete trials that keep the limits and that no other such trial beats in all objectives, by observed values. */
  observedFront(): FinishedTrial<ConfigOf<V>>[]
  /** How much each variable matters, the largest share first: see `importanceOf`. */
  importance(options?: ImportanceOptions): Importance[]
  /** What the study found and how it searched, in plain sentences and as data. Costs a `best` and an `importance`. */
  explain(): Explanation
  /**
   * `examples` in an order that is the same for all trials of the study, cut into minibatches of `size`. A trial that goes through them
   * from the start, and as far as it is worth it, is judged by the same examples as every other; report each score with the
   * `index` of its example as the step, and `wilcoxonPruner` compares in pairs.
   * @example for (const batch of study.minibatches(examples, 8)) for (const { index, example } of batch) report(index, score(example))
   */
  minibatches<E>(examples: readonly E[], size: number): PairedExample<E>[][]
}
