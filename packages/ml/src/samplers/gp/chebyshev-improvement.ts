/** Expected improvement of a random trade-off of many losses: ParEGO. */

import type { Random } from '@mabeam/foundation'
import { quasiNormals } from '../../numeric/sobol.ts'
import type { Acquisition } from './acquisition.ts'

/** Part of the plain sum beside the worst weighted loss. */
const rho = 0.05
/** Draws that the expectation is taken over. */
const draws = 128
/** Improvements are smoothed over this part of the spread of losses, so that there is a slope where none was drawn. */
const smoothing = 0.01

/**
 * What a point is expected to gain on the augmented Chebyshev norm of the losses, with weights drawn for this ask.
 *
 * Shapes: `losses` [n][m], expected at what was measured, n at least 1.
 * Source: Knowles, IEEE Trans. Evol. Comput. 10(1), 2006. Differs: one model for each objective and quasi-Monte Carlo over their
 * posteriors in place of a model of the norm (qParEGO: Daulton, Balandat & Bakshy, NeurIPS 2020), and a softplus in place of
 * max(0, ·) (Ament et al., NeurIPS 2023).
 */
export function chebyshevImprovement(losses: readonly (readonly number[])[], random: Random): Acquisition {
  const m = losses[0]?.length ?? 0
  const column = (i: number) => losses.map((point) => point[i] as number)
  const ideal = Float64Array.from({ length: m }, (_, i) => Math.min(...column(i)))
  const spread = ideal.map((low, i) => Math.max(1e-9, Math.max(...column(i)) - low))
  const weights = drawWeights(m, random)
  const scaled = (i: number, loss: number) =>
    ((weights[i] as number) * (loss - (ideal[i] as number))) / (spread[i] as number)
  const normOf = (at: (i: number) => number) => {
    let [worst, sum, which] = [Number.NEGATIVE_INFINITY, 0, 0]
    for (let i = 0; i < m; i++) {
      const one = scaled(i, at(i))
      sum += one
      if (one <= worst) continue
      worst = one
      which = i
    }
    return { norm: worst + rho * sum, which }
  }
  const best = Math.min(...losses.map((point) => normOf((i) => point[i] as number).norm))
  const normals = quasiNormals({ count: draws, dimensions: m }, random)
  const logs = new Float64Array(draws)
  return {
    log({ means, deviations }, slopes) {
      const which = new Int32Array(draws)
      const shares = new Float64Array(draws)
      let top = Number.NEGATIVE_INFINITY
      for (let k = 0; k < draws; k++) {
        const drawn = normOf((i) => (means[i] as number) + (deviations[i] as number) * (normals[k * m + i] as number))
        const x = (best - drawn.norm) / smoothing
        logs[k] = logSoftplus(x)
        // d log softplus / dx, the logistic function over the softplus.
        shares[k] = x < -30 ? 1 : Math.exp(-Math.log1p(Math.exp(-x)) - (logs[k] as number))
        which[k] = drawn.which
        top = Math.max(top, logs[k] as number)
      }
      let total = 0
      for (let k = 0; k < draws; k++) {
        const share = Math.exp((logs[k] as number) - top)
        shares[k] = (shares[k] as number) * share
        total += share
      }
      if (slopes) {
        for (let i = 0; i < m; i++) {
          let [byMean, byDeviation] = [0, 0]
          for (let k = 0; k < draws; k++) {
            const slope = (shares[k] as number) * (rho + Number(which[k] === i))
            byMean -= slope
            byDeviation -= slope * (normals[k * m + i] as number)
          }
          const unit = (weights[i] as number) / ((spread[i] as number) * smoothing * total)
          slopes.means[i] = byMean * unit
          slopes.deviations[i] = byDeviation * unit
        }
      }
      return top + Math.log(total / draws)
    },
  }
}

/** Uniform over weights that add up to 1. */
function drawWeights(m: number, random: Random): Float64Array {
  const parts = Float64Array.from({ length: m }, () => -Math.log(1 - random.next()) + 1e-9)
  const sum = parts.reduce((total, part) => total + part, 0)
  return parts.map((part) => part / sum)
}

/** log log(1 + eˣ). */
function logSoftplus(x: number): number {
  if (x < -30) return x
  return Math.log(x > 30 ? x : Math.log1p(Math.exp(x)))
}
