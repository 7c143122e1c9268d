/**
 * What rows that were answered say of a program: mean score with its interval, cost and latency. Pure, so that rows
 * gathered from several workers are summed up as `evaluate` sums up its own.
 */

import { checkOptions, invalidOption, type OptionRule, type Random, rule, type WireError } from '@mabeam/foundation'
import { type MeanInterval, mean, meanInterval, median } from '@mabeam/ml'
import type { FieldValues } from '../datasets/example.ts'
import { addUsage, noUsage, type Usage } from '../models/usage.ts'
import { noExamples } from './errors.ts'

/** What a program answered to one example. Plain JSON. */
export interface EvaluatedExample {
  readonly id: string
  readonly score: number
  /** Absent when it failed. */
  readonly outputs?: FieldValues
  readonly error?: WireError
  readonly usage: Usage
  /** What the metric says beside the score. */
  readonly feedback?: string
  /** What the metric measured beside the score. */
  readonly values?: { readonly [name: string]: number }
}

/** How good a program is on some rows, and what it costs. Plain JSON. */
export interface EvaluationSummary {
  /** In the order of the rows. */
  readonly scores: readonly number[]
  /** Mean score. */
  readonly accuracy: number
  readonly ci95: readonly [low: number, high: number]
  readonly intervalMethod: MeanInterval['method']
  /**
   * Mean over rows of what one run costs, without rows whose call failed: such a row cost little because it gave nothing.
   * Null when the price of a call is unknown, and when every call failed.
   */
  readonly costUsd: number | null
  /** Median over rows of the time the models took for one run, without rows whose call failed; null when all did. */
  readonly latencyMsP50: number | null
  /** Rows without a readable answer; they scored 0. */
  readonly errors: number
  /** Those of `errors` where the call failed. The counts of several pieces add up, whatever `errorsMax` bounded in each. */
  readonly failedCalls: number
  /** The sum over all rows, those that failed included. */
  readonly usage: Usage
}

/**
 * Sums up rows, in whatever pieces they were evaluated.
 *
 * Throws: `dspx/no-examples` for no rows; `foundation/invalid-option` for what are none.
 * @example summarise((await Promise.all(pieces)).flat(), { random: seededRandom(seed) }).failedCalls
 */
export function summarise(
  rows: readonly EvaluatedExample[],
  options: {
    /** For the interval. @default seededRandom(0) */
    readonly random?: Random
  } = {},
): EvaluationSummary {
  checkOptions('summarise', { rows }, { rows: rowsRule })
  checkOptions('summarise', options, { random: rule.optional(rule.having('next', 'fork')) })
  if (rows.length === 0) throw noExamples('summarise')
  const scores = rows.map(({ score }) => score)
  const interval = meanInterval(scores, { ...options, bounds: [0, 1] })
  const answered = rows.filter((row) => !isFailedCall(row)).map(({ usage }) => usage)
  const costsUsd = answered.flatMap(({ costUsd }) => costUsd ?? [])
  const isPriced = answered.length > 0 && costsUsd.length === answered.length
  return {
    scores,
    accuracy: interval.mean,
    ci95: interval.ci95,
    intervalMethod: interval.method,
    costUsd: isPriced ? mean(costsUsd) : null,
    latencyMsP50: answered.length > 0 ? median(answered.map(({ latencyMs }) => latencyMs)) : null,
    errors: rows.filter(({ error }) => error !== undefined).length,
    failedCalls: rows.length - answered.length,
    usage: rows.reduce((sum, one) => addUsage(sum, one.usage), noUsage),
  }
}

const rowsRule: OptionRule = {
  expected: 'rows of evaluations: { id, score, usage }, with a score from 0 to 1',
  test: (value) => Array.isArray(value) && value.every(isEvaluated),
  optional: false,
}

function isEvaluated(value: unknown): boolean {
  const { id, score, usage } = (value ?? {}) as Partial<EvaluatedExample>
  const isScore = typeof score === 'number' && score >= 0 && score <= 1
  return typeof id === 'string' && isScore && typeof usage === 'object' && usage !== null
}

/** Whether the row has no answer at all, which says nothing about the program; one that could not be read is an answer. */
export function isFailedCall(row: Pick<EvaluatedExample, 'error'>): boolean {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw invalidOption('isFailedCall', 'row', 'a row of an evaluation', row)
  const { error } = row
  return error !== undefined && error.code !== 'dspx/unparsable-answer'
}
