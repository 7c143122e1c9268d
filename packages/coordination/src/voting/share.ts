/**
 * Shares of a whole, such as two thirds of the votes, compared exactly: 55 of 100 are 0.55, though `0.55 * 100` is more than 55 in
 * floating point.
 */

import { invalidOption } from '@mabeam/foundation'

/** How much is needed: a number is "at least that share". */
export type ShareNeeded = number | { readonly atLeast: number } | { readonly moreThan: number }

/** A share as a fraction. */
export interface Share {
  readonly numerator: number
  readonly denominator: number
  /** More than that is needed, and not only as much. */
  readonly isStrict: boolean
}

/**
 * A share as a user gives it. `2 / 3` is two thirds and `0.55` is 11/20: the fraction of the smallest denominator that is the number given.
 *
 * Throws: `foundation/invalid-option` for what is no share: at least above 0 up to 1, more than 0 up to below 1.
 * Source: convergents of the continued fraction. Differs: stops at the first that rounds to the number.
 * @example shareOf('decide', 'threshold', 2 / 3) // => { numerator: 2, denominator: 3, isStrict: false }
 */
export function shareOf(owner: string, key: string, given: ShareNeeded): Share {
  const [value, isStrict] = neededOf(given)
  const isShare = typeof value === 'number' && (isStrict ? value >= 0 && value < 1 : value > 0 && value <= 1)
  if (!isShare) {
    const expected = 'a share above 0 up to 1, { atLeast } of the same, or { moreThan } from 0 to below 1'
    throw invalidOption(owner, key, expected, given)
  }
  return { ...fractionOf(value), isStrict }
}

/** Whether `part` is as much of `whole` as needed. Requires: safe integers >= 0. */
export function reaches({ numerator, denominator, isStrict }: Share, part: number, whole: number): boolean {
  const [have, need] = [part * denominator, whole * numerator]
  if (Math.max(have, need) <= Number.MAX_SAFE_INTEGER) return isStrict ? have > need : have >= need
  const [exactHave, exactNeed] = [BigInt(part) * BigInt(denominator), BigInt(whole) * BigInt(numerator)]
  return isStrict ? exactHave > exactNeed : exactHave >= exactNeed
}

function neededOf(given: unknown): readonly [value: unknown, isStrict: boolean] {
  if (typeof given !== 'object' || given === null) return [given, false]
  const keys = Object.keys(given)
  if (keys.length !== 1) return [undefined, false]
  if (keys[0] === 'moreThan') return [Reflect.get(given, 'moreThan'), true]
  return [Reflect.get(given, 'atLeast'), false]
}

function fractionOf(value: number): { readonly numerator: number; readonly denominator: number } {
  let [numerator, denominator, numeratorBefore, denominatorBefore] = [1, 0, 0, 1]
  let rest = value
  for (;;) {
    const whole = Math.floor(rest)
    const next = [whole * numerator + numeratorBefore, whole * denominator + denominatorBefore] as const
    // Of shares too small to write as a fraction of safe integers the nearest such fraction is taken.
    if (next[1] > Number.MAX_SAFE_INTEGER) {
      return numerator > 0 ? { numerator, denominator } : { numerator: 1, denominator: Number.MAX_SAFE_INTEGER }
    }
    ;[numeratorBefore, denominatorBefore] = [numerator, denominator]
    ;[numerator, denominator] = next
    if (numerator / denominator === value || rest === whole) return { numerator, denominator }
    rest = 1 / (rest - whole)
  }
}
