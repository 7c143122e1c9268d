/** Metrics: how good one answer is, from 0 to 1. A program is judged by the mean over examples. */

import { checkOptions, invalidOption, isMabeamError, type Json, rule } from '@mabeam/foundation'
import type { Example, FieldValues } from '../datasets/example.ts'
import type { Field } from '../signatures/field.ts'
import type { Values } from '../signatures/signature.ts'
import {
  metricFailed,
  metricFieldUnknown,
  metricLabelMissing,
  metricScoreInvalid,
  metricValueInvalid,
} from './errors.ts'

/** Values a program put out, by field name. */
export type Answer = { readonly [field: string]: unknown }

/** What a metric says of an answer where a number is not all. Plain JSON. */
export interface Judgement {
  /** Ensures: finite, 0 to 1. */
  readonly score: number
  /** Why, in words that a reflecting teleprompter can learn from. At most `feedbackCharsMax` characters are kept. */
  readonly feedback?: string
  /** Whatever else was measured, by name: objectives may go by it. Ensures: finite. */
  readonly values?: { readonly [name: string]: number }
}

/**
 * A row as a metric of a program with inputs `I` and outputs `O` sees it: its inputs, and the labels that may be there. What is no JSON
 * in a program (an image, say) is some in a row.
 */
export interface JudgedExample<I = Values, O = Values> extends Pick<Example, 'id'> {
  readonly inputs: { readonly [K in keyof I]: Plain<I[K]> }
  readonly outputs: string extends keyof O ? FieldValues : { readonly [K in keyof O]?: Plain<O[K]> }
}

type Plain<T> = T extends Json | undefined ? T : Json

/** What a metric of a program with outputs `O` sees of an answer: by field name. */
export type JudgedAnswer<O = Values> = { readonly [K in keyof O]: O[K] }

/**
 * Called once an example by `evaluate`, possibly while other examples are still running. `I` and `O` are the inputs and outputs of the
 * programs it judges; any metric may be given where they are known.
 */
export interface Metric<I = Values, O = Values> {
  readonly name: string
  /** The output fields whose labels it needs; a data set must have them. @default none */
  readonly fields?: readonly string[]
  /** Ensures: finite, 0 to 1; `true` is 1, `false` is 0. `answer` holds the outputs by name: `answer.team`. */
  score(example: JudgedExample<I, O>, answer: JudgedAnswer<O>): Said | Promise<Said>
}

/** What a metric may say of an answer. */
type Said = number | boolean | Judgement

/**
 * The metric that an option gives: one, or its function alone, which is named as the function is.
 *
 * Throws: `foundation/invalid-option` in the name of `owner`.
 */
export function metricOf(owner: string, given: Metric | Metric['score'] | undefined): Metric {
  if (typeof given === 'function') return { name: given.name || 'metric', score: given }
  if (typeof given !== 'object' || given === null) {
    throw invalidOption(owner, 'metric', 'a metric such as exactMatch("answer"), or a function', given)
  }
  const { name, score } = given
  checkOptions(`${owner}: metric`, { name, score }, { name: rule.string(), score: rule.fn() })
  return given
}

/** The most characters of feedback that are kept of one answer. */
export const feedbackCharsMax = 10_000

/**
 * What a metric says of one answer. Errors of ours, such as those of a judging model, pass as they are.
 *
 * Throws: `dspx/metric-failed` where the metric's own code threw, `dspx/metric-score-invalid`.
 */
export async function judgeAnswer(metric: Metric, example: Example, answer: Answer): Promise<Judgement> {
  let said: Said
  try {
    said = await metric.score(example, answer)
  } catch (thrown) {
    throw isMabeamError(thrown) ? thrown : metricFailed(metric.name, example.id, thrown)
  }
  const judgement: Judgement =
    typeof said === 'object' && said !== null ? said : { score: typeof said === 'boolean' ? Number(said) : said }
  const { score, feedback, values } = judgement
  if (!(typeof score === 'number' && score >= 0 && score <= 1)) throw metricScoreInvalid(metric.name, example.id, score)
  for (const [name, value] of Object.entries(values ?? {})) {
    if (!Number.isFinite(value)) throw metricValueInvalid({ metric: metric.name, name, exampleId: example.id }, value)
  }
  return {
    score,
    ...(typeof feedback === 'string' && { feedback: feedback.slice(0, feedbackCharsMax) }),
    ...(values !== undefined && { values }),
  }
}

/** The score alone. Throws: as {@link judgeAnswer}. */
export async function scoreAnswer(metric: Metric, example: Example, answer: Answer): Promise<number> {
  return (await judgeAnswer(metric, example, answer)).score
}

/** Throws `dspx/metric-field-unknown` when a metric needs a field the program does not put out. */
export function checkMetric(metric: Metric, outputs: readonly Field[]): void {
  const known = outputs.map((field) => field.name)
  const unknown = metric.fields?.find((field) => !known.includes(field))
  if (unknown !== undefined) throw metricFieldUnknown(metric.name, unknown, known)
}

/** The label of a field. Throws `dspx/metric-label-missing` where the row has none. */
export function labelOf(metric: string, example: Example, field: string) {
  const label = Object.hasOwn(example.outputs, field) ? example.outputs[field] : undefined
  if (label === undefined) throw metricLabelMissing(metric, field, example)
  return label
}
