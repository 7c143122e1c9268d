/** Metrics: how good one answer is, from 0 to 1. A program is judged by the mean over examples. */

import { isMabeamError } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import type { Field } from '../signatures/field.ts'
import { metricFailed, metricFieldUnknown, metricLabelMissing, metricScoreInvalid } from './errors.ts'

/** Values a program put out, by field name. */
export type Answer = { readonly [field: string]: unknown }

/** Called once an example by `evaluate`, possibly while other examples are still running. */
export interface Metric {
  readonly name: string
  /** The output fields whose labels it needs; a data set must have them. @default none */
  readonly fields?: readonly string[]
  /** Ensures: finite, 0 to 1. */
  score(example: Example, answer: Answer): number | Promise<number>
}

/**
 * What a metric says of one answer. Errors of ours, such as those of a judging model, pass as they are.
 *
 * Throws: `dspx/metric-failed` where the metric's own code threw, `dspx/metric-score-invalid`.
 */
export async function scoreAnswer(metric: Metric, example: Example, answer: Answer): Promise<number> {
  let score: number
  try {
    score = await metric.score(example, answer)
  } catch (thrown) {
    throw isMabeamError(thrown) ? thrown : metricFailed(metric.name, example.id, thrown)
  }
  if (typeof score === 'number' && score >= 0 && score <= 1) return score
  throw metricScoreInvalid(metric.name, example.id, score)
}

/** Throws `dspx/metric-field-unknown` when a metric needs a field the program does not put out. */
export function checkMetric(metric: Metric, outputs: readonly Field[]): void {
  const known = outputs.map((field) => field.name)
  const unknown = metric.fields?.find((field) => !known.includes(field))
  if (unknown !== undefined) throw metricFieldUnknown(metric.name, unknown, known)
}

/** The label of a field. Throws `dspx/metric-label-missing` where the row has none. */
export function labelOf(metric: string, example: Example, field: string) {
  const label = example.outputs[field]
  if (label === undefined) throw metricLabelMissing(metric, field, example.id)
  return label
}
