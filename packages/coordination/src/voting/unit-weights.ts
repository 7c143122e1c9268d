/**
 * Weights in whole units, so that sums are exact: a tie is a tie, and no order of counting gives another result. Weights that are
 * written with few decimals keep their meaning to the last digit.
 */

import { noWeight } from '../errors/voting-errors.ts'
import { invalidWeight } from '../errors.ts'

export interface UnitWeights {
  /** By participant. Safe integers >= 0. */
  readonly units: readonly number[]
  /** Their sum, a safe integer > 0. */
  readonly totalUnits: number
  /** How many units a weight of 1 has. */
  readonly unitsPerWeight: number
}

/** Beyond so many decimals weights are rounded. */
const decimalsMax = 9
/** Of weights that are rounded: what all have together, give or take one for each. */
const roundedTotal = 2 ** 50

/**
 * The weights in units. Where all have at most nine decimals they are exact; else each is rounded to 2^-50 of the sum, and what
 * is above 0 stays so.
 *
 * Shapes: `weights` [n] → `units` [n].   Requires: n <= 10,000.
 * Throws: `coordination/invalid-weight` (NaN, negative, infinite), `coordination/no-weight` (all 0).
 * @example unitWeights('decide', ['a', 'b'], [0.1, 0.2]).units // => [1, 2]
 */
export function unitWeights(owner: string, ids: readonly string[], weights: readonly number[]): UnitWeights {
  let largest = 0
  for (const [at, weight] of weights.entries()) {
    if (!isWeight(weight)) throw invalidWeight(ids[at] ?? '', 'a finite number from 0', weight)
    largest = Math.max(largest, weight)
  }
  if (largest === 0) throw noWeight(owner)
  return decimalUnits(weights) ?? roundedUnits(weights, largest)
}

/** Whether that is a weight: a finite number from 0. */
export function isWeight(given: unknown): given is number {
  return typeof given === 'number' && given >= 0 && given < Number.POSITIVE_INFINITY
}

/** A weight in those units: no fewer than it has, and as many where it is a whole number of them but for rounding. */
export function unitsOf(weight: number, { unitsPerWeight }: UnitWeights): number {
  const units = weight * unitsPerWeight
  const nearest = Math.round(units)
  return Math.abs(units - nearest) <= 1e-12 * units ? nearest : Math.ceil(units)
}

function decimalUnits(weights: readonly number[]): UnitWeights | undefined {
  for (let decimals = 0; decimals <= decimalsMax; decimals++) {
    const unitsPerWeight = 10 ** decimals
    const units = weights.map((weight) => Math.round(weight * unitsPerWeight))
    const totalUnits = sumOf(units)
    if (!(totalUnits <= Number.MAX_SAFE_INTEGER)) return undefined
    if (units.every((unit, at) => unit / unitsPerWeight === weights[at])) return { units, totalUnits, unitsPerWeight }
  }
  return undefined
}

function roundedUnits(weights: readonly number[], largest: number): UnitWeights {
  // Divided first: weights near the largest number there is have no sum.
  const total = sumOf(weights.map((weight) => weight / largest))
  const units = weights.map((weight) => {
    return weight === 0 ? 0 : Math.max(1, Math.round((weight / largest / total) * roundedTotal))
  })
  // Of weights next to nothing a weight of 1 would have more units than there are numbers.
  const unitsPerWeight = Math.min(Number.MAX_VALUE, roundedTotal / total / largest)
  return { units, totalUnits: sumOf(units), unitsPerWeight }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
}
