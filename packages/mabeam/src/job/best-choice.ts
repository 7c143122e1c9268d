/**
 * Which configuration to recommend. The best observed trial of many is partly lucky: its score was the highest of noisy
 * ones. So the best few are run on all validation rows, and the winner of that is taken.
 */

import { applyConfig, type TuningPlan } from '@mabeam/dspx'
import type { Config, FinishedTrial, Study } from '@mabeam/ml'
import { nothingToRecommend } from '../errors.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { JobEvent } from './job-event.ts'
import { meanCostUsd, meanScore } from './scored-rows.ts'
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

/** Trials that race. */
const racersMax = 8

/**
 * The configuration with the best mean score on all validation rows among the best trials of the search; the cheaper among equals.
 *
 * Throws: `mabeam/no-finished-trial` when every trial failed.
 */
export async function chooseBest(choice: BestChoice): Promise<Config> {
  const racers = bestTrials(choice.study)
  const rows = choice.inputs.splits.validation.length
  const total = racers.length * rows
  const results: { config: Config; accuracy: number; costUsd: number }[] = []
  for (const [i, { config }] of racers.entries()) {
    const state = applyConfig(choice.inputs.program, choice.plan, config)
    const answers = await choice.pool.evaluate(state, { split: 'validation', from: 0, to: rows }, {
      seed: choice.seed,
      onProgress: (done) => choice.onEvent({ type: 'phase', what: 'race', done: i * rows + done, total }),
      ...(choice.signal && { signal: choice.signal }),
    })
    results.push({ config, accuracy: meanScore(answers), costUsd: meanCostUsd(answers) ?? 0 })
  }
  const [best] = results.sort((a, b) => b.accuracy - a.accuracy || a.costUsd - b.costUsd)
  return (best as { config: Config }).config
}

function bestTrials(study: Study): FinishedTrial[] {
  const complete = study.finished.filter((trial) => trial.state === 'complete')
  if (complete.length === 0) {
    throw nothingToRecommend(study.finished.length, study.finished.at(-1)?.error?.message ?? 'no trial was run')
  }
  return [...complete].sort((a, b) => (b.values.accuracy ?? 0) - (a.values.accuracy ?? 0) || a.number - b.number).slice(0, racersMax)
}
