/** Student's paired test and interval, for a few seeds whose means are close to normal. */

import { mean } from '@mabeam/ml'

export interface PairedT {
  readonly difference: number
  /** Two-sided. */
  readonly p: number
  /** Such a share of intervals made in this way holds the difference. */
  interval(level: number): readonly [low: number, high: number]
}

/** One difference, or equal ones, say nothing of their spread: then the interval is the whole line, or of no width. */
export function pairedT(a: readonly number[], b: readonly number[]): PairedT {
  if (a.length !== b.length || a.length === 0)
    throw new Error(`pairedT: expected pairs, got ${a.length} and ${b.length}`)
  const differences = a.map((one, i) => one - (b[i] as number))
  const difference = mean(differences)
  const freedom = differences.length - 1
  const squares = differences.reduce((sum, one) => sum + (one - difference) ** 2, 0)
  const error = freedom === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(squares / freedom / (freedom + 1))
  const p = error === 0 ? Number(difference === 0) : freedom === 0 ? 1 : outside(Math.abs(difference) / error, freedom)
  return {
    difference,
    p,
    interval(level) {
      const half = error === 0 || freedom === 0 ? error : error * quantile(1 - level, freedom)
      return [difference - half, difference + half]
    },
  }
}

/** P(|T| > t). Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4. */
function outside(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom))
  const square = Math.cos(angle) ** 2
  const isOdd = freedom % 2 === 1
  let term = isOdd ? Math.cos(angle) : 1
  let sum = freedom === 1 ? 0 : term
  for (let k = isOdd ? 3 : 2; k < freedom; k += 2) {
    term *= (square * (k - 1)) / k
    sum += term
  }
  const inside = isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
  return Math.min(1, Math.max(0, 1 - inside))
}

/** The t with P(|T| > t) = p. */
function quantile(p: number, freedom: number): number {
  let [low, high] = [0, 1]
  while (outside(high, freedom) > p) high *= 2
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (outside(middle, freedom) > p) low = middle
    else high = middle
  }
  return high
}
