/**
 * What to take from a study: the trial that is best by what a model of all trials expects, beside the one that was observed to
 * be best. Under noise the second is a lucky one.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { nonDominated, paretoFront } from '../front/pareto-front.ts'
import { lossOf, type Objective } from '../objective.ts'
import { type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import { addTrial, emptyHistory } from '../samplers/gp/history.ts'
import { type Models, modelsOf } from '../samplers/gp/models.ts'
import { predictMany } from '../samplers/gp/posterior.ts'
import type { Config, Space } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'

/** What `recommend` reads of a study; also trials that another program made. */
export interface Measurements<C = Config> {
  readonly space: Pick<Space, 'dimensions'>
  readonly objectives: readonly Objective[]
  /** Trials beyond one of them are not recommended. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  readonly finished: readonly FinishedTrial<C>[]
}

export interface RecommendOptions {
  /** The most trials in the model; beyond, the better half and a spread of the others. Its time grows with the cube. @default 400 */
  readonly trialsMax?: number
}

export const recommendDefaults = { trialsMax: 400 } satisfies Required<RecommendOptions>

/** What is expected of one objective at one configuration, in the objective's units. */
export interface ExpectedValue {
  /** The median of what is expected; the mean too but where an objective is modelled in logarithms. */
  readonly value: number
  /** Where the value without noise is with 95 % probability, if the model is right. */
  readonly ci95: readonly [low: number, high: number]
}

export interface RecommendedTrial<C = Config> {
  readonly trial: FinishedTrial<C>
  readonly expected: { readonly [objective: string]: ExpectedValue }
}

export interface Recommendation<C = Config> {
  /** Best in the first objective by what is expected. */
  readonly best: RecommendedTrial<C>
  /** Best in the first objective by what was observed, with what is expected of it. */
  readonly observedBest: RecommendedTrial<C>
  /** Trials that no other beats in all objectives by what is expected, in the order of tells. */
  readonly front: readonly RecommendedTrial<C>[]
  /** The same by what was observed. */
  readonly observedFront: readonly FinishedTrial<C>[]
}

/**
 * Fits a Gaussian process to each objective and recommends among the complete trials within the limits; undefined where there are none.
 *
 * Ensures: depends on the trials and their order alone.
 * Throws: `foundation/invalid-option`; `ml/unusable-numbers` for a complete trial without a finite value for each objective.
 * Cost: some fits at O(n³) for n trials.
 * Source: Rasmussen & Williams, 2006; see `gpSampler`.
 * @example recommend(study)?.best.expected.accuracy?.ci95
 */
export function recommend<C extends Config>(
  study: Measurements<C>,
  options: RecommendOptions = {},
): Recommendation<C> | undefined {
  checkOptions('recommend', options, { trialsMax: rule.optional(rule.int(10, 2_000)) })
  const { trialsMax } = { ...recommendDefaults, ...options }
  const { objectives, limits = [] } = study
  const complete = study.finished.filter((trial) => trial.state === 'complete' && violationOf(trial, limits) === 0)
  checkValues(complete, objectives)
  if (complete.length === 0) return undefined
  const history = emptyHistory(study)
  for (const trial of complete) addTrial(history, trial as FinishedTrial)
  const models = modelsOf(history, { rowsMax: trialsMax, pending: [] })
  const expected = expectedAt(models, history.points)
  const recommended = (k: number): RecommendedTrial<C> => ({
    trial: complete[k] as FinishedTrial<C>,
    expected: Object.fromEntries(
      objectives.map((one, i) => [one.name, expectedValue(models, { one, i }, expected[k] as Expected)]),
    ),
  })
  const first = objectives[0] as Objective
  const rows = [...complete.keys()]
  const least = (of: (k: number) => number) => rows.reduce((a, b) => (of(b) < of(a) ? b : a))
  return {
    best: recommended(least((k) => expected[k]?.means[0] as number)),
    observedBest: recommended(least((k) => lossOf(complete[k] as FinishedTrial<C>, first))),
    front: nonDominated(expected.map(({ means }) => means)).map(recommended),
    observedFront: paretoFront(complete, objectives),
  }
}

/** Standardised losses. Shapes: [m] each. */
interface Expected {
  readonly means: readonly number[]
  readonly deviations: readonly number[]
}

function checkValues(complete: readonly FinishedTrial<unknown>[], objectives: readonly Objective[]): void {
  for (const { number, values } of complete) {
    for (const { name } of objectives) {
      if (Number.isFinite(values[name])) continue
      throw unusableNumbers(`recommend: trial ${number}: ${name}`, 'a finite number', values[name])
    }
  }
}

function expectedAt({ posteriors }: Models, points: readonly Float64Array[]): Expected[] {
  const all = posteriors.map((posterior) => predictMany(posterior, points))
  return points.map((_, k) => ({
    means: all.map(({ means }) => means[k] as number),
    deviations: all.map(({ deviations }) => deviations[k] as number),
  }))
}

function expectedValue(
  { scales }: Models,
  { one, i }: { readonly one: Objective; readonly i: number },
  { means, deviations }: Expected,
): ExpectedValue {
  const sign = one.direction === 'maximise' ? -1 : 1
  const at = (z: number) => sign * (scales[i]?.lossOf((means[i] as number) + z * (deviations[i] as number)) as number)
  const ends = [at(-1.959963984540054), at(1.959963984540054)].sort((a, b) => a - b)
  return { value: at(0), ci95: [ends[0] as number, ends[1] as number] }
}
