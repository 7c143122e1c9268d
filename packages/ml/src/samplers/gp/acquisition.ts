/** Acquisitions: how much is to be gained by measuring at a point, from what the model expects there. */

import { logImprovement } from '../../numeric/expected-improvement.ts'

/** What the models of the objectives expect at one point. Shapes: [m] each. */
export interface Expectation {
  readonly means: Float64Array
  readonly deviations: Float64Array
}

/** Derivatives of the logarithm by means and deviations. Shapes: [m] each. */
export interface AcquisitionSlopes {
  readonly means: Float64Array
  readonly deviations: Float64Array
}

export interface Acquisition {
  /** Logarithm of what is to be gained, up to a constant. Writes `slopes` where they are given. Ensures: not NaN. */
  log(expectation: Expectation, slopes?: AcquisitionSlopes): number
}

/**
 * Augmented expected improvement of one loss below `best`: the expected improvement of the loss without its noise, times the
 * part that a noisy measurement can tell of it. Without noise it is the expected improvement; with noise it does not
 * measure the same point for ever.
 *
 * Units: `noise` is a deviation.
 * Source: Huang, Allen, Notz & Zeng, J. Global Optim. 34(3), 2006. Differs: in logarithms; `best` is the best posterior mean.
 */
export function improvementBelow(best: number, noise: number): Acquisition {
  return {
    log({ means, deviations }, slopes) {
      const deviation = deviations[0] as number
      const z = (best - (means[0] as number)) / deviation
      const { value, slope } = logImprovement(z)
      // 1 - noise / r = deviation² / (r (r + noise)), in which nothing cancels.
      const r = Math.hypot(deviation, noise)
      if (slopes) {
        slopes.means[0] = -slope / deviation
        slopes.deviations[0] = (3 - slope * z) / deviation - deviation / (r * r) - deviation / (r * (r + noise))
      }
      return 3 * Math.log(deviation) + value - Math.log(r * (r + noise))
    },
  }
}
