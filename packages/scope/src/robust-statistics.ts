/** Statistics that a few wild values do not move: median, deviation, trend. Pure. */

/** The middle of the values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/**
 * How far values are from their median, on the scale of a standard deviation: of normal values it estimates it.
 *
 * Source: Iglewicz & Hoaglin, How to Detect and Handle Outliers, ASQC 1993: 1.4826 MAD, and where more than half of the values
 * are equal 1.2533 times the mean absolute deviation. Differs: none.
 */
export function robustDeviation(values: readonly number[], around: number): number {
  const distances = values.map((value) => Math.abs(value - around))
  const mad = median(distances)
  if (mad > 0) return 1.4826 * mad
  return (1.2533 * distances.reduce((sum, one) => sum + one, 0)) / Math.max(1, distances.length)
}

/**
 * Whether values, equally far apart in time, go up or down: a normal score, beyond ±1.96 with 95 % confidence for one look.
 *
 * Requires: few values; all pairs are looked at.
 * Source: Mann, Econometrica 13, 1945, and Kendall, Rank Correlation Methods, 1975, with the correction for ties. Differs: none.
 */
export function trendScore(values: readonly number[]): number {
  let s = 0
  for (let i = 0; i < values.length; i++) {
    const earlier = values[i] as number
    for (let j = i + 1; j < values.length; j++) s += Math.sign((values[j] as number) - earlier)
  }
  if (s === 0) return 0
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  const weight = (count: number) => count * (count - 1) * (2 * count + 5)
  let tied = 0
  for (const count of ties.values()) tied += weight(count)
  return (s - Math.sign(s)) / Math.sqrt((weight(values.length) - tied) / 18)
}

/**
 * How much values grow from one to the next: the median over all pairs; 0 of fewer than two.
 *
 * Source: Sen, J. Am. Stat. Assoc. 63, 1968. Differs: none.
 */
export function slopeOf(values: readonly number[]): number {
  const slopes = values.flatMap((earlier, i) =>
    values.slice(i + 1).map((later, ahead) => (later - earlier) / (ahead + 1)),
  )
  return slopes.length === 0 ? 0 : median(slopes)
}
