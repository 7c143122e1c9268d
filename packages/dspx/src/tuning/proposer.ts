/** The contract of proposers: what writes the instructions that a teleprompter then tries. */

import type { MabeamError, Random } from '@mabeam/foundation'
import type { Example, FieldValues } from '../datasets/example.ts'
import type { Signature } from '../signatures/signature.ts'
import type { TuningContext } from './teleprompter.ts'

/** Texts by a short name, which a study records as the value of a choice. */
export type InstructionCandidates = { readonly [name: string]: string }

/** What a proposer works with. */
export interface ProposerContext {
  /** The predictor to write for; its instructions are the base. */
  readonly signature: Signature
  /** Training rows that hold inputs of the signature. Never validation or test rows. */
  readonly train: readonly Example[]
  readonly random: Random
  /** Asks a model, counted and paid for by who calls the proposer. @default none: a proposer that needs one throws `dspx/no-model` */
  readonly ask?: TuningContext['ask']
  /** How many candidates are wanted beside the base, at most. @default what the proposer finds right */
  readonly count?: number
  readonly signal?: AbortSignal
  /** Called before each question and after the last. */
  readonly onProgress?: TuningContext['onProgress']
  /**
   * Told of a text that a model did not write (it refused, or gave nothing that can be read): whoever is told bears it, and the
   * proposer goes on with the next. A failure that a proposer throws is told here by the teleprompter. @default it is thrown
   */
  readonly onFailed?: (failure: MabeamError) => void
}

/** What a predictor did on one row. Plain JSON. */
export interface SeenStep {
  readonly inputs: FieldValues
  /** Absent for a row that was not run, and for a run that failed. */
  readonly outputs?: FieldValues
  /** The labels of the row that are outputs of the predictor. */
  readonly expected: FieldValues
  /** Of the whole run, 0 to 1. */
  readonly score: number
  readonly feedback?: string
  /** Why the run failed. */
  readonly error?: string
}

/** What a rewriting starts from. */
export interface RewriteContext extends ProposerContext {
  /** Instructions that were tried, with their mean scores: the first are to be improved, the others follow best first. */
  readonly tried: readonly { readonly instructions: string; readonly score: number }[]
  /** What the first of them did. May be empty. */
  readonly seen: readonly SeenStep[]
  /** `whole`: write them anew. `rules`: keep them and add rules. */
  readonly style: 'whole' | 'rules'
  readonly count: number
}

/** Instructions, and why they are what they are, in plain words. */
export interface Rewrite {
  readonly instructions: string
  readonly because: string
}

/**
 * Writes instructions. Called by a teleprompter, one call at a time for each run; one proposer may serve several runs at once.
 *
 * Ensures: the same context and the same answers give the same texts.
 */
export interface Proposer {
  readonly name: string
  /** Where there is nothing but rows. Ensures: 'base' is among them and is the instructions as they are. */
  propose(context: ProposerContext): Promise<InstructionCandidates>
  /** From what was tried and seen. Ensures: at most `count`, each once and none that was tried; none where it has nothing to say. */
  rewrite(context: RewriteContext): Promise<readonly Rewrite[]>
}
