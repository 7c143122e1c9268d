/**
 * What rows that were answered say of a program: mean score with its interval, cost and latency. Pure, so that rows
 * gathered from several workers are summed up as `evaluate` sums up its own.
 */

import type { Random, WireError } from '@mabeam/foundation'
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
 * Throws: `dspx/no-examples` for no rows.
 * @example summarise((await Promise.all(pieces)).flat(), { random: seededRandom(seed) }).failedCalls
 */
export function summarise(
  rows: readonly EvaluatedExample[],
  options: {
    /** For the interval. @default seededRandom(0) */
    readonly random?: Random
  } = {},
): EvaluationSummary {
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

/** Whether the row has no answer at all, which says nothing about the program; one that could not be read is an answer. */
export function isFailedCall({ error }: Pick<EvaluatedExample, 'error'>): boolean {
  return error !== undefined && error.code !== 'dspx/unparsable-answer'
}
