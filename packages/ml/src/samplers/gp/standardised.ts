/** Losses as a Gaussian process likes them: mean 0, variance 1, no outliers. */

import { quantile } from '../../stats/quantile.ts'

export interface Standardised {
  /** Shapes: [n]. */
  readonly values: Float64Array
  /** The loss that a standardised value stands for. */
  lossOf(value: number): number
  /** The other way round, without the cut; infinities stay. */
  valueOf(loss: number): number
}

/** Losses above the third quartile by more than this many interquartile ranges count as that much. */
const outlierRanges = 5
/** The largest of a wide list of positive losses is at least so many times the smallest. */
const wideRatio = 10

/**
 * Logarithms first where `wide` is allowed, all losses are positive, the largest is ten times the smallest, and logarithms are less
 * skewed: a cost has a long tail above, which they take away, and a loss that comes close to 0 gets one below from them. Outliers above,
 * which say nothing about where the best is, are cut (but not so that they would seem to be below `bound`); then the mean is taken off and divided by the deviation.
 *
 * Requires: at least one loss, all finite.   Ensures: finite; constant losses become 0.
 * @example standardised([1, 3], { wide: false }).values // => Float64Array [-1, 1]
 */
export function standardised(
  losses: readonly number[],
  { wide, bound = Number.POSITIVE_INFINITY }: { readonly wide: boolean; readonly bound?: number | undefined },
): Standardised {
  const least = losses.reduce((a, b) => Math.min(a, b))
  const most = losses.reduce((a, b) => Math.max(a, b))
  const isWide = wide && least > 0 && most >= least * wideRatio && isEvenerInLogs(losses)
  const plain = isWide ? losses.map(Math.log) : losses.map((loss) => Math.min(1e150, Math.max(-1e150, loss)))
  const [lower, upper] = [quantile(plain, 0.25), quantile(plain, 0.75)]
  const plainOf = (loss: number) => (isWide ? Math.log(Math.max(0, loss)) : loss)
  const limit = cutAbove({ lower, upper, bound: plainOf(bound) })
  const cut = plain.map((loss) => Math.min(limit, loss))
  const mean = cut.reduce((sum, loss) => sum + loss / cut.length, 0)
  const variance = cut.reduce((sum, loss) => sum + (loss - mean) ** 2 / cut.length, 0)
  const deviation = Math.sqrt(variance)
  // A deviation that is rounding would make noise of it.
  const unit = deviation > 1e-12 * Math.max(Math.abs(mean), Number.MIN_VALUE) ? deviation : 1
  return {
    values: Float64Array.from(cut, (loss) => (loss - mean) / unit),
    valueOf: (loss) => (plainOf(loss) - mean) / unit,
    lossOf: (value) => (isWide ? Math.exp(mean + unit * value) : mean + unit * value),
  }
}

function isEvenerInLogs(losses: readonly number[]): boolean {
  return Math.abs(skewnessOf(losses.map(Math.log))) < Math.abs(skewnessOf(losses))
}

/** The third standardised moment; 0 for constant values. */
function skewnessOf(values: readonly number[]): number {
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1
  const scaled = values.map((value) => value / scale)
  const mean = scaled.reduce((sum, value) => sum + value / scaled.length, 0)
  const [second, third] = scaled.reduce(
    ([a, b], value) => [a + (value - mean) ** 2, b + (value - mean) ** 3] as [number, number],
    [0, 0] as [number, number],
  )
  return second > 0 ? (third * Math.sqrt(scaled.length)) / second ** 1.5 : 0
}

function cutAbove({ lower, upper, bound }: { lower: number; upper: number; bound: number }): number {
  if (!(upper > lower)) return Number.POSITIVE_INFINITY
  const limit = upper + outlierRanges * (upper - lower)
  return bound < Number.POSITIVE_INFINITY ? Math.max(limit, bound + (upper - lower)) : limit
}
