/** Trials: one configuration to be measured, and what came of it. Plain data throughout. */

import type { Json, WireError } from '@mabeam/foundation'
import type { Config } from './space/space.ts'

/** A configuration that was asked for. */
export interface Trial<C = Config> {
  /** Counts from 0 in the order of asks. */
  readonly number: number
  readonly config: C
  /** For whatever is random in measuring it. A repeat of the trial gets the same one. */
  readonly seed: number
}

/** A trial with its outcome. */
export interface FinishedTrial<C = Config> extends Trial<C> {
  readonly state: 'complete' | 'failed'
  /** Every objective, and whatever else was measured. Empty when failed. */
  readonly values: { readonly [name: string]: number }
  /** Whatever the executor wants kept. */
  readonly attributes: Json
  /** Why it failed. */
  readonly error?: WireError
  /** From ask (or from the resume) to tell. */
  readonly seconds: number
}
