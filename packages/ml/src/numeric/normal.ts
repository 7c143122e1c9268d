/** The standard normal distribution: what Parzen kernels and bootstrap intervals need of it. */

/**
 * Φ(z), the probability of a standard normal at most z.
 *
 * Ensures: relative error below 1e-8 (absolute below 1e-15) down to z = -37, 0 below.
 * Source: Hart, Computer Approximations, 1968, algorithm 5666; form of West, Wilmott Magazine, May 2005. Differs: none.
 * @example normalCdf(0) // => 0.5
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z)
  if (x > 37) return z > 0 ? 1 : 0
  const density = Math.exp(-0.5 * x * x)
  let tail: number
  if (x < 7.07106781186547) {
    let top = 3.52624965998911e-2 * x + 0.700383064443688
    top = top * x + 6.37396220353165
    top = top * x + 33.912866078383
    top = top * x + 112.079291497871
    top = top * x + 221.213596169931
    top = top * x + 220.206867912376
    let bottom = 8.83883476483184e-2 * x + 1.75566716318264
    bottom = bottom * x + 16.064177579207
    bottom = bottom * x + 86.7807322029461
    bottom = bottom * x + 296.564248779674
    bottom = bottom * x + 637.333633378831
    bottom = bottom * x + 793.826512519948
    bottom = bottom * x + 440.413735824752
    tail = (density * top) / bottom
  } else {
    const fraction = x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))
    tail = density / fraction / 2.506628274631
  }
  return z > 0 ? 1 - tail : tail
}

/** Φ(b) - Φ(a) without cancellation in the upper tail. Requires: `a <= b`. @example normalMass(-1, 1) // => 0.6826894921370857 */
export function normalMass(a: number, b: number): number {
  return a > 0 ? normalCdf(-a) - normalCdf(-b) : normalCdf(b) - normalCdf(a)
}

/**
 * The z with Φ(z) = p.
 *
 * Requires: 0 <= p <= 1. Ensures: -Infinity at 0, Infinity at 1.
 * Source: Acklam's rational approximation (2003) and one step of Halley's method. Differs: none.
 * @example normalQuantile(0.975) // => 1.959963984540054
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY
  if (p >= 1) return Number.POSITIVE_INFINITY
  if (p > 0.5) return -normalQuantile(1 - p)
  const z = p < 0.02425 ? tailQuantile(p) : centralQuantile(p)
  const error = (normalCdf(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2)
  return z - error / (1 + (z * error) / 2)
}

function tailQuantile(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p))
  let top = -7.784894002430293e-3 * q - 0.3223964580411365
  top = top * q - 2.400758277161838
  top = top * q - 2.549732539343734
  top = top * q + 4.374664141464968
  top = top * q + 2.938163982698783
  let bottom = 7.784695709041462e-3 * q + 0.3224671290700398
  bottom = bottom * q + 2.445134137142996
  bottom = bottom * q + 3.754408661907416
  return top / (bottom * q + 1)
}

function centralQuantile(p: number): number {
  const q = p - 0.5
  const r = q * q
  let top = -39.69683028665376 * r + 220.9460984245205
  top = top * r - 275.9285104469687
  top = top * r + 138.357751867269
  top = top * r - 30.66479806614716
  top = top * r + 2.506628277459239
  let bottom = -54.47609879822406 * r + 161.5858368580409
  bottom = bottom * r - 155.6989798598866
  bottom = bottom * r + 66.80131188771972
  bottom = bottom * r - 13.28068155288572
  return (top * q) / (bottom * r + 1)
}
