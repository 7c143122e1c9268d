/** Agents that err together, such as those of one model, count for fewer than they are. */

import { invalidOption } from '@mabeam/foundation'

/**
 * How many independent voters `count` voters are worth whose errors correlate by `correlation`: `n / (1 + (n - 1) ρ)`.
 *
 * Ensures: from 1 to `count`; `count` for 0, and 1 for 1.
 * Source: the design effect, Kish, Survey Sampling, 1965. Differs: none.
 * @example effectiveCount(5, 0.5) // => 1.6666666666666667
 */
export function effectiveCount(count: number, correlation: number): number {
  if (!(correlation >= 0 && correlation <= 1)) {
    throw invalidOption('effectiveCount', 'correlation', 'a number from 0 to 1', correlation)
  }
  return count === 0 ? 0 : count / (1 + (count - 1) * correlation)
}

/**
 * Weights discounted by family: those of one family together weigh as much as their effective number. Who is of no family
 * (`undefined`), alone in its own, or without weight, changes nothing for anybody.
 *
 * Shapes: `weights` [n], `families` [n] → [n].
 */
export function discountedWeights(
  weights: readonly number[],
  families: readonly (string | undefined)[],
  correlation: number,
): readonly number[] {
  const counts = new Map<string, number>()
  for (const [at, family] of families.entries()) {
    if (family !== undefined && (weights[at] ?? 0) > 0) counts.set(family, (counts.get(family) ?? 0) + 1)
  }
  return weights.map((weight, at) => {
    const count = counts.get(families[at] ?? '') ?? 1
    return families[at] === undefined ? weight : (weight * effectiveCount(count, correlation)) / count
  })
}
