/** Points with what is to be gained at them. */

import type { Acquisition } from './acquisition.ts'
import type { Encoding } from './encoding.ts'
import type { Models } from './models.ts'
import { type Prediction, predict, predictMany } from './posterior.ts'

export interface Score {
  readonly encoding: Encoding
  readonly models: Models
  readonly acquisition: Acquisition
}

/** Logarithms of what is to be gained. Shapes: encoded [p][d] → [p]. */
export function scoreMany({ models, acquisition }: Score, points: readonly Float64Array[]): Float64Array {
  const predicted = models.posteriors.map((posterior) => predictMany(posterior, points))
  const m = predicted.length
  const means = new Float64Array(m)
  const deviations = new Float64Array(m)
  return Float64Array.from(points, (_, p) => {
    for (const [i, one] of predicted.entries()) {
      means[i] = one.means[p] as number
      deviations[i] = one.deviations[p] as number
    }
    return acquisition.log({ means, deviations })
  })
}

/** The logarithm at one point; writes its slopes along the coordinates `along` into `gradient`. Shapes: encoded [d], → [along]. */
export function scoreWithSlopes(
  { models, acquisition }: Score,
  point: Float64Array,
  { along, gradient }: { readonly along: readonly number[]; readonly gradient: Float64Array },
): number {
  const predictions = models.posteriors.map((posterior) => predict(posterior, point))
  const m = predictions.length
  const slopes = { means: new Float64Array(m), deviations: new Float64Array(m) }
  const of = (key: 'mean' | 'deviation') => Float64Array.from(predictions, (one) => one[key])
  const value = acquisition.log({ means: of('mean'), deviations: of('deviation') }, slopes)
  for (const [k, d] of along.entries()) {
    gradient[k] = predictions.reduce((sum, one: Prediction, i) => {
      const byMean = (slopes.means[i] as number) * (one.meanSlopes[d] as number)
      return sum + byMean + (slopes.deviations[i] as number) * (one.deviationSlopes[d] as number)
    }, 0)
  }
  return value
}
