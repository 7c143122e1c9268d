/**
 * The actor that runs a program over rows: for a trial, for the race, for the test. It loads program and rows itself, so
 * that a message is a state and a range of rows, wherever the worker is.
 */

import { createModels, type EvaluatedExample, evaluate, type Models, type ProgramState } from '@mabeam/dspx'
import { type ActorContext, type ActorRef, defineActor, isMabeamError, type WireError } from '@mabeam/foundation'
import { z } from 'zod'
import { type DataFiles, loadStudyInputs, type StudyInputs } from '../job/study-inputs.ts'
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
    models: createModels({ cache: keptAnswers(setup.keeper), clock, random }),
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

/** An evaluation that failed as such is a reply; anything else that is thrown is a bug, and crashes the worker. */
export type EvaluateReply =
  | { readonly type: 'evaluated'; readonly rows: readonly EvaluatedExample[] }
  | { readonly type: 'failed'; readonly error: WireError }

async function evaluateRows(
  { setup, models, inputs }: Working,
  { state, rows, seed }: EvaluateMessage,
  { signal, clock }: ActorContext,
): Promise<EvaluateReply> {
  const { concurrency, keeper } = setup
  try {
    const bound = inputs.program.bind(state, { models, clock })
    const examples = inputs.splits[rows.split].slice(rows.from, rows.to)
    const { predictions } = await evaluate(bound, examples, { seed, concurrency, signal, clock })
    await settleAnswers(keeper)
    return { type: 'evaluated', rows: predictions }
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return { type: 'failed', error: thrown.toJSON() }
  }
}
