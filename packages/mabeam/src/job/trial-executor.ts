/** A trial of a program: its configuration's state, run over the search rows by a worker. */

import { applyConfig, type EvaluatedExample, type EvaluationSummary, summarise, type TuningPlan } from '@mabeam/dspx'
import type { Json } from '@mabeam/foundation'
import type { Executor } from '@mabeam/ml'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { StudyInputs } from './study-inputs.ts'

/** An executor of trials over the pool's workers. A crashed worker's trial is run again by the study's loop, once. */
export function trialExecutor(inputs: StudyInputs, plan: TuningPlan, pool: WorkerPool): Executor {
  const { program, splits } = inputs
  const searchRows = splits.search.length
  return {
    slots: pool.slots,
    run: async (trial, signal) => {
      const state = applyConfig(program, plan, trial.config)
      const range = { split: 'search', from: 0, to: searchRows } as const
      const rows = await pool.evaluateOnce(state, range, { seed: trial.seed, signal })
      const summary = summarise(rows)
      const { accuracy, costUsd, latencyMsP50 } = summary
      return {
        values: {
          accuracy,
          ...(costUsd !== null && { costUsd }),
          ...(latencyMsP50 !== null && { latencyMs: latencyMsP50 }),
        },
        attributes: trialAttributes(rows, summary),
      }
    },
  }
}

/** What is kept with a trial beside its values: rows without an answer and why, and what the calls cost. */
function trialAttributes(
  rows: readonly EvaluatedExample[],
  { errors, usage }: EvaluationSummary,
): { readonly [name: string]: Json } {
  const error = rows.findLast((row) => row.error !== undefined)?.error?.message
  return { rows: rows.length, errors, ...(error !== undefined && { error }), usage: { ...usage } }
}
