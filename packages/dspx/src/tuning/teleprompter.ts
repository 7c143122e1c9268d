/**
 * The contract of teleprompters. A teleprompter only proposes: states of the program, and the rows they shall be tried
 * on. One loop (`optimize`) tries them, and owns budget, concurrency, journal and the choice of the winner. What a
 * proposal gave comes back as evidence, in the order of the proposals, as the value of `yield`.
 */

import type { Json, MabeamError, Random, WireError } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import type { Example, FieldValues } from '../datasets/example.ts'
import type { EvaluatedExample } from '../evaluation/evaluation-summary.ts'
import type { Metric } from '../evaluation/metric.ts'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import type { LanguageModel, Prompt } from '../models/language-model.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import type { Result } from '../programs/result.ts'
import type { ModelSource } from '../programs/run-options.ts'

/** What shall be tried. */
export interface Proposal {
  /** Of the whole program. Settings that are not tuned must stay as they are, and so must parts that `tunes` forbids. */
  readonly state: ProgramState
  /** All validation rows, or the ids of rows: a minibatch of `train` or `val`. */
  readonly rows: 'val' | readonly string[]
  readonly origin: Origin
  /** Whether the evidence shall hold what each predictor was asked and said. @default false */
  readonly trace?: boolean
}

/** Where a proposal comes from, for the report. */
export interface Origin {
  /** Numbers of the candidates it was made from. */
  readonly parents: readonly number[]
  /** Plain words: ``instructions of `answer` rewritten because 3 of 3 rows of team "tech" failed``. */
  readonly how: string
}

/** One question of a traced run. Plain JSON. */
export interface TracedStep {
  readonly predictor: string
  readonly modelId: string
  readonly inputs: FieldValues
  readonly outputs: FieldValues
  readonly prompt: Prompt
  /** The answer as the model wrote it. */
  readonly text: string
}

/** What a candidate did on one row. Plain JSON. */
export interface ScoredRow extends EvaluatedExample {
  /** Every question in the order of its answer; only where the proposal asked for a trace and the run did not fail. */
  readonly steps?: readonly TracedStep[]
}

/** What trying a proposal gave. */
export interface Evidence {
  /**
   * Counts from 0, the program as given, which the loop tries on all validation rows before the first proposal. States that are
   * equal are one candidate.
   */
  readonly candidate: number
  /** In the order that was asked. */
  readonly rows: readonly ScoredRow[]
  /** Mean score of the rows. */
  readonly mean: number
  /** Means by the name of the objective: `accuracy`, `costUsd`, `latencyMs` (median), `tokens`, and what the metric measures beside. */
  readonly values: { readonly [name: string]: number }
  /** Whether it is all validation rows. */
  readonly isWhole: boolean
  /**
   * Why the state cannot be used, where a model refuses it: its first 10 rows (or all validation rows, where there are fewer), or more
   * than `errorsMax`. It is never the winner; rows that were not asked any more have score 0 and this error.
   */
  readonly failure?: WireError
}

/** A state that was tried. */
export interface Candidate {
  readonly number: number
  readonly state: ProgramState
  readonly origin: Origin
}

/** How far something is that a teleprompter asks itself: one predictor, one kind of question. */
export interface AskingProgress {
  /** Who is asked: `teacher`, `proposer`. */
  readonly what: string
  readonly done: number
  readonly total: number
}

/** How a teleprompter asks a program of its own. */
export interface TuningAskOptions {
  /** Who answers. @default the model of the state that is given to the loop */
  readonly lm?: LanguageModel | string
  readonly temperature?: number
  readonly seed?: number
}

/** What a teleprompter works with. The same context and the same answers must give the same proposals. */
export interface TuningContext {
  /** Its `predictors` are the signatures by leaf, its `space` holds the settings that may be tuned. */
  readonly program: ProgramDefinition
  /** The program as given: candidate 0. */
  readonly initial: ProgramState
  /** Training rows, for demonstrations and reflection; none has the inputs of a validation row. */
  readonly train: readonly Example[]
  /** Validation rows: what candidates are judged by. */
  readonly val: readonly Example[]
  readonly metric: Metric
  readonly objectives: readonly Objective[]
  /** Which parts of predictors may be changed. */
  readonly tunes: { readonly instructions: boolean; readonly demos: boolean }
  /** A stream of this teleprompter alone. */
  readonly random: Random
  /** Models by id, for teachers and proposers: calls are counted, spend from the budget and are journaled. */
  readonly models: ModelSource
  /** Tried so far, by number. Grows in place. */
  readonly candidates: readonly Candidate[]
  /** All evidence so far, of candidate 0 first. Grows in place. */
  readonly evidence: readonly Evidence[]
  /** How many rows are tried at once: a batch of proposals with fewer rows in all leaves some of them idle. */
  readonly rowsAtOnce: number
  /**
   * Candidates that are tried on all validation rows in the end, where fewer were: who tries on fewer rows leaves as much of the
   * budget.
   */
  readonly finalists: number
  readonly signal: AbortSignal
  /** Called by who asks models before anything is tried, and in between: shown to whoever watches. */
  readonly onProgress?: (progress: AskingProgress) => void
  /** Told of each proposal that failed because a model did not write it: counted, an event and part of the report. */
  readonly onFailed?: (failure: MabeamError) => void
  /**
   * What is left once all evidence and answers so far are paid; `Infinity` for what has no limit. Less may be left in truth, since
   * attempts that failed are paid too. The same when the work is resumed, as long as the budget is the same.
   */
  budgetLeft(): BudgetAmounts
  /**
   * Runs a program of the teleprompter's own (a proposer, a reflection). Its calls are counted, spend from the budget and are
   * journaled, so that resuming asks no answered one again.
   *
   * Throws: as `program.run`; `dspx/budget-exhausted`, which a teleprompter lets pass: the loop then concludes.
   */
  ask<P extends Program>(
    program: P,
    inputs: ProgramInputs<P>,
    options?: TuningAskOptions,
  ): Promise<Result<ProgramOutputs<P>>>
  /** Says something to the report: what was seen, why something was not tried. */
  note(text: string): void
  /** Says that it ends before it has tried all it could, because of what is left of the budget. */
  endedByBudget(): void
}

/** Proposes what to try. One teleprompter may serve many runs, also at the same time: `propose` keeps nothing outside itself. */
export interface Teleprompter {
  readonly name: string
  /** Its own options, as far as they decide what is proposed: work that is resumed must have the same. @default none are compared */
  readonly options?: Json
  /**
   * Called once a run. Each `yield` gives a batch of proposals, which is tried at once, and is answered by their evidence, one for
   * each in the same order. An empty batch is answered by no evidence. Returning ends the search; a search whose budget has ended is
   * ended by the loop, so `finally` must not yield.
   *
   * Ensures: deterministic, given the context and the evidence, because resuming runs it again on journaled evidence.
   */
  propose(context: TuningContext): AsyncGenerator<readonly Proposal[], void, readonly Evidence[]>
}
