/** One trial of a study over a program: what ml's executors run, in this process or in a worker. */

import type { Json } from '@mabeam/foundation'
import type { Config } from '@mabeam/ml'
import { priceUnknown } from './errors.ts'
import { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.ts'
import type { Example } from './example.ts'
import type { Models } from './models.ts'
import type { Program } from './program.ts'
import { applyConfig, type TuningPlan } from './tuning-plan.ts'

/** What a trial of a program measures. */
export type TrialObjective = 'accuracy' | 'costUsd' | 'latencyMs'

export interface RunTrialOptions extends EvaluateOptions {
  readonly config: Config
  /** The rows that all trials of a study are judged by: validation rows, never training or test rows. */
  readonly examples: readonly Example[]
  readonly models: Models
  /** @default ['accuracy', 'costUsd', 'latencyMs'] */
  readonly objectives?: readonly TrialObjective[]
}

export interface MeasuredTrial {
  /** By objective: mean score, mean cost of a run, median latency of a run. */
  readonly values: { readonly [objective: string]: number }
  readonly attributes: { readonly [name: string]: Json }
}

/**
 * Applies a configuration and evaluates it.
 *
 * Throws: as `applyConfig`, `bind` and `evaluate`; `dspx/price-unknown` when cost is an objective and a price is unknown.
 * @example inlineExecutor(({ config, seed }, signal) => runTrial(program, plan, { config, seed, signal, examples, models }))
 */
export async function runTrial(program: Program, plan: TuningPlan, options: RunTrialOptions): Promise<MeasuredTrial> {
  const { config, examples, models, objectives = ['accuracy', 'costUsd', 'latencyMs'], ...evaluating } = options
  const state = applyConfig(program, plan, config)
  const bound = program.bind(state, { models, ...(options.clock && { clock: options.clock }) })
  const measured = await evaluate(bound, examples, evaluating)
  const values = Object.fromEntries(
    objectives.map((name) => [name, measuredValue(name, measured, state.settings.model)]),
  )
  const { ci95, errors, seconds, usage } = measured
  return { values, attributes: { rows: examples.length, ci95: [...ci95], errors, seconds, usage: { ...usage } } }
}

function measuredValue(objective: TrialObjective, measured: Evaluation, model: Config[string] | undefined): number {
  if (objective === 'accuracy') return measured.accuracy
  if (objective === 'latencyMs') return measured.latencyMsP50
  if (measured.costUsd === null) throw priceUnknown(String(model))
  return measured.costUsd
}
