/** Trials: one configuration to be measured, and what came of it. Plain data throughout. */

import type { Json, WireError } from '@mabeam/foundation'
import type { Report } from './pruner.ts'
import type { Config } from './space/space.ts'

/** A configuration that was asked for. */
export interface Trial<C = Config> {
  /** Counts from 0 in the order of asks. */
  readonly number: number
  readonly config: C
  /** For whatever is random in measuring it. A repeat of the trial gets the same one. */
  readonly seed: number
}

/** What is known of a mean of several measurements. */
export interface Repeated {
  /** Measurements of one configuration, 2 or more. */
  readonly times: number
  /** Standard error of each mean: the deviation between measurements over the root of their number. */
  readonly standardErrors: { readonly [name: string]: number }
}

/** A trial with its outcome. */
export interface FinishedTrial<C = Config> extends Trial<C> {
  readonly state: 'complete' | 'failed' | 'pruned'
  /** Every objective, and whatever else was measured. Empty when failed or pruned. */
  readonly values: { readonly [name: string]: number }
  /** Where the values are means of several measurements: of how many, and how sure they are. */
  readonly repeated?: Repeated
  /** Whatever the executor wants kept. */
  readonly attributes: Json
  /** Why it failed. */
  readonly error?: WireError
  /** Why it was pruned. */
  readonly because?: string
  /** What it reported on its way, steps ascending. Absent when nothing. */
  readonly reports?: readonly Report[]
  /** From ask (or from the resume) to tell. */
  readonly seconds: number
}
