/** The contract of executors, which measure trials, and the one that runs in this process. */

import { setImmediate } from 'node:timers/promises'
import { checkOptions, definedOptions, rule, untilAborted } from '@mabeam/foundation'
import type { PruneDecision } from './pruner.ts'
import type { Config } from './space/space.ts'
import type { TrialOutcome } from './study/trial-outcome.ts'
import type { Trial } from './trial.ts'

/**
 * Says what a trial measured by a step, see `Study.report`. When the decision is to prune, the trial's signal has aborted and
 * whatever `run` does from then on the trial counts as pruned. Throws: `ml/invalid-report`; the signal's reason when it has aborted.
 */
export type ReportFunction = (step: number, value: number) => PruneDecision

/**
 * `run` is called by `runStudy`, at most `slots` times at once. It resolves with every objective of the study. It rejects when
 * the trial failed (it is run again when the error says `retryable`) and, soon after `signal` aborts, with
 * its reason; the trial then stays pending. It may report on the way. The suite that checks this is `executorContract` in `@mabeam/ml/testing`.
 */
export interface Executor<C = Config> {
  /** How many trials it takes at once; constant. */
  readonly slots: number
  run(trial: Trial<C>, signal: AbortSignal, report: ReportFunction): Promise<TrialOutcome>
}

/** Measures one trial. */
export type ObjectiveFunction<C = Config> = (
  trial: Trial<C>,
  signal: AbortSignal,
  report: ReportFunction,
) => TrialOutcome | Promise<TrialOutcome>

export interface InlineExecutorOptions {
  /** Trials at once; more than one helps only where the objective waits. @default 1 */
  readonly slots?: number
}

export const inlineExecutorDefaults = { slots: 1 } satisfies Required<InlineExecutorOptions>

/**
 * Runs the objective in this process and thread. It lets the event loop turn before each trial, so that signals and timers
 * are seen even when the objective never waits.
 *
 * @example inlineExecutor(({ config }) => ({ values: { loss: (config.x - 3) ** 2 } }))
 */
export function inlineExecutor<C = Config>(
  objective: ObjectiveFunction<C>,
  options: InlineExecutorOptions = {},
): Executor<C> {
  checkOptions('inlineExecutor', { objective }, { objective: rule.fn() })
  checkOptions('inlineExecutor', options, { slots: rule.optional(rule.int(1, 10_000)) })
  const { slots } = { ...inlineExecutorDefaults, ...definedOptions(options) }
  return {
    slots,
    async run(trial, signal, report) {
      await eventLoopTurn()
      signal.throwIfAborted()
      // The objective may be deaf to the signal, which may have aborted while it began, by its first report.
      return await untilAborted(Promise.resolve(objective(trial, signal, report)), signal)
    },
  }
}

/** Resolves when signals, timers and reads had their turn. */
export async function eventLoopTurn(): Promise<void> {
  await setImmediate()
}
