/** What a study of a program can make better, and the front over all of it. */

import { type FinishedTrial, type Objective, paretoFront } from '@mabeam/ml'
import type { FrontPoint } from '../result.ts'

/** Everything a trial measures. `costUsd` is there where the price of every model is known. */
const measured = {
  accuracy: { name: 'accuracy', direction: 'maximise' },
  costUsd: { name: 'costUsd', direction: 'minimise' },
  latencyMs: { name: 'latencyMs', direction: 'minimise' },
} as const satisfies { readonly [name: string]: Objective }

export type ObjectiveName = keyof typeof measured

export const objectiveNames = Object.keys(measured) as readonly ObjectiveName[]

/** The objectives by name, in order. */
export function objectivesNamed(names: readonly ObjectiveName[]): Objective[] {
  return names.map((name) => measured[name])
}

/** The trials that no other beats in accuracy, cost and latency, the most accurate first. Without known prices: in accuracy and latency. Trials in which every call failed are left out. */
export function frontPoints(trials: readonly FinishedTrial[]): FrontPoint[] {
  const complete = trials.filter(({ state, values }) => state === 'complete' && values.latencyMs !== undefined)
  const priced = complete.every((trial) => trial.values.costUsd !== undefined)
  const compared = objectivesNamed(priced ? objectiveNames : ['accuracy', 'latencyMs'])
  return paretoFront(complete, compared)
    .map(trialPoint)
    .sort((a, b) => b.accuracy - a.accuracy || a.latencyMsP50 - b.latencyMsP50)
}

/** A complete trial as the report shows it. */
export function trialPoint({ number, values, config }: FinishedTrial): FrontPoint {
  const { accuracy = 0, costUsd = null, latencyMs = 0 } = values
  return { trial: number, accuracy, costUsd, latencyMsP50: latencyMs, config }
}
