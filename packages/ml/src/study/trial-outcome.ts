/** What was measured in a trial, in the forms it may be told, and whether it can be kept. */

import type { Json } from '@mabeam/foundation'
import { invalidValue, unusableNumbers } from '../errors.ts'
import type { Repeated } from '../trial.ts'

/** A number for each name, and for whatever else was measured. */
export type Values<N extends string = string> = Exactly<N> | (Exactly<N> & Exactly<string>)

type Exactly<N extends string> = { readonly [name in N]: number }

/** What was measured in a trial. */
export interface TrialOutcome<N extends string = string> {
  /** Every objective and every limited value, and whatever else was measured; finite numbers. */
  readonly values: Values<N>
  /** Plain data kept with the trial, at most 1 MiB of JSON. @default null */
  readonly attributes?: Json
  /** Where the values are means of several measurements. @default one measurement */
  readonly repeated?: Repeated
}

/** The bare value, where there is one objective. */
export type BareValue<N extends string> = string extends N ? number : [N] extends [Alone<N>] ? number : never

/** `N` where it is one name, else nothing. */
type Alone<N extends string, All extends string = N> = N extends N ? ([All] extends [N] ? N : never) : never

/** The forms in which measurements are told: an outcome, its values alone, or the bare value of the one objective. */
export type Told<N extends string = string> = TrialOutcome<N> | Values<N> | BareValue<N>

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

/** What was told as an outcome, not checked any further. A bare number is the value of the first objective. */
export function outcomeOf(told: Told, { objectives }: Pick<Wanted, 'objectives'>): TrialOutcome {
  if (typeof told === 'number') return { values: { [objectives[0]?.name ?? '']: told } }
  const { values } = (told ?? {}) as { readonly values?: unknown }
  return typeof values === 'object' && values !== null ? (told as TrialOutcome) : { values: told as Values }
}

/** Throws `ml/invalid-value` naming the first value that can't be kept, `ml/unusable-numbers` for what else can't be. */
export function checkOutcome(number: number, { objectives, limits }: Wanted, outcome: TrialOutcome): void {
  const values = outcome?.values ?? {}
  for (const { name } of [...objectives, ...limits]) {
    if (!Number.isFinite(values[name])) throw invalidValue(number, name, values[name])
  }
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw invalidValue(number, name, value)
  }
  const { attributes, repeated } = outcome
  if (repeated !== undefined) checkRepeated(number, repeated)
  const bytes = attributes === undefined ? 0 : JSON.stringify(attributes).length
  if (bytes <= attributesBytesMax) return
  throw unusableNumbers(`trial ${number}: attributes`, `at most ${attributesBytesMax} bytes of JSON`, bytes)
}

function checkRepeated(number: number, { times, standardErrors }: Repeated): void {
  if (!Number.isSafeInteger(times) || times < 2) {
    throw unusableNumbers(`trial ${number}: repeated: times`, 'an integer from 2', times)
  }
  for (const [name, error] of Object.entries(standardErrors ?? {})) {
    if (Number.isFinite(error) && error >= 0) continue
    throw unusableNumbers(`trial ${number}: repeated: standard error of ${name}`, 'a finite number from 0', error)
  }
}
