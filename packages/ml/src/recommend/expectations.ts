/** What models of all trials expect of each that was measured within the limits. */

import type { Objective } from '../objective.ts'
import { boundsOf, probabilityWithin } from '../samplers/gp/feasibility.ts'
import { type History, isExact } from '../samplers/gp/history.ts'
import { isQuiet } from '../samplers/gp/hyperparameters.ts'
import { type Models, modelsOf } from '../samplers/gp/models.ts'
import { type Posterior, predictMany, predictMeans } from '../samplers/gp/posterior.ts'
import type { Standardised } from '../samplers/gp/standardised.ts'

/** What is expected of one objective at one configuration, in the objective's units. */
export interface ExpectedValue {
  /** The median of what is expected; the mean too but where an objective is modelled in logarithms. */
  readonly value: number
  /** Where the value without noise is with 95 % probability, if the model is right. */
  readonly ci95: readonly [low: number, high: number]
}

/** Trials are counted in the order of the rows that were asked about. */
export interface Expectations {
  /** Expected losses, one for each objective, standardised; as observed where there is no noise. Shapes: [k][objectives]. */
  readonly losses: readonly (readonly number[])[]
  /** The probability that all limits hold. Shapes: [k]. */
  readonly feasible: readonly number[]
  /** In the objectives' units, for some of them. Shapes: [places][objectives]. */
  valuesAt(places: readonly number[]): readonly (readonly ExpectedValue[])[]
}

/**
 * Requires: `rows` of the history are complete, at least one.
 * Cost: deviations take O(n²) a trial, so they are worked out for what they are asked for alone.
 */
export function expectationsOf(history: History, rows: readonly number[], trialsMax: number): Expectations {
  const models = modelsOf(history, { rowsMax: trialsMax, pending: [] })
  const quiet = history.objectives.map((_, i) => isKnown(history, models, i))
  const means = meansAt(history, models, rows)
  const bounds = boundsOf(history, models).filter(({ output }) => !quiet[output])
  const deviationsOf = (output: number, places: readonly number[]) => {
    const points = places.map((k) => history.points[rows[k] as number] as Float64Array)
    return predictMany(models.posteriors[output] as Posterior, points).deviations
  }
  const everywhere = [...rows.keys()]
  const bounded = new Map(bounds.map(({ output }) => [output, deviationsOf(output, everywhere)]))
  const feasible = everywhere.map((k) => {
    const at = (of: (output: number) => number | undefined) => history.outputs.map((_, i) => of(i) ?? 0)
    return probabilityWithin(
      bounds,
      at((i) => means[i]?.[k]),
      at((i) => bounded.get(i)?.[k]),
    )
  })
  const observed = (k: number, i: number) => history.losses[rows[k] as number]?.[i] as number
  const losses = everywhere.map((k) =>
    quiet.map((isExact, i) => (isExact ? observed(k, i) : (means[i]?.[k] as number))),
  )
  return {
    losses,
    feasible,
    valuesAt(places) {
      const columns = history.objectives.map((one, i) => {
        if (quiet[i]) return places.map((k) => certain(one, observed(k, i)))
        const deviations = deviationsOf(i, places)
        const scale = models.scales[i] as Standardised
        return places.map((k, p) =>
          expectedValue(one, scale, { mean: means[i]?.[k] as number, deviation: deviations[p] as number }),
        )
      })
      return places.map((_, p) => columns.map((column) => column[p] as ExpectedValue))
    },
  }
}

/** Whether the values of an objective are what was observed. */
function isKnown(history: History, { posteriors }: Models, output: number): boolean {
  return isExact(history, output) || isQuiet((posteriors[output] as Posterior).hyper)
}

/** Shapes: → [outputs][rows]. */
function meansAt(history: History, { posteriors, rows: modelled, expected }: Models, rows: readonly number[]) {
  const placeOf = new Map(modelled.map((row, place) => [row, place]))
  const others = rows.filter((row) => !placeOf.has(row))
  const points = others.map((row) => history.points[row] as Float64Array)
  return posteriors.map((posterior, output) => {
    const beyond = new Map(others.map((row, k) => [row, k]))
    const means = predictMeans(posterior, points)
    return rows.map((row) => {
      const place = placeOf.get(row)
      return (place === undefined ? means[beyond.get(row) as number] : expected[place]?.[output]) as number
    })
  })
}

function signOf({ direction }: Objective): 1 | -1 {
  return direction === 'maximise' ? -1 : 1
}

function certain(one: Objective, loss: number): ExpectedValue {
  const value = signOf(one) * loss
  return { value, ci95: [value, value] }
}

function expectedValue(
  one: Objective,
  { lossOf }: Standardised,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): ExpectedValue {
  const at = (z: number) => signOf(one) * lossOf(mean + z * deviation)
  const ends = [at(-1.959963984540054), at(1.959963984540054)].sort((a, b) => a - b)
  return { value: at(0), ci95: [ends[0] as number, ends[1] as number] }
}
