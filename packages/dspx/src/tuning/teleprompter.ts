/**
 * The contract of teleprompters. A teleprompter only proposes: it looks at the program and the training rows and returns
 * a plan of what may be tried. Trying, budgets, concurrency and checkpoints belong to the study that runs the plan.
 */

import type { Random } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { Models } from '../models/models.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import type { TuningPlan } from './tuning-plan.ts'

export interface TeleprompterContext {
  readonly program: ProgramDefinition
  /** Training rows. Rows that a candidate is judged by must not be among them. */
  readonly train: readonly Example[]
  readonly random: Random
  /** For teleprompters that run a teacher; others make no calls. */
  readonly models: Models
  /** The state that answers when demonstrations are bootstrapped. @default the program's initial state */
  readonly teacher?: ProgramState
  readonly signal?: AbortSignal
  /** Called while a teacher runs. */
  readonly onProgress?: (progress: { readonly what: string; readonly done: number; readonly total: number }) => void
}

/** `prepare` is called once a study, before its first trial, and not at all when a study is resumed from its journal. */
export interface Teleprompter {
  readonly name: string
  /**
   * Ensures: the same context gives the same plan; every configuration of its space can be applied.
   * Throws: `dspx/no-examples` without training rows; errors of the teacher's model; `signal.reason`.
   */
  prepare(context: TeleprompterContext): Promise<TuningPlan>
}
