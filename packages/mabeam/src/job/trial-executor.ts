/** A trial of a program: its configuration's state, run over the search rows by a worker. */

import { applyConfig, type EvaluatedExample, type TuningPlan } from '@mabeam/dspx'
import type { Executor } from '@mabeam/ml'
import type { WorkerPool } from '../workers/worker-pool.ts'
import { scoreOf } from './scored-rows.ts'
import type { StudyInputs } from './study-inputs.ts'

/** Rows asked for in one call: their answers have to fit into one message. */
const rowsPerCall = 500

/** An executor of trials over the pool's workers. A crashed worker's trial is run again by the study's loop, once. */
export function trialExecutor(inputs: StudyInputs, plan: TuningPlan, pool: WorkerPool): Executor {
  const { program, splits } = inputs
  const searchRows = splits.search.length
  return {
    slots: pool.slots,
    run: async (trial, signal) => {
      const state = applyConfig(program, plan, trial.config)
      const rows: EvaluatedExample[] = []
      for (let from = 0; from < searchRows; from += rowsPerCall) {
        const range = { split: 'search', from, to: Math.min(searchRows, from + rowsPerCall) } as const
        rows.push(...(await pool.evaluateOnce(state, range, { seed: trial.seed, signal })))
      }
      const { accuracy, costUsd, latencyMsP50 } = scoreOf(rows)
      return {
        values: { accuracy, latencyMs: latencyMsP50, ...(costUsd !== null && { costUsd }) },
        attributes: { errors: rows.filter((row) => row.error !== undefined).length },
      }
    },
  }
}
