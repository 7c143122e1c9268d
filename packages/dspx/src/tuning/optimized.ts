/** What `optimize` gives: the winner as a program, what else is worth having, how sure it is, and what was tried to find it. */

import type { Config } from '@mabeam/ml'
import type { BudgetAmounts } from '../models/budget/budget.ts'
import type { Program } from '../programs/program.ts'
import type { TuningReport } from './tuning-report.ts'
import type { Verdict } from './verdict.ts'

/** A program of the front. */
export interface FrontProgram<P extends Program> {
  readonly program: P
  readonly candidate: number
  readonly values: { readonly [name: string]: number }
  /** Its settings. */
  readonly config: Config
}

/** What `optimize` gives. */
export interface Optimized<P extends Program> {
  /**
   * The winner by the objectives, as a compiled copy with a `save`: the program as given only where nothing that was tried scored
   * higher.
   */
  readonly best: P
  /** Whether it is better than the program as given, or that cannot be told. */
  readonly verdict: Verdict
  /** The programs that no other beats in all objectives, in the order they were tried. */
  readonly front: readonly FrontProgram<P>[]
  /** All that is known, as plain JSON. */
  readonly report: TuningReport
  /** What was spent, by all runs where work was resumed. */
  readonly spent: BudgetAmounts
  /** What was done and why, in sentences for people. */
  explain(): string
}
