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

/** A trial with its outcome. */
export interface FinishedTrial<C = Config> extends Trial<C> {
  readonly state: 'complete' | 'failed' | 'pruned'
  /** Every objective, and whatever else was measured. Empty when failed or pruned. */
  readonly values: { readonly [name: string]: number }
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
