/** One call of a model as a run tells of it, and the question that it answered. */

import { isMabeamError, toWireError } from '@mabeam/foundation'
import type { Prompt } from '../models/language-model.ts'
import { noUsage, type RetriedFailure, type Usage } from '../models/usage.ts'
import type { Values } from '../signatures/signature.ts'

/**
 * How a call of a model ended: `read` gave outputs (or the free answer of an adapter that asks twice), `repaired` gave them after
 * something was mended, `unreadable` was asked again or given up, `failed` is an error of the model, `fallback` is one after which
 * the next model was asked.
 */
export type AttemptOutcome = 'read' | 'repaired' | 'unreadable' | 'failed' | 'fallback'

/** What went wrong. */
export interface AttemptFault {
  readonly code: string
  readonly message: string
}

/** One call of a model. Plain JSON; holds no prompt and no answer. */
export interface Attempt {
  /** Where the predictor stands in the program that ran: `query`, `steps.0`; its own name where it is the program. */
  readonly predictor: string
  readonly adapter: string
  readonly modelId: string
  readonly outcome: AttemptOutcome
  /** How many answers to the same question could not be read before; absent for the first. */
  readonly retry?: number
  /** Which tries of modules it belongs to, the outermost first, each from 0: `[2]` is the third of best of n; absent outside of tries. */
  readonly tries?: readonly number[]
  /** Why it is no answer. */
  readonly error?: AttemptFault
  /** What had to be mended to read it, a sentence each. */
  readonly repairs?: readonly string[]
  readonly finishReason?: string
  /** What it cost; attempts on the network beyond the first are its `retries`. */
  readonly usage: Usage
  /** What the attempts on the network before the last failed of, the first of them. */
  readonly retriedAfter?: readonly RetriedFailure[]
}

/** One answered question, as bootstrapping and traces need it. */
export interface PredictorTrace {
  readonly predictor: string
  /** As in {@link Attempt}. */
  readonly tries?: readonly number[]
  readonly modelId: string
  readonly inputs: Values
  readonly outputs: Values
  /** The prompt of the answer that was read: after a retry it holds the answers that could not be. */
  readonly prompt: Prompt
  /** The answer as the model wrote it. */
  readonly text: string
  readonly usage: Usage
}

/** Code and message of anything thrown. */
export function faultOf(thrown: unknown): AttemptFault {
  const { code, message } = toWireError(thrown)
  return { code, message }
}

/** The usage of a call that failed: what retries it had, and no tokens that anybody told us of. */
export function usageOfFailure(thrown: unknown): Usage {
  const retries = isMabeamError(thrown) ? thrown.data.retries : undefined
  return { ...noUsage, calls: 1, retries: typeof retries === 'number' ? retries : 0 }
}
