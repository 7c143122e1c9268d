/** How far a tuning run is: told to whoever watches, and as events. */

import type { MabeamError, Telemetry } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import type { FailedCandidate } from './candidates.ts'
import { reasonOf } from './failed-proposal.ts'
import { frontOf, ranked } from './ranking.ts'
import type { AskingProgress, Evidence } from './teleprompter.ts'
import type { TuningBudgetReport } from './tuning-report.ts'

/** How far it is. */
export interface OptimizeProgress {
  /** Rows of the batch under way that were asked, and all that are to be asked in it. Both 0 between batches. */
  readonly batch: { readonly done: number; readonly total: number }
  /** Rows tried so far, over all candidates; those that were not asked again included. */
  readonly rows: number
  readonly candidates: number
  /** What the teleprompter asks itself, while it does. */
  readonly asking?: AskingProgress
  readonly budget: TuningBudgetReport
  /** The best of those that were tried on all validation rows; undefined before there is one. */
  readonly best: CandidateValues | undefined
  /** Those that no other beats in all objectives. */
  readonly front: readonly CandidateValues[]
}

/** A candidate and what it was measured at. */
export interface CandidateValues {
  readonly candidate: number
  readonly values: { readonly [name: string]: number }
}

/** What progress is made of. */
export interface ProgressOptions {
  readonly objectives: readonly Objective[]
  readonly teleprompter: string
  readonly telemetry: Telemetry
  readonly budget: () => TuningBudgetReport
  readonly onProgress: ((progress: OptimizeProgress) => void) | undefined
}

/** What a batch gave. */
export interface BatchEnd {
  /** Of the states in it, on all validation rows: those that were tried on all of them. */
  readonly whole: readonly Evidence[]
  /** States that were tried so far, and the rows that were tried in this batch. */
  readonly candidates: number
  readonly rows: number
  /** Of the states in it: those that a model refuses. */
  readonly failed: readonly FailedCandidate[]
}

/** Tells how far a run is. What a batch costs does not grow with those before it. */
export class ProgressTeller {
  readonly #with: ProgressOptions
  #rows = 0
  #candidates = 0
  #best: Evidence | undefined
  #front: readonly Evidence[] = []
  readonly #failed = new Set<number>()

  constructor(options: ProgressOptions) {
    this.#with = options
  }

  row(done: number, total: number): void {
    this.#tell({ done, total })
  }

  asking(progress: AskingProgress): void {
    this.#tell({ done: 0, total: 0 }, progress)
  }

  failedProposal(failed: number, failure: MabeamError): void {
    const { telemetry, teleprompter } = this.#with
    if (!telemetry.enabled) return
    const metadata = { teleprompter, code: failure.code, reason: reasonOf(failure) }
    telemetry.emit({ name: 'dspx.optimize-proposal-failed', measurements: { failed }, metadata })
  }

  batch({ whole, candidates, rows, failed }: BatchEnd): void {
    const { objectives, telemetry, teleprompter } = this.#with
    this.#candidates = candidates
    this.#rows += rows
    const isNew = ({ candidate }: Evidence) => !this.#front.some((one) => one.candidate === candidate)
    this.#best = ranked(this.#best === undefined ? whole : [this.#best, ...whole], objectives)[0]
    this.#front = frontOf([...this.#front, ...whole.filter(isNew)], objectives)
    this.#tell({ done: 0, total: 0 })
    if (!telemetry.enabled) return
    for (const one of failed) this.#tellFailed(one)
    const { calls, tokens, usd, ms } = this.#with.budget().spent
    telemetry.emit({
      name: 'dspx.optimize-batch-ended',
      measurements: {
        rows: this.#rows,
        candidates: this.#candidates,
        front: this.#front.length,
        bestAccuracy: this.#best?.mean ?? 0,
        calls,
        tokens,
        costUsd: usd,
        durationMs: ms,
      },
      metadata: { teleprompter },
    })
  }

  #tellFailed({ candidate, fault, rows }: FailedCandidate): void {
    if (this.#failed.has(candidate)) return
    this.#failed.add(candidate)
    const { telemetry, teleprompter } = this.#with
    const measurements = { candidate, rows }
    telemetry.emit({ name: 'dspx.optimize-candidate-failed', measurements, metadata: { teleprompter, reason: fault } })
  }

  #tell(batch: OptimizeProgress['batch'], asking?: AskingProgress): void {
    const { onProgress, budget } = this.#with
    if (onProgress === undefined) return
    const [rows, candidates] = [this.#rows + batch.done, this.#candidates]
    const best = this.#best && valuesOf(this.#best)
    const front = this.#front.map(valuesOf)
    onProgress({ batch, rows, candidates, budget: budget(), best, front, ...(asking && { asking }) })
  }
}

function valuesOf({ candidate, values }: CandidateValues): CandidateValues {
  return { candidate, values }
}
