/** How evenly something is spread: requests, wins, payments, influence. */

import { invalidOption } from '@mabeam/foundation'

/** How evenly something is spread over some agents, by two measures that see different things. */
export interface Spread {
  /** 1 where all have the same, 1 / n where one has all. Of an index of 0.3, as if three in ten shared it evenly. */
  readonly jain: number
  /** 0 where all have the same, (n - 1) / n where one has all. */
  readonly gini: number
}

/** Both measures of the same amounts. Throws as they do. */
export function spreadOf(amounts: readonly number[]): Spread {
  return { jain: jainIndex(amounts), gini: giniIndex(amounts) }
}

/**
 * Jain's index of fairness, `(Σx)² / (n Σx²)`.
 *
 * Ensures: from 1 / n to 1; the same for the same amounts in any order or unit; 1 of nothing, and where nobody has anything.
 * Throws: `foundation/invalid-option` for an amount that is negative or not finite.
 * Source: Jain, Chiu & Hawe, DEC-TR-301, 1984. Differs: 1 where all are 0; amounts are taken as parts of the largest, so that no square overflows.
 * @example jainIndex([1, 1, 1, 0]) // => 0.75
 */
export function jainIndex(amounts: readonly number[]): number {
  const most = largest(amounts)
  if (most === 0) return 1
  let [sum, squares] = [0, 0]
  for (const amount of amounts) {
    const part = amount / most
    sum += part
    squares += part * part
  }
  return Math.min(1, (sum * sum) / (amounts.length * squares))
}

/**
 * The Gini coefficient: half of the mean difference between two, as a part of the mean.
 *
 * Ensures: from 0 to (n - 1) / n; the same for the same amounts in any order or unit; what goes from one who has more to one who has less,
 * and no farther than to change their places, makes it smaller; 0 of nothing, and where nobody has anything.
 * Throws: as `jainIndex`.
 * Source: Gini, 1912, as a sum over ranks (Sen, On Economic Inequality, 1973). Differs: 0 where all are 0.
 * @example giniIndex([0, 0, 0, 1]) // => 0.75
 */
export function giniIndex(amounts: readonly number[]): number {
  const most = largest(amounts)
  if (most === 0) return 0
  const ordered = amounts.map((amount) => amount / most).sort((a, b) => a - b)
  const count = ordered.length
  let [sum, ranked] = [0, 0]
  for (const [place, part] of ordered.entries()) {
    sum += part
    ranked += (2 * (place + 1) - count - 1) * part
  }
  return Math.max(0, ranked / (count * sum))
}

function largest(amounts: readonly number[]): number {
  let most = 0
  for (const amount of amounts) {
    const isAmount = amount >= 0 && amount < Number.POSITIVE_INFINITY
    if (!isAmount) throw invalidOption('spread', 'amounts', 'finite numbers from 0', amount)
    most = Math.max(most, amount)
  }
  return most
}
