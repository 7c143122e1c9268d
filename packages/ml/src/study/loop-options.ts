/** What every loop over a study may be told, whoever measures: budget, limits, order and ends. */

import { definedOptions, rule } from '@mabeam/foundation'
import type { StudyProgress } from './progress.ts'
import { repeatsMax } from './repeated-outcome.ts'
import { checkStops, type StopOptions } from './stops.ts'

export interface LoopOptions {
  /** Finished trials that the study shall have in the end, failed ones and those of earlier runs included. */
  readonly budget: number
  /** Stops the loop: no new trials, running ones are told to end, the loop rejects with its reason. */
  readonly signal?: AbortSignal
  /** Called after each trial that became durable. Must not throw; if it does, the loop stops with that error. */
  readonly onProgress?: (progress: StudyProgress) => void
  /** Failed trials that a loop bears; one more stops it with `ml/too-many-failures`. @default 10 */
  readonly failuresMax?: number
  /** A trial that takes longer has failed. @default 3_600_000 */
  readonly trialTimeoutMs?: number
  /** How long a trial may take to end after it was told to. Then it is left to itself. @default 10_000 */
  readonly graceMs?: number
  /**
   * Measurements of each configuration, at most 1,000; their mean is the value of the trial, with its standard error. Each has a seed of
   * its own. The trial fails with the first that does, and is measured from the start after a crash. Reports of all of them go by the
   * same steps, where the last counts. @default 1
   */
  readonly repeats?: number
  /** Goes on when every configuration of a finite space was tried, with configurations that it had. @default false */
  readonly duplicates?: boolean
  /**
   * Tells in the order of asks, so that the asks do not depend on which trial ends first. A slow trial holds up the
   * others, and results that wait for it are not yet durable. @default false
   */
  readonly deterministic?: boolean
  /** What ends the loop before its budget. @default {} */
  readonly stops?: StopOptions
}

export const loopDefaults = {
  failuresMax: 10,
  trialTimeoutMs: 3_600_000,
  graceMs: 10_000,
  repeats: 1,
  duplicates: false,
  deterministic: false,
  stops: {},
} satisfies Required<Omit<LoopOptions, 'budget' | 'signal' | 'onProgress'>>

/** Options with their defaults, and how many measurements may be under way at once. */
export type LoopSettings = LoopOptions & typeof loopDefaults & { readonly parallel: number }

export const loopRules = {
  budget: rule.int(0, 10_000_000),
  signal: rule.optional(rule.object()),
  onProgress: rule.optional(rule.fn()),
  failuresMax: rule.optional(rule.int(0)),
  trialTimeoutMs: rule.optional(rule.int(1, 2_147_483_647)),
  graceMs: rule.optional(rule.int(0, 2_147_483_647)),
  repeats: rule.optional(rule.int(1, repeatsMax)),
  duplicates: rule.optional(rule.boolean()),
  deterministic: rule.optional(rule.boolean()),
  stops: rule.optional(rule.object()),
}

/** What a loop that runs `parallel` at once works with. Requires: options that keep `loopRules`. Throws: as `checkStops`. */
export function loopSettings(owner: string, options: LoopOptions, parallel: number): LoopSettings {
  if (options.stops) checkStops(owner, options.stops)
  return { ...loopDefaults, ...definedOptions(options), parallel } as LoopSettings
}
