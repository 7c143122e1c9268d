/** One Gaussian process for each objective, conditioned on what is known when a trial is asked for. */

import { columnsOf, type History, hyperparametersAt } from './history.ts'
import { initialHyperparameters } from './hyperparameters.ts'
import type { PointColumns } from './kernel.ts'
import { type Conditioning, condition, fittedMeans, type Posterior, posteriorOf, predictMany } from './posterior.ts'
import { type Standardised, standardised } from './standardised.ts'

export interface Models {
  /** One for each objective, of standardised values. */
  readonly posteriors: readonly Posterior[]
  readonly scales: readonly Standardised[]
  /** Rows of the history that are complete and in the model. */
  readonly rows: readonly number[]
  /** What the models expect at those rows, standardised. Shapes: [rows][m]. */
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
  const parts = history.objectives.map((_, objective) => {
    const scale = standardised(
      history.complete.map((row) => history.losses[row]?.[objective] as number),
      { wide: history.objectives.length > 1 },
    )
    const values = valuesOf(history, chosen, scale.values)
    return { scale, ...posteriorWith(history, { objective, all, values, pending }) }
  })
  return {
    posteriors: parts.map(({ posterior }) => posterior),
    scales: parts.map(({ scale }) => scale),
    rows: places.map((place) => chosen[place] as number),
    expected: places.map((place) => parts.map(({ fitted }) => fitted[place] as number)),
  }
}

interface Setting {
  readonly objective: number
  readonly all: PointColumns
  readonly values: Float64Array
  readonly pending: readonly Float64Array[]
}

function posteriorWith(history: History, { objective, all, values, pending }: Setting) {
  const n = values.length
  const hyper = hyperparametersAt(history, objective, history.complete.length)
  const known = n === history.points.length ? history.factors[objective] : undefined
  let told = condition(all, { n, hyper, known })
  // Hyperparameters that were fitted to some of the points may not do for others; those of the prior do, with their noise.
  told ??= condition(all, { n, hyper: initialHyperparameters(history.encoding.dimensions.length) }) as Conditioning
  if (n === history.points.length) history.factors[objective] = told
  const posterior = posteriorOf(told, values)
  const fitted = fittedMeans(posterior, values)
  return { posterior: withPending(posterior, { all, values, pending }) ?? posterior, fitted }
}

/**
 * The posterior given that pending trials give what is expected of them: means stay, deviations shrink. Source: the kriging
 * believer of Ginsbourger, Le Riche & Carraro, 2010.
 */
function withPending(
  posterior: Posterior,
  { all, values, pending }: Omit<Setting, 'objective'>,
): Posterior | undefined {
  if (pending.length === 0) return posterior
  const { means } = predictMany(posterior, pending)
  const both = Float64Array.of(...values, ...means)
  const conditioned = condition(all, { n: both.length, hyper: posterior.hyper, known: posterior })
  return conditioned && posteriorOf(conditioned, both)
}

/** All rows, or the better half of what fits by the sum of standardised losses, and others evenly spread. */
function chosenRows(history: History, rowsMax: number): readonly number[] {
  const { points, losses, complete, objectives } = history
  if (points.length <= rowsMax) return points.map((_, row) => row)
  const sums = new Map<number, number>(complete.map((row) => [row, 0]))
  for (const i of objectives.keys()) {
    const { values } = standardised(
      complete.map((row) => losses[row]?.[i] as number),
      { wide: objectives.length > 1 },
    )
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
