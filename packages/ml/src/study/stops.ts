/** When a run ends before its budget: by cost, time, stagnation or because little more is to be expected. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { nonDominated } from '../front/pareto-front.ts'
import type { Objective } from '../objective.ts'
import { feasibleFirstLosses, type OutcomeLimit } from '../outcome-limit.ts'
import type { FinishedTrial } from '../trial.ts'
import { expectedGain } from './expected-gain.ts'

/** Each is off unless given. The first that holds ends the run: nothing more is asked, running trials end as usual. */
export interface StopOptions {
  /**
   * A measured value that is a cost, and how much all finished trials of the study may have cost. A trial that did not measure it was
   * free; where no complete trial did, the loop throws `foundation/invalid-option`, since it would never stop.
   */
  readonly cost?: { readonly name: string; readonly max: number }
  /** How long a run asks for trials, in ms of the study's clock. */
  readonly timeMs?: number
  /** Complete trials in a row without a new best one, with several objectives without a new one on the front. */
  readonly stagnationTrials?: number
  /** Ends when a further trial is expected to improve the first objective by less, in its units. */
  readonly expectedGain?: { readonly min: number; readonly of?: (study: StoppableStudy) => number }
}

/** What the stops look at; a `Study` is one. */
export interface StoppableStudy {
  readonly objectives: readonly Objective[]
  readonly limits: readonly OutcomeLimit[]
  readonly finished: readonly FinishedTrial[]
}

export type StopReason = 'cost' | 'time' | 'stagnation' | 'expected-gain'

/** Throws `foundation/invalid-option` naming what can't be. */
export function checkStops(owner: string, stops: StopOptions): void {
  checkOptions(`${owner}: stops`, stops, {
    cost: rule.optional(rule.object()),
    timeMs: rule.optional(rule.number(0)),
    stagnationTrials: rule.optional(rule.int(1)),
    expectedGain: rule.optional(rule.object()),
  })
  if (stops.cost) checkOptions(`${owner}: stops: cost`, stops.cost, { name: rule.string(), max: rule.number(0) })
  if (stops.expectedGain) {
    checkOptions(`${owner}: stops: expectedGain`, stops.expectedGain, {
      min: rule.number(0),
      of: rule.optional(rule.fn()),
    })
  }
}

/**
 * The first reason to stop that holds, if any.
 *
 * Cost: O(finished) a call; with stagnation and several objectives O(finished²) at worst.
 */
export function stopReason(study: StoppableStudy, stops: StopOptions, elapsedMs: number): StopReason | undefined {
  const { cost, timeMs, stagnationTrials, expectedGain: gain } = stops
  if (cost && spent(study.finished, cost.name) >= cost.max) return 'cost'
  if (timeMs !== undefined && elapsedMs >= timeMs) return 'time'
  if (stagnationTrials !== undefined && trialsSinceBetter(study) >= stagnationTrials) return 'stagnation'
  if (gain && (gain.of ?? expectedGain)(study) < gain.min) return 'expected-gain'
  return undefined
}

/** What finished trials cost. Throws where a name that nobody measures would let the run go on for ever. */
function spent(finished: readonly FinishedTrial[], name: string): number {
  const complete = finished.find(({ state }) => state === 'complete')
  if (complete && !finished.some(({ values }) => values[name] !== undefined)) {
    const measured = Object.keys(complete.values).join(', ')
    throw invalidOption('stops', 'cost: name', `one of the values that trials measure (${measured})`, name)
  }
  return finished.reduce((sum, { values }) => sum + (values[name] ?? 0), 0)
}

/** Complete trials since the last that was better than all before, or that is on the front and equals none before. */
function trialsSinceBetter({ finished, objectives, limits }: StoppableStudy): number {
  const complete = finished.filter(({ state }) => state === 'complete')
  const losses = complete.map((trial) => feasibleFirstLosses(trial, objectives, limits))
  const seen = new Set<string>()
  let last = -1
  const front = new Set(nonDominated(losses))
  for (const [i, one] of losses.entries()) {
    if (!front.has(i)) continue
    const key = one.join()
    if (!seen.has(key)) last = i
    seen.add(key)
  }
  return complete.length - 1 - last
}
