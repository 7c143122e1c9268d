/**
 * The actor that runs a program over rows: while it is tuned, and for the test. The workers of a study are of one process, so they
 * share what is costly to read: program, rows, models with what they remember of prompts, and the states that are tried. What
 * goes through messages is a number of a state and the names of rows.
 */

import { createModels, type Evaluator, type Example, inlineEvaluator, type ScoredRow } from '@mabeam/dspx'
import {
  type ActorContext,
  type ActorRef,
  assert,
  type Clock,
  defineActor,
  isMabeamError,
  type Random,
  toWireError,
  type WireError,
} from '@mabeam/foundation'
import { z } from 'zod'
import type { StudyInputs } from '../job/study-inputs.ts'
import { answerLength, failedCallsMax, type ModelCallOptions, modelPatience } from '../model-calls.ts'
import { type AnswerKeeper, keptAnswers, settleAnswers } from './answer-keeper.ts'
import { StatesInWork } from './states-in-work.ts'

/** What workers work with. */
export interface WorkerSetup {
  readonly inputs: StudyInputs
  /** Rows in flight at once in one worker. */
  readonly concurrency: number
  readonly calls: ModelCallOptions
  /** Keys and addresses of providers. */
  readonly env: { readonly [name: string]: string | undefined }
}

/** Rows of a state in one message, at most. */
export const rowsPerMessageMax = 50

export interface EvaluateMessage {
  /** Its number among the states in work. */
  readonly state: number
  /** Ids, 1 to `rowsPerMessageMax`. */
  readonly rows: readonly string[]
  readonly seed: number
  readonly trace: boolean
  /** As in the options of an evaluator. */
  readonly trainIds?: readonly string[] | undefined
}

/** What all workers of a study share. */
export interface SharedWork {
  readonly keeper: ActorRef<typeof AnswerKeeper>
  readonly evaluator: Evaluator
  readonly rows: ReadonlyMap<string, Example>
  readonly states: StatesInWork
}

/** Makes what workers share. One set of models: a prompt that one worker has asked is known to the others, too. */
export function sharedWork(
  { inputs, concurrency, calls, env }: WorkerSetup,
  by: { readonly keeper: ActorRef<typeof AnswerKeeper>; readonly clock: Clock; readonly random: Random },
): SharedWork {
  const { program, splits } = inputs
  const { keeper, clock, random } = by
  const models = createModels({ ...modelPatience(calls), cache: keptAnswers(keeper), env, clock, random })
  const evaluator = inlineEvaluator({
    definition: program,
    metric: program.metric,
    binding: { models, clock, ...answerLength(calls) },
    slots: 1,
    rowsAtOnce: concurrency,
    errorsMax: failedCallsMax(splits.validation.length),
    clock,
  })
  const all = [...splits.train, ...splits.validation, ...splits.test]
  return { keeper, evaluator, rows: new Map(all.map((row) => [row.id, row])), states: new StatesInWork() }
}

/** A worker. */
export type TrialWorker = ReturnType<typeof trialWorker>

/** *Delivery*: at most once; a repeat gives the same answer, since answers are kept and seeds are in the message. */
export function trialWorker(work: SharedWork) {
  return defineActor(import.meta.url, {
    name: 'mabeam.trial-worker',
    version: 3,
    init: () => work,
    calls: {
      evaluate: {
        input: z.object({
          state: z.int().min(0),
          rows: z.array(z.string()).min(1).max(rowsPerMessageMax).readonly(),
          seed: z.int().min(0),
          trace: z.boolean(),
          trainIds: z.array(z.string()).readonly().optional(),
        }),
        run: async (shared: SharedWork, message: EvaluateMessage, context: ActorContext) =>
          [shared, await evaluateRows(shared, message, context)] as const,
      },
    },
  })
}

/** How an evaluation ended. What else is thrown is a bug, in the program's own metric too: it crashes the worker. */
export type EvaluateReply =
  | { readonly type: 'evaluated'; readonly rows: readonly ScoredRow[] }
  /** It failed by what it was given. */
  | { readonly type: 'failed'; readonly error: WireError }
  /** It failed by its surroundings: no model answers, or answers can't be kept. No other would fare better now. */
  | { readonly type: 'blocked'; readonly error: WireError }

async function evaluateRows(
  { keeper, evaluator, rows: known, states }: SharedWork,
  { state, rows: ids, seed, trace, trainIds }: EvaluateMessage,
  { signal }: ActorContext,
): Promise<EvaluateReply> {
  let rows: readonly ScoredRow[]
  try {
    signal.throwIfAborted() // who gave up has taken the state out of work
    const examples = ids.map((id) => {
      const row = known.get(id)
      assert(row, `row ${id} is not one of the study`)
      return row
    })
    const inWork = states.get(state)
    const { budget } = inWork
    const how = { seed, signal, trace, ...(trainIds && { trainIds }), ...(budget && { budget }) }
    rows = await evaluator.evaluate(inWork.state, examples, how)
  } catch (thrown) {
    if (!isMabeamError(thrown) || thrown.code === 'dspx/metric-failed') throw thrown
    return { type: thrown.retryable ? 'blocked' : 'failed', error: thrown.toJSON() }
  }
  try {
    await settleAnswers(keeper)
  } catch (thrown) {
    return { type: 'blocked', error: toWireError(thrown) }
  }
  return { type: 'evaluated', rows }
}
