/**
 * What to take from a study: the trial that is best by what a model of all trials expects, beside the one that was observed to
 * be best. Under noise the second is a lucky one.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { nonDominated, paretoFront } from '../front/pareto-front.ts'
import { lossOf, type Objective } from '../objective.ts'
import { violationOf } from '../outcome-limit.ts'
import { addTrial, emptyHistory, type History } from '../samplers/gp/history.ts'
import type { Config } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'
import { type Expectations, type ExpectedValue, expectationsOf } from './expectations.ts'
import { checkMeasurements, type Measurements } from './measurements.ts'

export type { ExpectedValue } from './expectations.ts'
export type { Measurements } from './measurements.ts'

export interface RecommendOptions {
  /** The most trials in the model; beyond, an even spread and those of which it expects most. Its time grows with the cube. @default 400 */
  readonly trialsMax?: number
}

export const recommendDefaults = { trialsMax: 400 } satisfies Required<RecommendOptions>

export interface RecommendedTrial<C = Config> {
  readonly trial: FinishedTrial<C>
  readonly expected: { readonly [objective: string]: ExpectedValue }
  /** The probability that its configuration keeps all limits, if the models are right; 1 where there are none. */
  readonly withinLimits: number
}

export interface Recommendation<C = Config> {
  /** Best in the first objective by what is expected. */
  readonly best: RecommendedTrial<C>
  /** The same among trials of other configurations; undefined where there is no other. */
  readonly runnerUp: RecommendedTrial<C> | undefined
  /** Best in the first objective by what was observed, with what is expected of it. */
  readonly observedBest: RecommendedTrial<C>
  /** Trials that no other beats in all objectives by what is expected, in the order of tells. */
  readonly front: readonly RecommendedTrial<C>[]
  /** The same by what was observed. */
  readonly observedFront: readonly FinishedTrial<C>[]
}

/**
 * Fits a Gaussian process to each objective and each limited value and recommends among the complete trials that were measured within
 * the limits and are expected to be: where none is, the one most likely to be. Undefined where none was measured within them.
 *
 * Where an objective has no noise, because that was said (`noise: false`), because configurations that were measured again gave the same, or
 * because its model found none at all, what was observed is what is expected, and certain. A model may take a rough function for noise:
 * say that there is none, or measure a few configurations twice.
 *
 * Intervals are of the most likely hyperparameters, as if these were certain, so they are somewhat narrow. Those of `best` held the truth,
 * where TPE had searched noisy functions of seven kinds (63 studies each): in 92 % of 5 variables x 100 trials, 87 % of 10 x 300, 90 % of
 * 30 x 500; of rough functions among these in 100, 44 and 67 %. After random
 * designs of many variables, whose trials have no neighbours, roughness and noise can't be told apart: 64 % of 10 x 300, 19 % of 30 x 500.
 * Measure some configurations again there: with 40 of 500 trials so it was 75 % in place of 8 (two of the kinds, 6 studies each).
 *
 * Ensures: depends on the trials and their order alone.
 * Throws: `foundation/invalid-option` and `ml/invalid-variable` for what is no study; `ml/unusable-numbers` for a complete trial without a finite value for each objective.
 * Cost: blocks. It grows with the cube of trials up to 400 of them, and hardly beyond: for one objective after 500 trials some 0.5 s with 6 variables,
 * 0.9 s with 30, 2 s with 200. `study.best()` and `front()` keep what was fitted, and take a part of it after each tell.
 * Source: Rasmussen & Williams, 2006; see `gpSampler`.
 * @example recommend(study)?.best.expected.accuracy?.ci95
 */
export function recommend<C extends Config>(
  study: Measurements<C>,
  options: RecommendOptions = {},
): Recommendation<C> | undefined {
  checkMeasurements('recommend', study)
  checkOptions('recommend', options, { trialsMax: rule.optional(rule.int(10, 2_000)) })
  const { trialsMax } = { ...recommendDefaults, ...definedOptions(options) }
  const measured = measuredOf(study)
  const history = emptyHistory(study)
  for (const trial of measured) addTrial(history, trial as FinishedTrial)
  return recommendedFrom(history, measured, trialsMax)
}

/** The complete trials. Throws: `ml/unusable-numbers` for one within the limits without a finite value for each objective. */
export function measuredOf<C>({ finished, objectives, limits = [] }: Measurements<C>): readonly FinishedTrial<C>[] {
  const measured = finished.filter((trial) => trial.state === 'complete')
  for (const trial of measured) if (violationOf(trial, limits) === 0) checkValues(trial, objectives)
  return measured
}

/** As `recommend`. Requires: the history has the measured trials, each a row. */
export function recommendedFrom<C extends Config>(
  history: History,
  measured: readonly FinishedTrial<C>[],
  trialsMax: number = recommendDefaults.trialsMax,
): Recommendation<C> | undefined {
  const { objectives, feasible } = history
  const rows = [...measured.keys()].filter((row) => feasible[row])
  if (rows.length === 0) return undefined
  const trialAt = (k: number) => measured[rows[k] as number] as FinishedTrial<C>
  const expected = expectationsOf(history, rows, trialsMax)
  const sound = soundPlaces(expected)
  const firstLoss = (k: number) => expected.losses[k]?.[0] as number
  const best = least(sound, firstLoss)
  const others = sound.filter((k) => keyOf(trialAt(k)) !== keyOf(trialAt(best)))
  const runnerUp = others.length > 0 ? least(others, firstLoss) : undefined
  const first = objectives[0] as Objective
  const observedBest = least([...rows.keys()], (k) => lossOf(trialAt(k), first))
  const front = nonDominated(sound.map((k) => expected.losses[k] as readonly number[])).map((i) => sound[i] as number)
  const picked = [...new Set([best, runnerUp ?? best, observedBest, ...front])]
  const values = expected.valuesAt(picked)
  const recommended = (k: number): RecommendedTrial<C> => ({
    trial: trialAt(k),
    expected: Object.fromEntries(
      objectives.map(({ name }, i) => [name, values[picked.indexOf(k)]?.[i] as ExpectedValue]),
    ),
    withinLimits: expected.feasible[k] as number,
  })
  return {
    best: recommended(best),
    runnerUp: runnerUp === undefined ? undefined : recommended(runnerUp),
    observedBest: recommended(observedBest),
    front: front.map(recommended),
    observedFront: paretoFront([...rows.keys()].map(trialAt), objectives),
  }
}

/** The first of those with the least of something. Requires: at least one. */
function least(places: readonly number[], of: (k: number) => number): number {
  return places.reduce((a, b) => (of(b) < of(a) ? b : a))
}

function keyOf({ config }: FinishedTrial<unknown>): string {
  return JSON.stringify(config)
}

/** Those that rather keep the limits than not; where there are none, those that are most likely to. */
function soundPlaces({ feasible }: Expectations): readonly number[] {
  const most = feasible.reduce((best, one) => Math.max(best, one), 0)
  return [...feasible.keys()].filter((k) => (feasible[k] as number) >= Math.min(0.5, most))
}

function checkValues({ number, values }: FinishedTrial<unknown>, objectives: readonly Objective[]): void {
  for (const { name } of objectives) {
    if (Number.isFinite(values[name])) continue
    throw unusableNumbers(`recommend: trial ${number}: ${name}`, 'a finite number', values[name])
  }
}
