/** How likely a point is to keep the limits on measured values. */

import { logNormalCdf } from '../../numeric/log-normal-cdf.ts'
import { normalMass } from '../../numeric/normal.ts'
import type { Acquisition, AcquisitionSlopes, Expectation } from './acquisition.ts'
import type { History } from './history.ts'
import type { Models } from './models.ts'
import type { Standardised } from './standardised.ts'

/** Bounds on a standardised output; at least one is finite. */
export interface Bounds {
  readonly output: number
  readonly low: number
  readonly high: number
}

/** The bounds of a study's limits in the units of its models. */
export function boundsOf({ outputs }: History, { scales }: Pick<Models, 'scales'>): Bounds[] {
  return outputs.flatMap(({ low, high }, output) => {
    if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return []
    const scale = scales[output] as Standardised
    return [{ output, low: scale.valueOf(low), high: scale.valueOf(high) }]
  })
}

/** The probability that all bounds hold where a prediction is made, the outputs taken as independent. Ensures: 0 to 1. */
export function probabilityWithin(
  bounds: readonly Bounds[],
  means: readonly number[],
  deviations: readonly number[],
): number {
  return bounds.reduce((product, { output, low, high }) => {
    const [mean, deviation] = [means[output] as number, deviations[output] as number]
    return product * normalMass((low - mean) / deviation, (high - mean) / deviation)
  }, 1)
}

/**
 * `acquisition` times the probability that the limits hold; that alone where there is no acquisition, because nothing was found
 * that keeps them.
 *
 * Source: Gardner et al., ICML 2014; Schonlau, Welch & Jones, 1998. Differs: in logarithms; both bounds of one output count as if
 * they were independent.
 */
export function withinBounds(acquisition: Acquisition | undefined, bounds: readonly Bounds[]): Acquisition {
  if (acquisition && bounds.length === 0) return acquisition
  return {
    log(expectation, slopes) {
      slopes?.means.fill(0)
      slopes?.deviations.fill(0)
      let total = acquisition?.log(expectation, slopes) ?? 0
      for (const { output, low, high } of bounds) {
        if (high !== Number.POSITIVE_INFINITY) total += addBelow({ output, bound: high, side: 1 }, expectation, slopes)
        if (low !== Number.NEGATIVE_INFINITY) total += addBelow({ output, bound: low, side: -1 }, expectation, slopes)
      }
      return total
    },
  }
}

/** log Φ(side (bound - mean) / deviation); adds its slopes. */
function addBelow(
  { output, bound, side }: { readonly output: number; readonly bound: number; readonly side: 1 | -1 },
  { means, deviations }: Expectation,
  slopes: AcquisitionSlopes | undefined,
): number {
  const deviation = deviations[output] as number
  const z = (side * (bound - (means[output] as number))) / deviation
  const { value, slope } = logNormalCdf(z)
  if (slopes) {
    slopes.means[output] = (slopes.means[output] as number) - (side * slope) / deviation
    slopes.deviations[output] = (slopes.deviations[output] as number) - (z * slope) / deviation
  }
  return value
}
