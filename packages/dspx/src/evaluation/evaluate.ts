/**
 * Evaluation: runs a bound program over examples and scores every answer. Results stand in the order of the examples,
 * whatever order they were answered in. An answer that cannot be read scores 0, as it would for a user; a call that
 * failed scores 0 too and counts against `errorsMax`, because a broken connection says nothing about a program.
 */

import { setImmediate } from 'node:timers/promises'
import { type Clock, checkOptions, type Random, rule, seededRandom, systemClock } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { BoundProgram } from '../programs/bound-program.ts'
import { noExamples, tooManyErrors } from './errors.ts'
import { type EvaluatedExample, type EvaluationSummary, isFailedCall, summarise } from './evaluation-summary.ts'
import type { Metric } from './metric.ts'
import { type ScoredRun, scoredRun } from './scored-run.ts'

export interface EvaluateOptions {
  /** @default the program's own */
  readonly metric?: Metric
  /** Examples in flight at once. @default 16 */
  readonly concurrency?: number
  /**
   * Failed calls that are borne in this evaluation; one more rejects with `dspx/too-many-errors`. Who evaluates in pieces
   * adds up their `failedCalls`. @default 10
   */
  readonly errorsMax?: number
  /** For models that sample; each example gets its own seed from it. @default 0 */
  readonly seed?: number
  readonly signal?: AbortSignal
  /** Called after every example. */
  readonly onProgress?: (progress: EvaluationProgress) => void
  /** @default systemClock */
  readonly clock?: Clock
}

export const evaluateDefaults = { concurrency: 16, errorsMax: 10, seed: 0, clock: systemClock } satisfies Required<
  Omit<EvaluateOptions, 'metric' | 'signal' | 'onProgress'>
>

export interface EvaluationProgress {
  readonly done: number
  readonly total: number
  /** Mean score so far. */
  readonly accuracy: number
  readonly errors: number
}

/** An evaluation's rows and their summary. Plain JSON. */
export interface Evaluation extends EvaluationSummary {
  readonly metric: string
  /** In the order of the examples. */
  readonly predictions: readonly EvaluatedExample[]
  /** Wall time. */
  readonly seconds: number
}

/**
 * Scores `bound` on `examples`.
 *
 * Throws: `dspx/no-examples`, `dspx/too-many-errors`, `dspx/metric-failed`, `dspx/metric-score-invalid`, and `signal.reason`.
 * @example const { accuracy, ci95 } = await evaluate(program.bind(state, { models }), test, { concurrency: 8 })
 */
export async function evaluate(
  bound: BoundProgram,
  examples: readonly Example[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, evaluateRules)
  if (examples.length === 0) throw noExamples('evaluate')
  const settings = { ...evaluateDefaults, metric: bound.program.metric, ...options }
  const startMs = settings.clock.monotonicMs()
  const predictions = await runAll(bound, examples, settings)
  return {
    metric: settings.metric.name,
    predictions,
    ...summarise(predictions, { random: seededRandom(settings.seed).fork('interval') }),
    seconds: (settings.clock.monotonicMs() - startMs) / 1_000,
  }
}

const evaluateRules = {
  metric: rule.optional(rule.object()),
  concurrency: rule.optional(rule.int(1, 10_000)),
  errorsMax: rule.optional(rule.int(0)),
  seed: rule.optional(rule.int(0)),
  signal: rule.optional(rule.object()),
  onProgress: rule.optional(rule.fn()),
  clock: rule.optional(rule.object()),
}

type Settings = Required<Omit<EvaluateOptions, 'signal' | 'onProgress'>> & EvaluateOptions

/** Lanes take the next example as soon as they are free; the first that throws stops the others. */
async function runAll(
  bound: BoundProgram,
  examples: readonly Example[],
  settings: Settings,
): Promise<EvaluatedExample[]> {
  settings.signal?.throwIfAborted()
  const stop = new AbortController()
  const signal = settings.signal === undefined ? stop.signal : AbortSignal.any([settings.signal, stop.signal])
  const random = seededRandom(settings.seed)
  const results: EvaluatedExample[] = new Array(examples.length)
  const count = progressCounter(examples.length, settings)
  const turn = eventLoopTurns(settings.clock)
  let next = 0
  const lane = async () => {
    while (next < examples.length) {
      const index = next++
      await turn()
      signal.throwIfAborted()
      const example = examples[index] as Example
      const seed = rowSeed(random, example.id)
      const result = await scoredRun(bound, example, { metric: settings.metric, seed, signal })
      results[index] = result.evaluated
      count(result)
    }
  }
  const lanes = Array.from({ length: Math.min(settings.concurrency, examples.length) }, () =>
    lane().catch((thrown) => {
      stop.abort(thrown)
      throw thrown
    }),
  )
  const ended = await Promise.allSettled(lanes)
  settings.signal?.throwIfAborted()
  if (ended.some(({ status }) => status === 'rejected')) throw stop.signal.reason
  return results
}

/** The seed of a row: the same in every evaluation with the same seed, so that programs are compared under the same draws. */
export function rowSeed(random: Random, id: string): number {
  return random.fork(id).int(2 ** 31)
}

/** Counts results, reports progress, and throws when the budget for failed calls is spent. */
function progressCounter(total: number, settings: Settings): (result: ScoredRun) => void {
  let done = 0
  let sum = 0
  let errors = 0
  let failedCalls = 0
  return ({ evaluated, thrown }) => {
    done++
    sum += evaluated.score
    if (evaluated.error !== undefined) errors++
    if (isFailedCall(evaluated)) failedCalls++
    if (failedCalls > settings.errorsMax) {
      const { errorsMax } = settings
      throw tooManyErrors({ errors: failedCalls, errorsMax, examples: total, exampleId: evaluated.id, cause: thrown })
    }
    settings.onProgress?.({ done, total, accuracy: sum / done, errors })
  }
}

/**
 * Called before each run: a promise where the event loop is due its turn, the same for all lanes. A model in this process
 * never waits, and timers and signals must be seen all the same.
 */
export function eventLoopTurns(clock: Clock): () => Promise<void> | undefined {
  let lastMs = clock.monotonicMs()
  let runs = 0
  let pending: Promise<void> | undefined
  return () => {
    if (pending) return pending
    const nowMs = clock.monotonicMs()
    if (nowMs - lastMs < turnMs && ++runs < turnRuns) return undefined
    runs = 0
    pending = setImmediate().then(() => {
      lastMs = clock.monotonicMs()
      pending = undefined
    })
    return pending
  }
}

const turnMs = 5
const turnRuns = 100
