/** What was measured in a trial, and whether it can be kept. */

import type { Json } from '@mabeam/foundation'
import { invalidValue, unusableNumbers } from '../errors.ts'

/** What was measured in a trial. */
export interface TrialOutcome {
  /** Every objective and every limited value, and whatever else was measured; finite numbers. */
  readonly values: { readonly [name: string]: number }
  /** Plain data kept with the trial, at most 1 MiB of JSON. @default null */
  readonly attributes?: Json
}

/** An outcome and the trial it is of. */
export interface NumberedOutcome extends TrialOutcome {
  readonly number: number
}

/** The most JSON that the attributes of one trial may be, in bytes. */
export const attributesBytesMax = 1_048_576

/** What every complete trial must have. */
export interface Wanted {
  readonly objectives: readonly { readonly name: string }[]
  readonly limits: readonly { readonly name: string }[]
}

/** Throws `ml/invalid-value` naming the first value that can't be kept. */
export function checkOutcome(number: number, { objectives, limits }: Wanted, outcome: TrialOutcome): void {
  const values = outcome?.values ?? {}
  for (const { name } of [...objectives, ...limits]) {
    if (!Number.isFinite(values[name])) throw invalidValue(number, name, values[name])
  }
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw invalidValue(number, name, value)
  }
  const bytes = outcome.attributes === undefined ? 0 : JSON.stringify(outcome.attributes).length
  if (bytes <= attributesBytesMax) return
  throw unusableNumbers(`trial ${number}: attributes`, `at most ${attributesBytesMax} bytes of JSON`, bytes)
}
