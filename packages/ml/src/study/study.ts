/**
 * A study: trials that are asked for and told about, in a journal. It owns numbers, seeds and durability; it runs nothing
 * itself (`runStudy` does) and proposes nothing itself (its sampler does).
 */

import { type Clock, checkOptions, type Json, rule, type Telemetry } from '@mabeam/foundation'
import { checkObjectives, type Objective } from '../objective.ts'
import { checkLimits, type OutcomeLimit } from '../outcome-limit.ts'
import type { PruneDecision, Pruner } from '../pruner.ts'
import type { Sampler } from '../sampler.ts'
import type { AnyVariables, ConfigOf, Space, Variables } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import { JournaledStudy } from './journaled-study.ts'
import { replay, type StudyHeader, type StudyJournal, studyVersion } from './study-journal.ts'
import type { NumberedOutcome, TrialOutcome } from './trial-outcome.ts'

export interface StudyOptions<V extends AnyVariables = Variables> {
  /** Names the study in its journal, events and errors. */
  readonly id: string
  readonly space: Space<V>
  readonly objectives: readonly Objective[]
  /** Of everything random in the study. */
  readonly seed: number
  /** @default tpeSampler() */
  readonly sampler?: Sampler
  /** Judges trials by what they report on their way. @default none: every trial runs to its end */
  readonly pruner?: Pruner
  /** Hard constraints on measured values: trials that keep them come before all that don't. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  /** Where the study is kept; without one it lives in memory. The study does not close it. */
  readonly journal?: StudyJournal
  /** @default systemClock */
  readonly clock?: Clock
  /** Kept in the header for whoever opened the study; not interpreted. @default null */
  readonly meta?: Json
  /** Configurations that are asked first, in this order, such as a baseline. @default [] */
  readonly enqueue?: readonly ConfigOf<V>[]
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** Called by one loop at a time (`runStudy`, or your own). */
export interface Study<V extends AnyVariables = Variables> {
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
  /** True when a finite space has no configuration left that is neither finished nor pending. */
  readonly exhausted: boolean
  /**
   * The next trial: first those that were pending when the study was resumed, then the enqueued, then what the sampler
   * proposes. The same seed and history give the same trial. It is journaled but not waited for: an ask lost in a crash
   * is asked again. Throws: what the sampler throws; `ml/study-failed` once a write has failed.
   */
  ask(): Trial<ConfigOf<V>>
  /** `count` asks, as if one after the other. Requires: 1 to 10,000. Throws: as `ask`; then the trials so far stay pending. */
  askMany(count: number): Trial<ConfigOf<V>>[]
  /**
   * What a pending trial measured by `step`, and what the pruner makes of it; without a pruner it goes on. Only the caller ends
   * the trial, by `prune`. Reports become durable with the end of their trial. A step reported again gets the new value.
   * Throws: `ml/invalid-report`, `ml/trial-already-told`, `ml/unknown-trial`, `ml/study-failed`.
   */
  report(number: number, step: number, value: number): PruneDecision
  /**
   * Ends a trial. It is in `finished` at once and durable when this resolves; do not report it before. The same outcome told
   * again resolves when the first tell is durable and changes nothing. Rejects with `ml/trial-already-told`,
   * `ml/unknown-trial`, `ml/invalid-value` (the trial stays pending), `ml/study-failed`.
   */
  tell(number: number, outcome: TrialOutcome): Promise<void>
  /** Tells of many trials, in this order. All are checked first: it rejects as `tell`, and then none is told. */
  tellMany(outcomes: readonly NumberedOutcome[]): Promise<void>
  /** Ends a trial that could not be measured. Durable and rejecting as `tell`. */
  fail(number: number, error: unknown): Promise<void>
  /** Ends a trial that is not worth going on with. Durable and rejecting as `tell`. */
  prune(number: number, because: string): Promise<void>
  /**
   * The trial with the best *observed* value of the first objective, the earlier one among equals; where no trial keeps the
   * limits the one that comes closest.
   */
  best(): FinishedTrial<ConfigOf<V>> | undefined
  /** The complete trials that keep the limits and that no other such trial beats in all objectives, by observed values. */
  front(): FinishedTrial<ConfigOf<V>>[]
}

/**
 * Opens a study: a new one, or, where the journal holds records, the one in the journal.
 *
 * Throws: `foundation/invalid-option`; `ml/invalid-config` for an enqueued configuration; `ml/study-mismatch` naming what
 * differs from the journal (id, seed, objectives, limits, enqueue, space); `ml/study-corrupt`; what `journal.append` throws.
 * @example
 * const study = await openStudy({ id: 'tune', space, objectives: [{ name: 'accuracy', direction: 'maximise' }], seed: 7 })
 */
export async function openStudy<V extends AnyVariables>(options: StudyOptions<V>): Promise<Study<V>> {
  checkOptions('openStudy', options, studyRules)
  checkObjectives('openStudy', options.objectives)
  const { id, seed, objectives, journal, meta = null, limits = [] } = options
  checkLimits('openStudy', limits)
  const space = options.space as unknown as Space
  const enqueue = (options.enqueue ?? []).map((config) => space.validate(config))
  const header: StudyHeader = {
    type: 'study',
    version: studyVersion,
    id,
    seed,
    space: space.toJSON(),
    objectives,
    limits,
    enqueue,
    meta,
  }
  const fresh = !journal || journal.records.length === 0
  if (fresh) await journal?.append(header as unknown as Json)
  const nothing = { header, finished: [], pending: new Map(), asked: 0, outdated: false }
  const state = fresh ? nothing : replay(journal.records, header, space)
  if (state.outdated) await journal?.append({ type: 'upgrade', version: studyVersion })
  const study = new JournaledStudy(options as unknown as StudyOptions, state)
  if (!fresh) study.announceResume()
  return study as unknown as Study<V>
}

const studyRules = {
  id: rule.string(),
  space: rule.object(),
  objectives: rule.array(),
  seed: rule.int(Number.MIN_SAFE_INTEGER),
  sampler: rule.optional(rule.having('ask')),
  pruner: rule.optional(rule.having('decide')),
  limits: rule.optional(rule.array()),
  journal: rule.optional(rule.object()),
  clock: rule.optional(rule.object()),
  meta: rule.optional(rule.any()),
  enqueue: rule.optional(rule.array()),
  telemetry: rule.optional(rule.object()),
}
