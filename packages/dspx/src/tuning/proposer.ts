/** The contract of proposers: what writes the instructions that a teleprompter then tries. */

import type { Random } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { Signature } from '../signatures/signature.ts'

/** Texts by a short name, which a study records as the value of a choice. */
export type InstructionCandidates = { readonly [name: string]: string }

export interface ProposerContext {
  /** The predictor to write for; its instructions are the base. */
  readonly signature: Signature
  /** Training rows that hold the inputs of the signature. Never validation or test rows. */
  readonly train: readonly Example[]
  readonly random: Random
  readonly signal?: AbortSignal
}

/** Called by a teleprompter once a predictor while a study is prepared; never concurrently with itself. */
export interface Proposer {
  readonly name: string
  /** Ensures: 'base' is among them and is the instructions as they are. */
  propose(context: ProposerContext): Promise<InstructionCandidates>
}
