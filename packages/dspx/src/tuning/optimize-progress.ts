/** How far a tuning run is: told to whoever watches, and as events. */

import type { Telemetry } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import type { Candidates } from './candidates.ts'
import { frontOf, ranked } from './ranking.ts'
import type { TuningBudgetReport } from './tuning-report.ts'

/** How far it is. */
export interface OptimizeProgress {
  /** Rows of the batch under way that were asked, and all that are to be asked in it. Both 0 between batches. */
  readonly batch: { readonly done: number; readonly total: number }
  /** Rows tried so far, over all candidates; those that were not asked again included. */
  readonly rows: number
  readonly candidates: number
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

/** Tells how far a run is. */
export class ProgressTeller {
  readonly #with: ProgressOptions
  #rows = 0
  #candidates = 0
  #best: CandidateValues | undefined
  #front: readonly CandidateValues[] = []

  constructor(options: ProgressOptions) {
    this.#with = options
  }

  row(done: number, total: number): void {
    this.#tell({ done, total })
  }

  batch(candidates: Candidates): void {
    const { objectives, telemetry, teleprompter } = this.#with
    const whole = candidates.wholes()
    this.#candidates = candidates.all.length
    this.#rows = candidates.all.reduce((sum, { rows }) => sum + rows.size, 0)
    this.#best = ranked(whole, objectives).map(valuesOf)[0]
    this.#front = frontOf(whole, objectives).map(valuesOf)
    this.#tell({ done: 0, total: 0 })
    if (!telemetry.enabled) return
    const { calls, tokens, usd, ms } = this.#with.budget().spent
    telemetry.emit({
      name: 'dspx.optimize-batch-ended',
      measurements: {
        rows: this.#rows,
        candidates: this.#candidates,
        front: this.#front.length,
        bestAccuracy: this.#best?.values.accuracy ?? 0,
        calls,
        tokens,
        costUsd: usd,
        durationMs: ms,
      },
      metadata: { teleprompter },
    })
  }

  #tell(batch: OptimizeProgress['batch']): void {
    const { onProgress, budget } = this.#with
    if (onProgress === undefined) return
    const [rows, candidates, best, front] = [this.#rows + batch.done, this.#candidates, this.#best, this.#front]
    onProgress({ batch, rows, candidates, budget: budget(), best, front })
  }
}

function valuesOf({ candidate, values }: CandidateValues): CandidateValues {
  return { candidate, values }
}
