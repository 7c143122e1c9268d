/** The logarithm of the normal distribution function, exact also where it is as small as it gets. */

import { normalCdf } from './normal.ts'

/** log √(2π). */
const halfLogTau = 0.9189385332046727

/**
 * log Φ(z) and its derivative φ(z) / Φ(z).
 *
 * Ensures: finite for finite z down to -1e150; relative error of Φ below 1e-7.
 * Source: below -5 by the continued fraction of Mills' ratio (Abramowitz & Stegun, 1964, 26.2.14), in which nothing cancels.
 * @example logNormalCdf(0).value // => Math.log(0.5)
 */
export function logNormalCdf(z: number): { readonly value: number; readonly slope: number } {
  const logDensity = -0.5 * z * z - halfLogTau
  if (z > -5) {
    const cdf = normalCdf(z)
    return { value: Math.log(cdf), slope: Math.exp(logDensity) / cdf }
  }
  const x = -z
  let tail = x
  for (let k = 12; k >= 1; k--) tail = x + k / tail
  return { value: logDensity - Math.log(tail), slope: tail }
}
