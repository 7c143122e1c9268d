/** Whole units shared out by fractions so that nothing is lost and nothing made: where divisible quantities become money and goods. */

import { invalidMarket } from '../errors/market-errors.ts'

/**
 * `total` whole units in proportion to `weights`: everybody has the floor of its exact share or one more, the largest remainders first, and of
 * equal ones the first.
 *
 * Requires: `total` a safe integer >= 0; weights finite and >= 0.   Ensures: whole numbers that sum to `total`, or all 0 where all weights are.
 * Throws: `coordination/invalid-market`.
 * Source: Hamilton's method. Differs: none; shares are worked out in bigint, so that none is off by what a float rounds.
 * @example largestRemainder(10, [1, 1, 1]) // => [4, 3, 3]
 */
export function largestRemainder(total: number, weights: readonly number[]): number[] {
  if (!Number.isSafeInteger(total) || total < 0)
    throw invalidMarket('largestRemainder', 'total', 'a whole number', total)
  const largest = weights.reduce((most, one) => Math.max(most, one), 0)
  const bad = weights.find((one) => !(one >= 0 && one < Number.POSITIVE_INFINITY))
  if (bad !== undefined) throw invalidMarket('largestRemainder', 'weights', 'finite numbers >= 0', bad)
  if (largest === 0) return weights.map(() => 0)
  const scaled = weights.map((one) => BigInt(Math.round((one / largest) * 2 ** 52)))
  const sum = scaled.reduce((all, one) => all + one, 0n)
  const whole = BigInt(total)
  const parts = scaled.map((one, at) => ({ at, units: Number((one * whole) / sum), rest: (one * whole) % sum }))
  let left = total - parts.reduce((all, { units }) => all + units, 0)
  for (const part of parts.toSorted((a, b) => (a.rest === b.rest ? a.at - b.at : a.rest > b.rest ? -1 : 1))) {
    if (left-- <= 0) break
    part.units++
  }
  return parts.map(({ units }) => units)
}
