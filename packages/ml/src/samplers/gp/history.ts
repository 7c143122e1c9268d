/** A study's finished trials as encoded points and losses, and the hyperparameters that were fitted to them. */

import { lossesOf } from '../../objective.ts'
import { type OutcomeLimit, violationOf } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import type { FinishedTrial } from '../../trial.ts'
import { type Encoding, encodingOf } from './encoding.ts'
import { fitHyperparameters, initialHyperparameters, noiseFloor } from './hyperparameters.ts'
import type { Hyperparameters, PointColumns } from './kernel.ts'
import type { Conditioning } from './posterior.ts'
import { standardised } from './standardised.ts'

/** Rows are counted in the order of tells. */
export interface History {
  readonly encoding: Encoding
  readonly objectives: AskContext['objectives']
  readonly points: Float64Array[]
  readonly limits: readonly OutcomeLimit[]
  /** Losses of each row; undefined for a trial that failed, was pruned or is beyond a limit. */
  readonly losses: (readonly number[] | undefined)[]
  /** Rows that have losses, ascending. */
  readonly complete: number[]
  /** What was fitted, by objective and number of complete trials. */
  readonly fits: Map<string, Hyperparameters>
  /** The factor of each objective at the last ask. */
  readonly factors: (Conditioning | undefined)[]
}

/** What a history needs to know of a study. */
export interface HistorySource {
  readonly space: Pick<AskContext['space'], 'dimensions'>
  readonly objectives: AskContext['objectives']
  readonly limits?: readonly OutcomeLimit[]
}

export function emptyHistory({ space, objectives, limits = [] }: HistorySource): History {
  const encoding = encodingOf(space)
  return { encoding, objectives, limits, points: [], losses: [], complete: [], fits: new Map(), factors: [] }
}

export function addTrial(history: History, trial: FinishedTrial): void {
  const isGood = trial.state === 'complete' && violationOf(trial, history.limits) === 0
  if (isGood) history.complete.push(history.points.length)
  history.points.push(history.encoding.encode(trial.config))
  history.losses.push(isGood ? lossesOf(trial, history.objectives) : undefined)
}

/** Encoded points by column. Shapes: `points` [n][d]. */
export function columnsOf({ encoding }: History, points: readonly Float64Array[]): PointColumns {
  const columns = encoding.dimensions.map((_, d) => Float64Array.from(points, (point) => point[d] as number))
  return { columns, unordered: encoding.unordered }
}

/**
 * Hyperparameters of an objective after the first `count` complete trials. They are fitted at every count up to 64 and then
 * at every 4th, 8th, 16th …, from those at the power of two below; so they depend on the trials alone and not on when they
 * were asked for, and a resumed study fits a few times and not again at every count.
 *
 * Requires: `count` at least 1.
 */
export function hyperparametersAt(history: History, objective: number, count: number): Hyperparameters {
  const at = fittedCount(count)
  const key = `${objective}/${at}`
  const known = history.fits.get(key)
  if (known) return known
  const initial = initialHyperparameters(history.encoding.dimensions.length)
  const anchor = anchorBelow(at)
  const starts = anchor >= anchorMin ? [hyperparametersAt(history, objective, anchor), initial] : [initial]
  const rows = fitRows(history, at)
  const losses = rows.map((row) => history.losses[row]?.[objective] as number)
  const data = {
    ...columnsOf(
      history,
      rows.map((row) => history.points[row] as Float64Array),
    ),
    n: rows.length,
    values: standardised(losses, { wide: history.objectives.length > 1 }).values,
  }
  const fitted = fitHyperparameters(data, starts, at <= 64 ? 60 : 25)
  history.fits.set(key, fitted)
  forgetOldFits(history.fits)
  return fitted
}

/** The most complete trials that `noiseShare` looks at; more say the same. */
const noiseTrialsMax = 256

/**
 * How much of the variance of the first objective is noise, 0 to about 1, by what was fitted to its first 256 values at most.
 *
 * Requires: a complete trial.
 */
export function noiseShare(history: History): number {
  const { noise } = hyperparametersAt(history, 0, Math.min(history.complete.length, noiseTrialsMax))
  return noise - noiseFloor
}

const anchorMin = 8
const fitsMax = 256
/** The most numbers that pairwise distances of a fit may take. */
const distancesMax = 16_000_000
/** The most trials that hyperparameters are fitted to. */
const fitRowsMax = 400

function fittedCount(count: number): number {
  const step = count <= 64 ? 1 : 2 ** (Math.ceil(Math.log2(count / 64)) + 1)
  return Math.floor(count / step) * step
}

function anchorBelow(count: number): number {
  return 2 ** (Math.ceil(Math.log2(count)) - 1)
}

/** All of the first `count` complete trials, or as many of them, evenly spread, as a fit can take. */
function fitRows({ complete, encoding }: History, count: number): readonly number[] {
  const most = Math.min(
    fitRowsMax,
    Math.max(32, Math.floor(Math.sqrt((2 * distancesMax) / encoding.dimensions.length))),
  )
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
