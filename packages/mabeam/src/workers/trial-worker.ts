/**
 * The actor that runs a program over rows: for a trial, for the race, for the test. It loads program and rows itself, so
 * that a message is a state and a range of rows, wherever the worker is.
 */

import { createModels, type EvaluatedExample, evaluate, type Models, type ProgramState } from '@mabeam/dspx'
import {
  type ActorContext,
  type ActorRef,
  defineActor,
  isMabeamError,
  toWireError,
  type WireError,
} from '@mabeam/foundation'
import { z } from 'zod'
import { type DataFiles, loadStudyInputs, type StudyInputs } from '../job/study-inputs.ts'
import { failedCallsMax, type ModelCallOptions, modelPatience } from '../model-calls.ts'
import { type AnswerKeeper, keptAnswers, settleAnswers } from './answer-keeper.ts'

/** What a worker needs to know once; plain data and a reference. */
export interface WorkerSetup {
  readonly program: string
  readonly data: DataFiles
  readonly cwd: string
  readonly seed: number
  readonly rowsPerTrial: number
  /** Rows in flight at once in one worker. */
  readonly concurrency: number
  readonly calls: ModelCallOptions
  /** Keys and addresses of providers. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly keeper: ActorRef<typeof AnswerKeeper>
}

/** Rows `from` to `to` (exclusive) of a split; `search` is the part of validation that trials are judged by. */
export interface RowRange {
  readonly split: 'search' | 'validation' | 'test'
  readonly from: number
  readonly to: number
}

export interface EvaluateMessage {
  readonly state: ProgramState
  readonly rows: RowRange
  readonly seed: number
}

interface Working {
  readonly setup: WorkerSetup
  readonly models: Models
  readonly inputs: StudyInputs
}

/** *Delivery*: at most once; a repeat gives the same answer, since answers are kept and seeds are in the message. */
export const TrialWorker = defineActor(import.meta.url, {
  name: 'mabeam.trial-worker',
  version: 1,
  init: async (setup: WorkerSetup, { clock, random }: ActorContext): Promise<Working> => ({
    setup,
    models: createModels({
      ...modelPatience(setup.calls),
      cache: keptAnswers(setup.keeper),
      env: setup.env,
      clock,
      random,
    }),
    inputs: await loadStudyInputs(setup.program, setup.data, setup),
  }),
  calls: {
    evaluate: {
      input: z.object({
        state: z.custom<ProgramState>((value) => typeof value === 'object' && value !== null),
        rows: z.object({
          split: z.enum(['search', 'validation', 'test']),
          from: z.int().min(0),
          to: z.int().min(1),
        }),
        seed: z.int().min(0),
      }),
      run: async (working: Working, message: EvaluateMessage, context: ActorContext) =>
        [working, await evaluateRows(working, message, context)] as const,
    },
  },
})

/** How an evaluation ended. What else is thrown is a bug, in the program's own metric too: it crashes the worker. */
export type EvaluateReply =
  | { readonly type: 'evaluated'; readonly rows: readonly EvaluatedExample[] }
  /** It failed by what it was given; another configuration may do better. */
  | { readonly type: 'failed'; readonly error: WireError }
  /** It failed by its surroundings: no model answers, or answers can't be kept. No other would fare better now. */
  | { readonly type: 'blocked'; readonly error: WireError }

async function evaluateRows(working: Working, message: EvaluateMessage, context: ActorContext): Promise<EvaluateReply> {
  let rows: readonly EvaluatedExample[]
  try {
    rows = await answerRows(working, message, context)
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code === 'dspx/metric-failed') throw thrown
    return { type: thrown.retryable ? 'blocked' : 'failed', error: thrown.toJSON() }
  }
  try {
    await settleAnswers(working.setup.keeper)
  } catch (thrown) {
    return { type: 'blocked', error: toWireError(thrown) }
  }
  return { type: 'evaluated', rows }
}

async function answerRows(
  { setup, models, inputs }: Working,
  { state, rows, seed }: EvaluateMessage,
  { signal, clock }: ActorContext,
): Promise<readonly EvaluatedExample[]> {
  const bound = inputs.program.bind(state, { models, clock })
  const examples = inputs.splits[rows.split].slice(rows.from, rows.to)
  const { concurrency } = setup
  const errorsMax = failedCallsMax(examples.length)
  return (await evaluate(bound, examples, { seed, concurrency, errorsMax, signal, clock })).predictions
}
