/** Several tests at once: what is still significant when one had that many chances. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'

export interface HolmOptions {
  /** The chance of one false alarm or more among all tests. @default 0.05 */
  readonly alpha?: number
}

export const holmDefaults = { alpha: 0.05 } satisfies Required<HolmOptions>

export interface AdjustedTest {
  readonly p: number
  /** The smallest alpha at which the test would be significant among the others. */
  readonly adjusted: number
  readonly significant: boolean
}

/**
 * p values that hold for all tests together, in the order given, whatever depends on what between them.
 *
 * Shapes: [n] → [n].   Throws: `foundation/invalid-option`; `ml/unusable-numbers` for what is no number from 0 to 1. None give none.
 * Source: Holm, Scand. J. Statist. 6(2), 1979. Differs: none.
 * @example holm([0.01, 0.04]).map(({ adjusted }) => adjusted) // => [0.02, 0.04]
 */
export function holm(pValues: readonly number[], options: HolmOptions = {}): AdjustedTest[] {
  checkOptions('holm', options, { alpha: rule.optional(rule.number(0, 1)) })
  const { alpha } = { ...holmDefaults, ...definedOptions(options) }
  if (!Array.isArray(pValues)) throw unusableNumbers('holm', 'a list of p values', pValues)
  const bad = pValues.findIndex((p) => typeof p !== 'number' || !(p >= 0 && p <= 1))
  if (bad >= 0) throw unusableNumbers(`holm: [${bad}]`, 'a number from 0 to 1', pValues[bad])
  const order = [...pValues.keys()].sort((a, b) => (pValues[a] as number) - (pValues[b] as number))
  const adjusted = new Float64Array(pValues.length)
  let least = 0
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * (pValues[i] as number)))
    adjusted[i] = least
  }
  return pValues.map((p, i) => {
    const one = adjusted[i] as number
    return { p, adjusted: one, significant: one <= alpha }
  })
}
