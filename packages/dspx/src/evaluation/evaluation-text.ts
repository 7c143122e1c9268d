/** An evaluation as text: what a person wants to see first, and the examples that need looking at. */

import { checkOptions, definedOptions, type OptionRule, rule } from '@mabeam/foundation'
import { quantile } from '@mabeam/ml'
import type { Example, ExampleRow } from '../datasets/example.ts'
import { checkExamples } from '../datasets/example-check.ts'
import { identified } from '../datasets/example-ids.ts'
import type { Evaluation } from './evaluate.ts'
import { type EvaluatedExample, isFailedCall } from './evaluation-summary.ts'

/** What of it is shown. */
export interface EvaluationTextOptions {
  /** The examples that were evaluated, so that inputs and labels are shown too. @default [] */
  readonly examples?: readonly ExampleRow[]
  /** Examples that are shown one by one, the worst first. @default 10 */
  readonly rowsMax?: number
  /** Characters of one value. @default 120 */
  readonly valueCharsMax?: number
}

export const evaluationTextDefaults = {
  examples: [],
  rowsMax: 10,
  valueCharsMax: 120,
} as const satisfies Required<EvaluationTextOptions>

const evaluationRule: OptionRule = {
  expected: 'what evaluate gives',
  test: (value) => {
    const { predictions, ci95, usage, notes } = (value ?? {}) as Partial<Evaluation>
    return Array.isArray(predictions) && Array.isArray(ci95) && typeof usage === 'object' && Array.isArray(notes)
  },
  optional: false,
}

/**
 * Mean score with its interval, cost, latency and errors, then the worst examples.
 *
 * @example console.log(evaluationText(evaluation, { examples: test, rowsMax: 5 }))
 */
export function evaluationText(evaluation: Evaluation, options: EvaluationTextOptions = {}): string {
  checkOptions('evaluationText', { evaluation }, { evaluation: evaluationRule })
  checkOptions('evaluationText', options, {
    examples: rule.optional(rule.array()),
    rowsMax: rule.optional(rule.int(0, 10_000)),
    valueCharsMax: rule.optional(rule.int(1, 100_000)),
  })
  const settings = { ...evaluationTextDefaults, ...definedOptions(options) }
  checkExamples('evaluationText', 'examples', settings.examples)
  const known = identified('evaluationText', 'examples', settings.examples)
  const examples = new Map(known.map((example) => [example.id, example]))
  const worst = evaluation.predictions
    .map((row, at) => ({ row, at }))
    .sort((a, b) => a.row.score - b.row.score || a.at - b.at)
    .slice(0, settings.rowsMax)
  return [
    ...summaryLines(evaluation),
    ...worst.map(({ row }) => rowText(row, examples.get(row.id), settings.valueCharsMax)),
  ].join('\n')
}

function summaryLines(evaluation: Evaluation): string[] {
  const { accuracy, ci95, predictions, costUsd, metric, failedCalls, errors, usage, seconds, notes } = evaluation
  const times = predictions.filter((row) => !isFailedCall(row)).map((row) => row.usage.latencyMs)
  const latency =
    times.length === 0
      ? 'latency unknown'
      : `latency p50 ${quantile(times, 0.5).toFixed(0)} ms, p95 ${quantile(times, 0.95).toFixed(0)} ms`
  const cost = costUsd === null ? 'cost unknown' : `${costUsd.toPrecision(3)} USD a row`
  return [
    `${metric}: ${percent(accuracy)} on ${predictions.length} examples (95 % interval ${percent(ci95[0])} to ${percent(ci95[1])})`,
    `${cost}, ${latency}, ${usage.calls} calls, ${usage.tokensIn} tokens in, ${usage.tokensOut} out, ${usage.retries} retries, ${seconds.toFixed(1)} s`,
    `${failedCalls} failed calls, ${errors - failedCalls} answers that could not be read`,
    ...notes.map((note) => `note: ${note}`),
    ...errorLines(predictions),
  ]
}

/** Which errors there were, the most frequent first. */
function errorLines(rows: readonly EvaluatedExample[]): string[] {
  const counts = new Map<string, number>()
  for (const { error } of rows) if (error !== undefined) counts.set(error.code, (counts.get(error.code) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([code, count]) => `  ${count} x ${code}`)
}

function rowText(row: EvaluatedExample, example: Example | undefined, charsMax: number): string {
  const line = (what: string, value: unknown) => (value === undefined ? [] : [`  ${what}: ${short(value, charsMax)}`])
  return [
    `${row.id}: ${row.score.toFixed(2)}`,
    ...line('inputs', example?.inputs),
    ...line('expected', example?.outputs),
    ...line('got', row.outputs),
    ...line('error', row.error?.message),
    ...line('feedback', row.feedback),
  ].join('\n')
}

function short(value: unknown, charsMax: number): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`
}

/** A share from 0 to 1, for people. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
