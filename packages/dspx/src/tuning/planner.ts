/**
 * The contract of planners: teleprompters that say all they want to try before anything is tried. A planner looks at the
 * program and the training rows and returns a plan, as plain JSON; `searchPlan` makes a teleprompter of it, and a study
 * with workers runs it as it is.
 */

import type { Random } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import type { ModelSource } from '../programs/run-options.ts'
import type { TuningContext } from './teleprompter.ts'
import type { TuningPlan } from './tuning-plan.ts'

/** What a planner works with. */
export interface PlannerContext {
  readonly program: ProgramDefinition
  /** Training rows. Rows that a candidate is judged by must not be among them. */
  readonly train: readonly Example[]
  readonly random: Random
  /** For planners that run a teacher; others make no calls. */
  readonly models: ModelSource
  /** Asks for proposers, counted and paid for by who runs the planner. @default asks `models` */
  readonly ask?: TuningContext['ask']
  /** Which parts of predictors may be changed. @default both */
  readonly tunes?: { readonly instructions: boolean; readonly demos: boolean }
  /** The state that answers when demonstrations are bootstrapped. @default the program's initial state */
  readonly teacher?: ProgramState
  readonly signal?: AbortSignal
  /** Called while a teacher or a proposer is asked. */
  readonly onProgress?: TuningContext['onProgress']
  /** Told of each text that a model did not write, which is then left out. @default the failure is thrown */
  readonly onFailed?: TuningContext['onFailed']
}

/** `prepare` is called once a study, before its first trial. A study that is resumed from its journal has its plan already. */
export interface Planner {
  readonly name: string
  /**
   * Ensures: the same context and the same answers give the same plan; every configuration of its space can be applied.
   * Throws: `dspx/no-examples` without training rows; errors of the teacher's model; `signal.reason`.
   */
  prepare(context: PlannerContext): Promise<TuningPlan>
}
