/** A study's finished trials as encoded points and losses, and the hyperparameters that were fitted to them. */

import { type OutcomeLimit, violationOf } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import type { FinishedTrial } from '../../trial.ts'
import { type Encoding, encodingOf } from './encoding.ts'
import { type FitData, fitHyperparameters, initialHyperparameters, noiseFloor } from './hyperparameters.ts'
import type { Hyperparameters, PointColumns } from './kernel.ts'
import { type Output, outputsOf } from './output.ts'
import type { Factor } from './posterior.ts'
import { addRepeats, noRepeats, type Repeats, rulesOutNoise } from './repeats.ts'
import { type Standardised, standardised } from './standardised.ts'

/** Rows are counted in the order of tells. */
export interface History {
  readonly encoding: Encoding
  readonly objectives: AskContext['objectives']
  readonly limits: readonly OutcomeLimit[]
  readonly outputs: readonly Output[]
  readonly points: Float64Array[]
  /** Losses of each row, one for each output; undefined for a trial that failed or was pruned. Shapes: [n][outputs]. */
  readonly losses: (readonly number[] | undefined)[]
  /** Rows that have losses, ascending. */
  readonly complete: number[]
  /** Of each row, whether it has losses and keeps the limits by what was measured. */
  readonly feasible: boolean[]
  /** What was fitted, by output and number of complete trials. */
  readonly fits: Map<string, Hyperparameters>
  /** Configurations that were measured again. */
  readonly repeats: Repeats
  /** The factor of each output at the last ask. */
  readonly factors: (Factor | undefined)[]
}

/** What a history needs to know of a study. */
export interface HistorySource {
  readonly space: Pick<AskContext['space'], 'dimensions'>
  readonly objectives: AskContext['objectives']
  readonly limits?: readonly OutcomeLimit[]
}

export function emptyHistory({ space, objectives, limits = [] }: HistorySource): History {
  const encoding = encodingOf(space)
  const outputs = outputsOf(objectives, limits)
  const rows = { points: [], losses: [], complete: [], feasible: [] }
  return { encoding, objectives, limits, outputs, ...rows, fits: new Map(), repeats: noRepeats(), factors: [] }
}

export function addTrial(history: History, trial: FinishedTrial): void {
  const losses = history.outputs.map(({ name, sign }) => sign * (trial.values[name] ?? Number.NaN))
  const isComplete = trial.state === 'complete' && losses.every(Number.isFinite)
  if (isComplete) history.complete.push(history.points.length)
  history.points.push(history.encoding.encode(trial.config))
  history.losses.push(isComplete ? losses : undefined)
  history.feasible.push(isComplete && violationOf(trial, history.limits) === 0)
  if (isComplete) addRepeats(history.repeats, history, trial)
}

/** Whether an output has no noise: that was said, or what was measured again was the same. */
export function isExact(history: History, output: number, count: number = history.complete.length): boolean {
  if (history.outputs[output]?.exact) return true
  return rulesOutNoise(history.repeats, history, { output, count: fittedCount(count) })
}

/** Losses of an output at some complete rows, as a model likes them. */
export function standardisedRows(history: History, output: number, rows: readonly number[]): Standardised {
  const { outputs, objectives, losses } = history
  return standardised(
    rows.map((row) => losses[row]?.[output] as number),
    { wide: objectives.length > 1 || output >= objectives.length, bound: outputs[output]?.high },
  )
}

/** Encoded points by column. Shapes: `points` [n][d]. */
export function columnsOf({ encoding }: History, points: readonly Float64Array[]): PointColumns {
  const columns = encoding.dimensions.map((_, d) => Float64Array.from(points, (point) => point[d] as number))
  return { columns, unordered: encoding.unordered }
}

/**
 * Hyperparameters of an output after the first `count` complete trials. They are fitted at every count up to 32 and then at every
 * 2nd, 4th, 8th …; each from those at the count without its last binary digit, beyond 128 from those at 128, and at powers of two up to
 * there from the prior's too. So they depend on the trials alone and not on when they were asked for, and a resumed study
 * fits a few times and not again at every count.
 *
 * Requires: `count` at least 1.
 * Cost: it does not grow beyond 400 trials, of which a dozen evaluations of the likelihood are made, after two dozen of 160.
 */
