/**
 * What to take from a study: the trial that is best by what a model of all trials expects, beside the one that was observed to
 * be best. Under noise the second is a lucky one.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { nonDominated, paretoFront } from '../front/pareto-front.ts'
import { lossOf, type Objective } from '../objective.ts'
import { type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import { boundsOf, probabilityWithin } from '../samplers/gp/feasibility.ts'
import { addTrial, emptyHistory, type History } from '../samplers/gp/history.ts'
import { isQuiet } from '../samplers/gp/hyperparameters.ts'
import { type Models, modelsOf } from '../samplers/gp/models.ts'
import { type Posterior, predictMany } from '../samplers/gp/posterior.ts'
import type { Config, Space } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'

/** What `recommend` reads of a study; also trials that another program made. */
export interface Measurements<C = Config> {
  readonly space: Pick<Space, 'dimensions'>
  readonly objectives: readonly Objective[]
  /** Trials that were measured beyond one of them are not recommended, nor those that were within by luck. @default [] */
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
 * Where an objective has no noise, because that was said (`noise: false`) or because its model found none at all, what was observed is
 * what is expected, and certain. A model may take a rough function for noise: say that there is none.
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
  const { trialsMax } = { ...recommendDefaults, ...definedOptions(options) }
  const { objectives, limits = [] } = study
  const measured = study.finished.filter((trial) => trial.state === 'complete')
  const within = measured.filter((trial) => violationOf(trial, limits) === 0)
  checkValues(within, objectives)
  if (within.length === 0) return undefined
  const models = modelsOfAll(study, measured, trialsMax)
  const quiet = objectives.map((_, i) => isKnown(models, i))
  const expected = expectedAt(models, within, quiet)
  const recommended = (k: number): RecommendedTrial<C> => ({
    trial: within[k] as FinishedTrial<C>,
    expected: Object.fromEntries(
      objectives.map((one, i) => [
        one.name,
        quiet[i]
          ? observedValue(within[k] as FinishedTrial<C>, one)
          : expectedValue(models, { one, i }, expected[k] as Expected),
      ]),
    ),
    withinLimits: (expected[k] as Expected).feasible,
  })
  const first = objectives[0] as Objective
  const least = (rows: readonly number[], of: (k: number) => number) => rows.reduce((a, b) => (of(b) < of(a) ? b : a))
  const sound = soundRows(expected)
  const lossesOf = (k: number) =>
    objectives.map((one, i) =>
      quiet[i] ? lossOf(within[k] as FinishedTrial<C>, one) : ((expected[k] as Expected).means[i] as number),
    )
  const best = least(sound, (k) => lossesOf(k)[0] as number)
  const keyOf = (k: number) => JSON.stringify(within[k]?.config)
  const others = sound.filter((k) => keyOf(k) !== keyOf(best))
  return {
    best: recommended(best),
    runnerUp: others.length > 0 ? recommended(least(others, (k) => lossesOf(k)[0] as number)) : undefined,
    observedBest: recommended(least([...within.keys()], (k) => lossOf(within[k] as FinishedTrial<C>, first))),
    front: nonDominated(sound.map(lossesOf)).map((i) => recommended(sound[i] as number)),
    observedFront: paretoFront(within, objectives),
  }
}

interface FittedModels extends Models {
  readonly history: History
}

function modelsOfAll<C>(
  study: Measurements<C>,
  measured: readonly FinishedTrial<C>[],
  trialsMax: number,
): FittedModels {
  const history = emptyHistory(study)
  for (const trial of measured) addTrial(history, trial as FinishedTrial)
  return { history, ...modelsOf(history, { rowsMax: trialsMax, pending: [] }) }
}

/** Those that rather keep the limits than not; where there are none, those that are most likely to. */
function soundRows(expected: readonly Expected[]): readonly number[] {
  const most = expected.reduce((best, { feasible }) => Math.max(best, feasible), 0)
  return [...expected.keys()].filter((k) => (expected[k] as Expected).feasible >= Math.min(0.5, most))
}

/** Standardised losses. Shapes: [outputs] each. */
interface Expected {
  readonly means: readonly number[]
  readonly deviations: readonly number[]
  /** The probability that all limits hold. */
  readonly feasible: number
}

function checkValues(complete: readonly FinishedTrial<unknown>[], objectives: readonly Objective[]): void {
  for (const { number, values } of complete) {
    for (const { name } of objectives) {
      if (Number.isFinite(values[name])) continue
      throw unusableNumbers(`recommend: trial ${number}: ${name}`, 'a finite number', values[name])
    }
  }
}

/** Whether the values of an objective are what was observed. */
function isKnown({ history, posteriors }: FittedModels, output: number): boolean {
  return history.outputs[output]?.exact === true || isQuiet((posteriors[output] as Posterior).hyper)
}

/** `quiet`: of each objective, whether it has no noise; then it keeps its limits as surely as it was seen to. */
function expectedAt<C>(
  models: FittedModels,
  trials: readonly FinishedTrial<C>[],
  quiet: readonly boolean[],
): Expected[] {
  const { history, posteriors } = models
  const points = trials.map(({ config }) => history.encoding.encode(config as Config))
  const all = posteriors.map((posterior) => predictMany(posterior, points))
  const bounds = boundsOf(history, models).filter(({ output }) => !quiet[output])
  return points.map((_, k) => {
    const means = all.map((one) => one.means[k] as number)
    const deviations = all.map((one) => one.deviations[k] as number)
    return { means, deviations, feasible: probabilityWithin(bounds, means, deviations) }
  })
}

function observedValue<C>({ values }: FinishedTrial<C>, { name }: Objective): ExpectedValue {
  const value = values[name] as number
  return { value, ci95: [value, value] }
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
