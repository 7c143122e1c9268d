/** The margin: a variable with steps never gets stuck on one value, because the values beside it keep some probability. */

import { normalCdf, normalQuantile } from '../../numeric/normal.ts'
import { deviationOf, type Gaussian } from './gaussian.ts'

/**
 * Moves the mean and widens axis `j` until what lies beyond the cell of the mean has at least probability `alpha`; to each side
 * half of it where there are values on both.
 *
 * Shapes: `edges` [values - 1] ascending, between the cells. Requires: at least one edge, 0 < alpha < 0.5.
 * Source: Hamano, Saito, Nomura & Shirakawa, CMA-ES with Margin, GECCO 2022. Differs: probabilities are capped below one half
 * so that quantiles stay finite.
 */
export function keepMargin(
  gaussian: Gaussian,
  j: number,
  { edges, alpha }: { edges: readonly number[]; alpha: number },
): void {
  const { mean, widening } = gaussian
  const center = mean[j] as number
  const deviation = deviationOf(gaussian, j)
  const above = edges.findIndex((edge) => edge >= center)
  if (above <= 0 || edges.length === 1) {
    const edge = edges[above === 0 ? 0 : edges.length - 1] as number
    const reach = deviation * normalQuantile(1 - alpha)
    mean[j] = edge + Math.sign(center - edge || 1) * Math.min(Math.abs(center - edge), reach)
    return
  }
  const low = edges[above - 1] as number
  const high = edges[above] as number
  const [below, beyond] = [normalCdf((low - center) / deviation), normalCdf((center - high) / deviation)]
  if (below >= alpha / 2 && beyond >= alpha / 2) return
  const [left, right] = corrected([below, beyond], alpha)
  const [leftReach, rightReach] = [normalQuantile(1 - left), normalQuantile(1 - right)]
  mean[j] = (low * rightReach + high * leftReach) / (leftReach + rightReach)
  widening[j] = ((widening[j] as number) * (high - low)) / (deviation * (leftReach + rightReach))
}

/** Raises what is below half the margin, and takes it from what is above in proportion. */
function corrected([below, beyond]: readonly [number, number], alpha: number): [number, number] {
  const half = alpha / 2
  const raised = [Math.max(half, below), Math.max(half, beyond), Math.max(half, 1 - below - beyond)] as const
  const total = raised[0] + raised[1] + raised[2]
  const share = (1 - total) / (total - 3 * half)
  const fit = (p: number) => Math.min(0.499, p + share * (p - half))
  return [fit(raised[0]), fit(raised[1])]
}
