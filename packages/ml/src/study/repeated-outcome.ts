/** Several measurements of one configuration as one outcome: their means, and how sure these are. */

import type { Json } from '@mabeam/foundation'
import { mean } from '../stats/quantile.ts'
import type { TrialOutcome } from './trial-outcome.ts'

/** The most measurements of one trial. */
export const repeatsMax = 1_000

/**
 * The mean of each value that all measurements have, with its standard error s/√n, s the sample deviation. Attributes are kept as
 * a list in the order of measurements, unless none had any.
 *
 * Requires: 2 or more outcomes of finite values. Ensures: independent of their order but for attributes and rounding.
 * @example repeatedOutcome([{ values: { loss: 1 } }, { values: { loss: 3 } }]) // => loss 2, standard error 1
 */
export function repeatedOutcome(outcomes: readonly TrialOutcome[]): TrialOutcome {
  const times = outcomes.length
  const values: { [name: string]: number } = {}
  const standardErrors: { [name: string]: number } = {}
  for (const name of Object.keys(outcomes[0]?.values ?? {})) {
    const measured = outcomes.map((one) => one.values[name] as number)
    if (measured.some((value) => value === undefined)) continue
    const average = mean(measured)
    const squares = measured.reduce((sum, value) => sum + (value - average) ** 2, 0)
    values[name] = average
    standardErrors[name] = Math.sqrt(squares / (times - 1) / times)
  }
  const attributes: Json[] = outcomes.map((one) => one.attributes ?? null)
  const kept = attributes.some((one) => one !== null) ? { attributes } : {}
  return { values, ...kept, repeated: { times, standardErrors } }
}
