/** The contract of samplers. A sampler only proposes; a study owns trials, budget, seeds and the journal. */

import type { Random } from '@mabeam/foundation'
import type { Objective } from './objective.ts'
import type { OutcomeLimit } from './outcome-limit.ts'
import type { Config, Space } from './space/space.ts'
import type { FinishedTrial, Trial } from './trial.ts'

/** All that a sampler may know. */
export interface AskContext {
  readonly space: Space
  readonly objectives: readonly Objective[]
  /** Hard constraints on measured values; see `feasibleFirstLosses`. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  /** In the order of tells, failed and pruned ones too. Between two asks of one study the same array, only longer. */
  readonly finished: readonly FinishedTrial[]
  /** Asked and not told, in the order of asks. */
  readonly pending: readonly Trial[]
  /** A stream of this ask alone. */
  readonly random: Random
  /** Finished trials that the loop which asks shall end with, where it is known. @default unknown */
  readonly budget?: number
  /** Of the study, the same in all its asks: for what belongs together across asks, as a scrambled sequence. @default 0 */
  readonly seed?: number
}

/**
 * Called by `study.ask`, once a trial, never concurrently with itself for one study; one sampler may serve many
 * studies in turn. `ask` is a pure function of the context: what an implementation remembers between asks may only make it
 * faster. It must return a valid configuration, and in a finite space one that is neither in `finished` nor in
 * `pending` as long as there is one. The suite that checks this is `samplerContract` in `@mabeam/ml/testing`.
 */
export interface Sampler {
  readonly name: string
  ask(context: AskContext): Config
  /**
   * One plain sentence: what the next `ask` of this context would propose by, and why. Pure, and cheap beside `ask`. For samplers that
   * choose; of one without it people are told its name. `study.explain` shows it.
   */
  explain?(context: AskContext): string
}
