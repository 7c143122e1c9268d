/** One Gaussian process for each output, conditioned on what is known when a trial is asked for. */

import { columnsOf, type History, hyperparametersAt, isExact, standardisedRows } from './history.ts'
import { initialHyperparameters } from './hyperparameters.ts'
import type { PointColumns } from './kernel.ts'
import {
  type Conditioning,
  condition,
  type Factor,
  factorBytes,
  fittedMeans,
  type Posterior,
  posteriorOf,
  predictMeans,
} from './posterior.ts'
import type { Standardised } from './standardised.ts'

export interface Models {
  /** One for each output of the history, the objectives first, of standardised values. */
  readonly posteriors: readonly Posterior[]
  readonly scales: readonly Standardised[]
  /** Rows of the history that are complete and in the model. */
  readonly rows: readonly number[]
  /** What the models expect at those rows, standardised; what was observed where there is no noise. Shapes: [rows][outputs]. */
  readonly expected: readonly (readonly number[])[]
}

export interface ModelOptions {
  /** The most trials in a model. */
  readonly rowsMax: number
  /** Encoded points of pending trials: they count as having given what is expected there. */
  readonly pending: readonly Float64Array[]
}

/** Requires: at least one complete trial. */
export function modelsOf(history: History, { rowsMax, pending }: ModelOptions): Models {
  const chosen = chosenRows(history, rowsMax)
  const points = chosen.map((row) => history.points[row] as Float64Array)
  const all = columnsOf(history, [...points, ...pending])
  const places = chosen.flatMap((row, place) => (history.losses[row] ? [place] : []))
  const parts = history.outputs.map((_, output) => {
    const scale = standardisedRows(history, output, history.complete)
    const values = valuesOf(history, chosen, scale.values)
    return { scale, ...posteriorWith(history, { output, all, values, pending }) }
  })
  return {
    posteriors: parts.map(({ posterior }) => posterior),
    scales: parts.map(({ scale }) => scale),
    rows: places.map((place) => chosen[place] as number),
    expected: places.map((place) => parts.map(({ fitted }) => fitted[place] as number)),
  }
}

interface Setting {
  readonly output: number
  readonly all: PointColumns
  readonly values: Float64Array
  readonly pending: readonly Float64Array[]
}

function posteriorWith(history: History, { output, all, values, pending }: Setting) {
  const n = values.length
  const hyper = hyperparametersAt(history, output, history.complete.length)
  const known = n === history.points.length ? history.factors[output] : undefined
  let told = condition(all, { n, hyper, known })
  // Hyperparameters that were fitted to some of the points may not do for others; those of the prior do, with their noise.
  told ??= condition(all, { n, hyper: initialHyperparameters(history.encoding.dimensions.length) }) as Conditioning
  history.factors[output] = n === history.points.length && isWorthKeeping(history) ? factorOf(told) : undefined
  const posterior = posteriorOf(told, values)
  const fitted = isExact(history, output) ? values : fittedMeans(posterior, values)
  return { posterior: withPending(posterior, { all, values, pending }) ?? posterior, fitted }
}

/** What is worth keeping of a conditioning until the next ask. */
function factorOf({ n, hyper, factor, exact }: Conditioning): Factor {
  return { n, hyper, factor, exact }
}

/** Bytes for each trial that a study may keep factors in from one ask to the next; they grow with the square of its trials. */
const factorBytesMax = 1_024

function isWorthKeeping({ outputs, points }: History): boolean {
  return outputs.length * factorBytes(points.length) <= factorBytesMax * points.length
}

/**
 * The posterior given that pending trials give what is expected of them: means stay, deviations shrink. Source: the kriging
 * believer of Ginsbourger, Le Riche & Carraro, 2010.
 */
function withPending(posterior: Posterior, { all, values, pending }: Omit<Setting, 'output'>): Posterior | undefined {
  if (pending.length === 0) return posterior
  const means = predictMeans(posterior, pending)
  const both = Float64Array.of(...values, ...means)
  const conditioned = condition(all, { n: both.length, hyper: posterior.hyper, known: posterior })
  return conditioned && posteriorOf(conditioned, both)
}

/** All rows, or the better half of what fits by the sum of standardised losses, feasible ones first, and others evenly spread. */
function chosenRows(history: History, rowsMax: number): readonly number[] {
  const { points, complete, objectives, feasible } = history
  if (points.length <= rowsMax) return points.map((_, row) => row)
  const sums = new Map<number, number>(complete.map((row) => [row, feasible[row] ? 0 : 1e9]))
  for (const i of objectives.keys()) {
    const { values } = standardisedRows(history, i, complete)
    for (const [k, row] of complete.entries()) sums.set(row, (sums.get(row) as number) + (values[k] as number))
  }
  const byScore = [...complete].sort((a, b) => (sums.get(a) as number) - (sums.get(b) as number) || a - b)
  const best = new Set(byScore.slice(0, Math.ceil(rowsMax / 2)))
  const rest = points.map((_, row) => row).filter((row) => !best.has(row))
  const room = rowsMax - best.size
  const spread = Array.from(
    { length: Math.min(room, rest.length) },
    (_, i) => rest[Math.floor((i * rest.length) / room)] as number,
  )
  return [...best, ...spread].sort((a, b) => a - b)
}

/** Standardised values of the chosen rows; a trial without losses counts as the worst. */
function valuesOf({ complete, losses }: History, chosen: readonly number[], values: Float64Array): Float64Array {
  const worst = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const byRow = new Map(complete.map((row, k) => [row, values[k] as number]))
  return Float64Array.from(chosen, (row) => (losses[row] ? (byRow.get(row) as number) : worst))
}
