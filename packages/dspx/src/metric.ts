/** Metrics: how good one answer is, from 0 to 1. A program is judged by the mean over examples. */

import { metricFieldUnknown, metricLabelMissing } from './errors.ts'
import type { Example } from './example.ts'
import type { Field } from './field.ts'

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
