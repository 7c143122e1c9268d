/**
 * The actor that runs a program over rows: while it is tuned, and for the test. It loads program and rows itself, so
 * that a message is a state and the names of rows, wherever the worker is.
 */

import {
  createModels,
  type Evaluator,
  type Example,
  inlineEvaluator,
  type ProgramState,
  type ScoredRow,
} from '@mabeam/dspx'
import {
  type ActorContext,
  type ActorRef,
  assert,
  defineActor,
  isMabeamError,
  toWireError,
  type WireError,
} from '@mabeam/foundation'
import { z } from 'zod'
import { type DataFiles, loadStudyInputs } from '../job/study-inputs.ts'
import { failedCallsMax, type ModelCallOptions, modelPatience } from '../model-calls.ts'
import { type AnswerKeeper, keptAnswers, settleAnswers } from './answer-keeper.ts'

/** What a worker needs to know once; plain data and a reference. */
export interface WorkerSetup {
  readonly program: string
  readonly data: DataFiles
  readonly cwd: string
  /** Of the study: rows are split by it. */
  readonly seed: number
  /** Rows in flight at once in one worker. */
  readonly concurrency: number
  readonly calls: ModelCallOptions
  /** Keys and addresses of providers. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly keeper: ActorRef<typeof AnswerKeeper>
}

/** Rows of a state in one message, at most. */
export const rowsPerMessageMax = 50

export interface EvaluateMessage {
  readonly state: ProgramState
  /** Ids, 1 to `rowsPerMessageMax`. */
  readonly rows: readonly string[]
  readonly seed: number
  readonly trace: boolean
}

interface Working {
  readonly setup: WorkerSetup
  readonly evaluator: Evaluator
  readonly rows: ReadonlyMap<string, Example>
}

/** *Delivery*: at most once; a repeat gives the same answer, since answers are kept and seeds are in the message. */
export const TrialWorker = defineActor(import.meta.url, {
  name: 'mabeam.trial-worker',
  version: 2,
  init: async (setup: WorkerSetup, { clock, random }: ActorContext): Promise<Working> => {
    const { program, splits } = await loadStudyInputs(setup.program, setup.data, setup)
    const cache = keptAnswers(setup.keeper)
    const models = createModels({ ...modelPatience(setup.calls), cache, env: setup.env, clock, random })
    const evaluator = inlineEvaluator({
      definition: program,
      metric: program.metric,
      binding: { models, clock },
      slots: 1,
      rowsAtOnce: setup.concurrency,
      errorsMax: failedCallsMax(splits.validation.length),
      clock,
    })
    const all = [...splits.train, ...splits.validation, ...splits.test]
    return { setup, evaluator, rows: new Map(all.map((row) => [row.id, row])) }
  },
  calls: {
    evaluate: {
      input: z.object({
        state: z.custom<ProgramState>((value) => typeof value === 'object' && value !== null),
        rows: z.array(z.string()).min(1).max(rowsPerMessageMax).readonly(),
        seed: z.int().min(0),
        trace: z.boolean(),
      }),
      run: async (working: Working, message: EvaluateMessage, context: ActorContext) =>
        [working, await evaluateRows(working, message, context)] as const,
    },
  },
})

/** How an evaluation ended. What else is thrown is a bug, in the program's own metric too: it crashes the worker. */
export type EvaluateReply =
  | { readonly type: 'evaluated'; readonly rows: readonly ScoredRow[] }
  /** It failed by what it was given. */
  | { readonly type: 'failed'; readonly error: WireError }
  /** It failed by its surroundings: no model answers, or answers can't be kept. No other would fare better now. */
  | { readonly type: 'blocked'; readonly error: WireError }

async function evaluateRows(
  { setup, evaluator, rows: known }: Working,
  { state, rows: ids, seed, trace }: EvaluateMessage,
  { signal }: ActorContext,
): Promise<EvaluateReply> {
  let rows: readonly ScoredRow[]
  try {
    const examples = ids.map((id) => {
      const row = known.get(id)
      assert(row, `row ${id} is not one of the study`)
      return row
    })
    rows = await evaluator.evaluate(state, examples, { seed, signal, trace })
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code === 'dspx/metric-failed') throw thrown
    return { type: thrown.retryable ? 'blocked' : 'failed', error: thrown.toJSON() }
  }
  try {
    await settleAnswers(setup.keeper)
  } catch (thrown) {
    return { type: 'blocked', error: toWireError(thrown) }
  }
  return { type: 'evaluated', rows }
}
