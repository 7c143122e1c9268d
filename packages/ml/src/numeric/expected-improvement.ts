/** Expected improvement in logarithms, exact also where improvement is as unlikely as it gets. */

import { normalCdf } from './normal.ts'

/** log √(2π). */
const halfLogTau = 0.9189385332046727

/** log h(z) and its derivative, where h(z) = φ(z) + z Φ(z) is the expected excess of a standard normal over -z. */
export interface LogImprovement {
  readonly value: number
  /** Φ(z) / h(z). */
  readonly slope: number
}

/**
 * The expected improvement of a normal with mean μ and deviation σ below a threshold t is σ h((t - μ) / σ).
 *
 * Ensures: finite for finite z; relative error of h below 1e-7.
 * Source: Ament et al., NeurIPS 2023 (log-EI). Differs: the tail by the continued fraction of Mills' ratio, in which nothing cancels.
 * @example logImprovement(0).value // => log(1 / √(2π))
 */
export function logImprovement(z: number): LogImprovement {
  if (z > -1) {
    const cdf = normalCdf(z)
    const h = Math.exp(-0.5 * z * z - halfLogTau) + z * cdf
    return { value: Math.log(h), slope: cdf / h }
  }
  const x = -z
  const rest = millsRest(x)
  // With R = 1 / (x + rest) for Mills' ratio, h = φ (1 - x R) = φ rest / (x + rest), and Φ / h = 1 / rest.
  return { value: -0.5 * x * x - halfLogTau + Math.log(rest / (x + rest)), slope: 1 / rest }
}

/** 1/(x + 2/(x + 3/(x + …))): as many terms as it takes to be exact from x = 1 on. */
function millsRest(x: number): number {
  const terms = Math.ceil(120 / (x * x)) + 3
  let tail = x
  for (let k = terms; k >= 2; k--) tail = x + k / tail
  return 1 / tail
}
