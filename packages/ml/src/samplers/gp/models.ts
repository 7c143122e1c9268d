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
  const known = n === history.points.length ? history.factors[output] : undefined
  const told = conditioned(history, output, { ...all, n, known })
  history.factors[output] = n === history.points.length && isWorthKeeping(history) ? factorOf(told) : undefined
  const posterior = posteriorOf(told, values)
  const fitted = isExact(history, output) ? values : fittedMeans(posterior, values)
  return { posterior: withPending(posterior, { all, values, pending }) ?? posterior, fitted }
}

/** On the first `n` of some points. */
function conditioned(
  history: History,
  output: number,
  { columns, unordered, n, known }: PointColumns & { readonly n: number; readonly known?: Factor | undefined },
): Conditioning {
  const hyper = hyperparametersAt(history, output, history.complete.length)
  const told = condition({ columns, unordered }, { n, hyper, known })
  if (told) return told
  // Hyperparameters that were fitted to some of the points may not do for others; those of the prior do, with their noise.
  const prior = initialHyperparameters(history.encoding.dimensions.length)
  return condition({ columns, unordered }, { n, hyper: prior }) as Conditioning
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
  const told = condition(all, { n: both.length, hyper: posterior.hyper, known: posterior })
  return told && posteriorOf(told, both)
}

/**
 * All rows, or some of them evenly spread and, as the other half, those of which a model of the first expects most. Were they chosen
 * by what was measured of them, their luck would be: a model takes noise for none that it was never shown the other half of. What is
 * chosen by points and values that are in the model tells nothing more of the noise (it is ignorable: Rubin, Biometrika 63, 1976).
 */
function chosenRows(history: History, rowsMax: number): readonly number[] {
  const { points, complete } = history
  if (points.length <= rowsMax) return points.map((_, row) => row)
  const promising = Math.min(Math.ceil(rowsMax / 2), complete.length)
  const room = rowsMax - promising
  const spread = Array.from({ length: room }, (_, i) => Math.floor((i * points.length) / room))
  const known = new Set(spread)
  const others = complete.filter((row) => !known.has(row))
  const scores = scoresBy(history, spread, others)
  const order = [...others.keys()].sort((a, b) => (scores[a] as number) - (scores[b] as number) || a - b)
  return [...spread, ...order.slice(0, promising).map((k) => others[k] as number)].sort((a, b) => a - b)
}

/** Added to the score of what is expected to break a limit. */
const beyondLimit = 1e9

/** What a model of some rows expects of others: the sum of standardised losses of objectives, those that keep the limits first. */
function scoresBy(history: History, shown: readonly number[], others: readonly number[]): Float64Array {
  const { points, objectives, outputs, complete } = history
  const scores = new Float64Array(others.length)
  const columns = columnsOf(
    history,
    shown.map((row) => points[row] as Float64Array),
  )
  const places = new Map(complete.map((row, k) => [row, k]))
  for (const [output, { low, high }] of outputs.entries()) {
    const scale = standardisedRows(history, output, complete)
    const [least, most] = [scale.valueOf(low), scale.valueOf(high)]
    const means = isExact(history, output)
      ? others.map((row) => scale.values[places.get(row) as number] as number)
      : predictMeans(
          posteriorOf(
            conditioned(history, output, { ...columns, n: shown.length }),
            valuesOf(history, shown, scale.values),
          ),
          others.map((row) => points[row] as Float64Array),
        )
    for (const [k, mean] of means.entries()) {
      const isBeyond = mean < least || mean > most
      scores[k] = (scores[k] as number) + (output < objectives.length ? mean : 0) + (isBeyond ? beyondLimit : 0)
    }
  }
  return scores
}

/** Standardised values of the chosen rows; a trial without losses counts as the worst. */
function valuesOf({ complete, losses }: History, chosen: readonly number[], values: Float64Array): Float64Array {
  const worst = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const byRow = new Map(complete.map((row, k) => [row, values[k] as number]))
  return Float64Array.from(chosen, (row) => (losses[row] ? (byRow.get(row) as number) : worst))
}
