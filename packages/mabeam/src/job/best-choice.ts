/** Which configuration to recommend: the winner of a race of the best trials over all validation rows. */

import { applyConfig, finalRace, finalRaceDefaults, summarise, type TuningPlan } from '@mabeam/dspx'
import type { Config, FinishedTrial, Study } from '@mabeam/ml'
import { noReadableAnswer, nothingToRecommend } from '../errors.ts'
import type { StudyResult } from '../result.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { JobEvent } from './job-event.ts'
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

/** The winner, and how it won. */
export interface RaceResult {
  readonly config: Config
  readonly race: StudyResult['race']
}

/**
 * The configuration that does best on all validation rows among the best trials of the search, by the study's objectives.
 *
 * Throws: `mabeam/no-finished-trial` when every trial failed, `mabeam/no-readable-answer` when no row of any trial got an answer.
 */
export async function chooseBest(choice: BestChoice): Promise<RaceResult> {
  const { study, plan, inputs, pool } = choice
  const complete = study.finished.filter((trial) => trial.state === 'complete')
  if (complete.length === 0) {
    throw nothingToRecommend(study.finished.length, study.finished.at(-1)?.error?.message ?? 'no trial was run')
  }
  const answered = complete.filter((trial) => !isUnanswered(trial))
  if (answered.length === 0) throw noReadableAnswer(complete.length, attributesOf(complete.at(-1)).error ?? 'unknown')
  const rows = inputs.splits.validation.length
  const total = Math.min(finalRaceDefaults.finalists, answered.length) * rows
  const { winner, finalists } = await finalRace(answered, {
    objectives: study.objectives,
    evaluate: async (config, finalist) => {
      const how = {
        seed: choice.seed,
        onProgress: (done: number) =>
          choice.onEvent({ type: 'phase', what: 'race', done: finalist * rows + done, total }),
        ...(choice.signal && { signal: choice.signal }),
      }
      const state = applyConfig(inputs.program, plan, config)
      return summarise(await pool.evaluate(state, { split: 'validation', from: 0, to: rows }, how))
    },
    ...(choice.signal && { signal: choice.signal }),
  })
  const { number: trial, evaluation } = winner
  return { config: winner.config, race: { trial, accuracy: evaluation.accuracy, rows, finalists: finalists.length } }
}

/** A program that answered no row at all is nothing to recommend, whatever it costs. */
function isUnanswered(trial: FinishedTrial): boolean {
  const { rows, errors } = attributesOf(trial)
  return rows !== undefined && errors === rows
}

function attributesOf(trial: FinishedTrial | undefined) {
  return (trial?.attributes ?? {}) as { readonly rows?: number; readonly errors?: number; readonly error?: string }
}