export function hyperparametersAt(history: History, output: number, count: number): Hyperparameters {
  const at = fittedCount(count)
  const key = `${output}/${at}`
  const known = history.fits.get(key)
  if (known) return known
  const fitted = fittedTo(history, output, at)
  history.fits.set(key, fitted)
  forgetOldFits(history.fits)
  return fitted
}

/** Beyond a number of trials to some of them first, whose curvature tells where to go with the others. */
function fittedTo(history: History, output: number, at: number): Hyperparameters {
  const starts = startsAt(history, output, at)
  const evaluationsMax = at <= coldMax ? 60 : at <= baseCount ? 20 : 24
  const coarse = fitHyperparameters(fitData(history, { output, at }, fitRows(history, at, coarseRowsMax)), starts, {
    evaluationsMax,
  })
  const rows = fitRows(history, at, fitRowsMax)
  if (rows.length <= coarseRowsMax) return coarse.hyper
  return fitHyperparameters(fitData(history, { output, at }, rows), [coarse.hyper], {
    evaluationsMax: 12,
    curvature: coarse.curvature,
  }).hyper
}

function fitData(
  history: History,
  { output, at }: { readonly output: number; readonly at: number },
  rows: readonly number[],
): FitData {
  const points = rows.map((row) => history.points[row] as Float64Array)
  return {
    ...columnsOf(history, points),
    n: rows.length,
    values: standardisedRows(history, output, rows).values,
    exact: isExact(history, output, at),
  }
}

/** Up to so many trials a fit from the prior is cheap, and what was fitted to fewer says little. */
const coldMax = 32
/** Up to so many a fit is tried from the prior at powers of two. */
const coldPowerMax = 64
/** What was fitted to so many trials is where fits to more begin. */
const baseCount = 128
/** From here on noise is much. */
const muchNoise = 0.1

function startsAt(history: History, output: number, at: number): Hyperparameters[] {
  const initial = initialHyperparameters(history.encoding.dimensions.length)
  const isPower = (at & (at - 1)) === 0
  const parent = at > baseCount ? baseCount : isPower ? at / 2 : at & (at - 1)
  if (parent < parentMin) return [initial]
  const warm = hyperparametersAt(history, output, parent)
  if (at <= coldMax || (isPower && at <= coldPowerMax)) return [warm, initial]
  if (at !== baseCount) return [warm]
  // Rough and quiet, or smooth and noisy: a fit that begins on one side does not find the other, and all later ones begin here.
  return [warm, warm.noise < muchNoise ? { ...initial, scale: 0.5, noise: 0.5 } : initial]
}

/** The most complete trials that `noiseShare` looks at; more say the same. */
const noiseTrialsMax = 256

/**
 * How much of the variance of the first objective is noise, 0 to about 1, by what was fitted to as many of its first values as are a
 * power of two, at most 256: it is asked before each trial.
 *
 * Requires: a complete trial.
 */
export function noiseShare(history: History): number {
  const { noise } = hyperparametersAt(
    history,
    0,
    2 ** Math.floor(Math.log2(Math.min(history.complete.length, noiseTrialsMax))),
  )
  return noise - noiseFloor
}

const parentMin = 8
const fitsMax = 256
/** The most distances between two coordinates that an evaluation of a fit may look at. */
const distancesMax = 4_000_000
/** The most trials that hyperparameters are fitted to at first, and in the end. */
const coarseRowsMax = 160
const fitRowsMax = 400

function fittedCount(count: number): number {
  const step = count <= coldMax ? 1 : 2 ** Math.ceil(Math.log2(count / coldMax))
  return Math.floor(count / step) * step
}

/** All of the first `count` complete trials, or as many of them, evenly spread, as a fit can take, at most `rowsMax`. */
function fitRows({ complete, encoding }: History, count: number, rowsMax: number): readonly number[] {
  const most = Math.min(rowsMax, Math.max(32, Math.floor(Math.sqrt((2 * distancesMax) / encoding.dimensions.length))))
  if (count <= most) return complete.slice(0, count)
  return Array.from({ length: most }, (_, i) => complete[Math.floor((i * count) / most)] as number)
}

/** The oldest go first; one that is needed again is fitted again, to the same. */
function forgetOldFits(fits: Map<string, Hyperparameters>): void {
  for (const key of fits.keys()) {
    if (fits.size <= fitsMax) return
    fits.delete(key)
  }
}
