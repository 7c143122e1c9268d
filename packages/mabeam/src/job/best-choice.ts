/** Which configuration to recommend: the winner of a race of the best trials over all validation rows. */

import { applyConfig, finalRace, finalRaceDefaults, type TuningPlan } from '@mabeam/dspx'
import type { Config, Study } from '@mabeam/ml'
import { nothingToRecommend } from '../errors.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { JobEvent } from './job-event.ts'
import { scoreOf } from './scored-rows.ts'
import type { StudyInputs } from './study-inputs.ts'

export interface BestChoice {
  readonly study: Study
  readonly plan: TuningPlan
  readonly inputs: StudyInputs
  readonly pool: WorkerPool
  readonly seed: number
  readonly onEvent: (event: JobEvent) => void
  readonly signal?: AbortSignal
}

/**
 * The configuration with the best mean score on all validation rows among the best trials of the search.
 *
 * Throws: `mabeam/no-finished-trial` when every trial failed.
 */
export async function chooseBest(choice: BestChoice): Promise<Config> {
  const { study, plan, inputs, pool } = choice
  const complete = study.finished.filter((trial) => trial.state === 'complete')
  if (complete.length === 0) {
    throw nothingToRecommend(study.finished.length, study.finished.at(-1)?.error?.message ?? 'no trial was run')
  }
  const rows = inputs.splits.validation.length
  const total = Math.min(finalRaceDefaults.finalists, complete.length) * rows
  const { winner } = await finalRace(complete, {
    evaluate: async (config, finalist) => {
      const how = {
        seed: choice.seed,
        onProgress: (done: number) =>
          choice.onEvent({ type: 'phase', what: 'race', done: finalist * rows + done, total }),
        ...(choice.signal && { signal: choice.signal }),
      }
      const state = applyConfig(inputs.program, plan, config)
      return scoreOf(await pool.evaluate(state, { split: 'validation', from: 0, to: rows }, how))
    },
    ...(choice.signal && { signal: choice.signal }),
  })
  return winner.config
}
