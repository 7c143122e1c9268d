/** One row of an evaluation: run, judged, and kept as plain JSON, whatever became of it. */

import { hasCode, isMabeamError, type Json, toWireError, untilAborted } from '@mabeam/foundation'
import type { Example, FieldValues } from '../datasets/example.ts'
import type { Budget } from '../models/budget/budget.ts'
import { noUsage, type Usage } from '../models/usage.ts'
import type { BoundProgram, ProgramResult } from '../programs/bound-program.ts'
import { currentRun, enterRun, overlaid } from '../programs/run-context.ts'
import type { Values } from '../signatures/signature.ts'
import type { EvaluatedExample } from './evaluation-summary.ts'
import { type Judgement, judgeAnswer, type Metric } from './metric.ts'
import type { RowReading } from './row-reading.ts'
import { runFailure } from './state-fault.ts'

/** What is evaluated: a bound program, or anything that runs like one. */
export interface Evaluated extends Pick<BoundProgram, 'run'> {
  /** Judges spend from it too. @default that of the run around it */
  readonly budget?: Budget
}

/** How a row is run. */
export interface ScoredRunOptions {
  readonly metric: Metric
  readonly seed: number
  readonly signal: AbortSignal
  /** @default false */
  readonly trace?: boolean
  /** Shows no predictor a demonstration of the row. @default false */
  readonly isBeside?: boolean
  /** The calls of the run and of judges spend from it, too. @default that of what is evaluated */
  readonly budget?: Budget | undefined
  /** Watches what is read of the row; a mismatch that it finds is thrown. */
  readonly reading?: RowReading | undefined
}

/** A row that was run. */
export interface ScoredRun {
  readonly evaluated: EvaluatedExample
  /** Empty unless a trace was asked for and the run did not fail. */
  readonly trace: ProgramResult['trace']
  /** What a failed run threw. */
  readonly thrown?: unknown
}

/**
 * Runs a program on a row and judges the answer. A run that fails scores 0, and so does one whose judge fails, since its answer was
 * never seen. A run that no row could be answered by is thrown.
 *
 * Throws: `dspx/row-mismatch` where the row is watched; `dspx/no-model`, `dspx/unknown-model`, `dspx/missing-setting`, `dspx/invalid-program`, `dspx/model-failed` for a key that is refused; `dspx/metric-failed`, `dspx/metric-score-invalid`, `dspx/metric-value-invalid`; `signal.reason`.
 */
export async function scoredRun(program: Evaluated, example: Example, options: ScoredRunOptions): Promise<ScoredRun> {
  const { id } = example
  const { metric, seed, signal, trace = false, isBeside = false, budget, reading } = options
  let answer: ProgramResult
  try {
    const asking = { seed, signal, trace, ...(isBeside && { row: example }), ...(budget && { budget }) }
    answer = await program.run(reading?.inputs ?? example.inputs, asking)
  } catch (thrown) {
    signal.throwIfAborted()
    const mismatch = reading?.mismatch(thrown)
    if (mismatch !== undefined) throw mismatch
    if (isCallersMistake(thrown)) throw thrown
    const evaluated = { id, score: 0, error: runFailure(thrown), usage: usageOfError(thrown) }
    return { evaluated, trace: [], thrown }
  }
  let judgement: Judgement
  try {
    // What a metric asks goes by the run around it; one that hangs must not hold up who stops.
    const judging = overlaid(currentRun(), { signal, budget: budget ?? program.budget })
    const judged = enterRun(judging, () => judgeAnswer(metric, reading?.judged ?? example, answer.outputs))
    judgement = await untilAborted(judged, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (!hasCode(thrown, 'dspx/judge-failed')) throw thrown
    return { evaluated: { id, score: 0, error: toWireError(thrown), usage: answer.usage }, trace: [], thrown }
  }
  const { score, feedback, values } = judgement
  const evaluated: EvaluatedExample = {
    id,
    score,
    outputs: plainValues(answer.outputs),
    usage: answer.usage,
    ...(feedback !== undefined && { feedback }),
    ...(values !== undefined && { values }),
  }
  return { evaluated, trace: answer.trace }
}

/** Whether every other row would fail in the same way: scores of 0 would say of a program what is true of its settings. */
function isCallersMistake(thrown: unknown): boolean {
  if (!isMabeamError(thrown)) return false
  return (
    configurationCodes.includes(thrown.code) ||
    (thrown.code === 'dspx/model-failed' && thrown.data.reason === 'authentication')
  )
}

const configurationCodes: readonly string[] = [
  'dspx/no-model',
  'dspx/unknown-model',
  'dspx/missing-setting',
  'dspx/invalid-program',
]

function usageOfError(thrown: unknown): Usage {
  const usage = isMabeamError(thrown) ? thrown.data.usage : undefined
  return usage === undefined ? noUsage : ({ ...noUsage, ...(usage as object) } as Usage)
}

/** Values as they are sent and kept: what JSON has no word for is written as JSON writes it. */
export function plainValues(values: Values): FieldValues {
  const isPlain = Object.values(values).every((value) => typeof value === 'string' || typeof value === 'boolean')
  return isPlain ? (values as FieldValues) : (JSON.parse(JSON.stringify(values)) as { [field: string]: Json })
}
