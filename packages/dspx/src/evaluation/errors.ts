/** The errors of metrics and evaluation: one factory a code, one grammar `owner: what: expected …, got …`. */

import { isMabeamError, MabeamError, messageOf, nearest, show, toWireError } from '@mabeam/foundation'
import { unknownLabel } from '../datasets/errors.ts'
import type { Example } from '../datasets/example.ts'

/** A metric over a field that the program does not put out. */
export function metricFieldUnknown(metric: string, field: string, known: readonly string[]): MabeamError {
  const near = nearest(field, known)
  const mend = near === undefined ? `the program has ${known.join(', ')}` : `did you mean "${near}"?`
  const sentence = `metric ${metric}: field "${field}": expected an output field of the program, got an unknown name; ${mend}`
  return new MabeamError('dspx/metric-field-unknown', sentence, { data: { metric, field, known } })
}

/** A metric met a row without the label it needs. */
export function metricLabelMissing(metric: string, field: string, { id, outputs }: Example): MabeamError {
  const known = Object.keys(outputs)
  const near = nearest(field, known)
  const mend = near === undefined ? 'label the row or choose a metric that does not need it' : `did you mean "${near}"?`
  const sentence = `metric ${metric}: ${id}: field "${field}": expected a label to compare with, got none; ${mend}`
  return new MabeamError('dspx/metric-label-missing', sentence, { data: { metric, field, exampleId: id, known } })
}

/** A metric gave a score out of range. */
export function metricScoreInvalid(metric: string, exampleId: string, got: unknown): MabeamError {
  const sentence = `metric ${metric}: ${exampleId}: expected a score from 0 to 1, got ${show(got)}; mend the metric`
  return new MabeamError('dspx/metric-score-invalid', sentence, { data: { metric, exampleId, got: show(got) } })
}

/** A metric measured something beside the score that is no number. */
export function metricValueInvalid(
  of: { readonly metric: string; readonly name: string; readonly exampleId: string },
  got: unknown,
): MabeamError {
  const { metric, name, exampleId } = of
  const sentence = `metric ${metric}: ${exampleId}: values.${name}: expected a finite number, got ${show(got)}; mend the metric`
  return new MabeamError('dspx/metric-value-invalid', sentence, { data: { metric, name, exampleId, got: show(got) } })
}

/** An input of a row that the program does not take as it is. */
export interface RowMismatch {
  readonly owner: string
  readonly id: string
  readonly field: string
  /** The inputs of the program. */
  readonly known: readonly string[]
  /** What its value should be; absent where the program has no such input. */
  readonly expected?: string
  readonly got?: string
}

/** A row whose inputs are not those of the program. */
export function rowMismatch({ owner, id, field, known, expected, got = 'nothing' }: RowMismatch): MabeamError {
  const near = nearest(field, known)
  const mend = near === undefined ? `the program has ${known.join(', ')}` : `did you mean "${near}"?`
  const what =
    expected === undefined
      ? `expected an input of the program, got an unknown name; ${mend}`
      : `expected ${expected}, got ${got}`
  const sentence = `${owner}: row ${show(id)}: input ${field}: ${what}`
  const data = { owner, exampleId: id, field, known, ...(expected !== undefined && { expected, got }) }
  return new MabeamError('dspx/row-mismatch', sentence, { data })
}

/** A row without an input that the program read. The failure it led to is the cause. */
export function inputMissing(
  { owner, id, field, known }: Pick<RowMismatch, 'owner' | 'id' | 'field' | 'known'>,
  cause: MabeamError,
): MabeamError {
  const near = nearest(field, known)
  const mend = near === undefined ? `it has ${known.join(', ') || 'no inputs'}` : `it has "${near}", did you mean that?`
  const expected = 'a value, since the program reads it'
  const sentence = `${owner}: row ${show(id)}: input ${field}: expected ${expected}, got nothing; ${mend} (${cause.message})`
  const data = { owner, exampleId: id, field, known, expected, got: 'nothing' }
  return new MabeamError('dspx/row-mismatch', sentence, { data, cause })
}

/** A label that no answer can be: the field has a list of values, and it is none of them. */
export function metricLabelUnknown(
  metric: string,
  { id, field, values }: { readonly id: string; readonly field: string; readonly values: readonly string[] },
  got: unknown,
): MabeamError {
  const sentence = `metric ${metric}: row ${show(id)}: label ${field}: ${unknownLabel(values, got)}`
  return new MabeamError('dspx/metric-label-unknown', sentence, {
    data: { metric, exampleId: id, field, got: show(got) },
  })
}

/** A metric's own code threw. */
export function metricFailed(metric: string, exampleId: string, thrown: unknown): MabeamError {
  const got = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : show(thrown)
  const sentence = `metric ${metric}: ${exampleId}: expected a score from 0 to 1, got ${got}; mend the metric`
  return new MabeamError('dspx/metric-failed', sentence, { data: { metric, exampleId, got }, cause: thrown })
}

/** What is known of an evaluation that was stopped. */
export interface ErrorBudget {
  readonly errors: number
  readonly errorsMax: number
  readonly examples: number
  readonly exampleId: string
  readonly cause: unknown
}

/** An evaluation with more failed calls than it bears. */
export function tooManyErrors({ errors, errorsMax, examples, exampleId, cause }: ErrorBudget): MabeamError {
  const sentence = `evaluate: expected at most ${errorsMax} failed calls in ${examples} examples (errorsMax), got ${errors}; the last one, ${exampleId}: ${messageOf(cause)}`
  const retryable = isMabeamError(cause) && cause.retryable
  const data = { errors, errorsMax, examples, exampleId, cause: { ...toWireError(cause) } }
  return new MabeamError('dspx/too-many-errors', sentence, { retryable, data, cause })
}

/** Nothing to work on. */
export function noExamples(owner: string): MabeamError {
  return new MabeamError('dspx/no-examples', `${owner}: examples: expected at least one, got none`, { data: { owner } })
}

/** Vectors that cannot be compared. */
export function embeddingInvalid(metric: string, a: number, b: number): MabeamError {
  const sentence = `metric ${metric}: expected two vectors of finite numbers and one length, got lengths ${a} and ${b}`
  return new MabeamError('dspx/embedding-invalid', sentence, { data: { metric, lengths: [a, b] } })
}

/** A judge that gave no grade. */
export function judgeFailed(exampleId: string, thrown: unknown): MabeamError {
  const retryable = isMabeamError(thrown) && thrown.retryable
  const sentence = `metric judge: ${exampleId}: expected a grade, got ${messageOf(thrown)}`
  return new MabeamError('dspx/judge-failed', sentence, { retryable, data: { exampleId }, cause: thrown })
}

/** A program that is no definition was to be evaluated by nothing. */
export function metricMissing(): MabeamError {
  const sentence = 'evaluate: metric: expected a metric, since a program has none of its own, got nothing'
  return new MabeamError('dspx/metric-missing', sentence)
}

/** Work that was begun on something else. */
export function resumeMismatch(owner: string, path: string, others: readonly string[]): MabeamError {
  const what = others.join(', ')
  const sentence = `${owner}: resume: ${path}: expected the ${what} that it began with, got another; take these back, or name another folder`
  return new MabeamError('dspx/resume-mismatch', sentence, { data: { owner, path, others } })
}

/** Two evaluations that did not score the same rows. */
export function unpairedEvaluations(position: number, expected: string, got: string): MabeamError {
  const sentence = `comparePrograms: example ${position}: expected ${show(expected)} in both evaluations, got ${show(got)} in the second; evaluate both on the same rows in the same order`
  return new MabeamError('dspx/unpaired-evaluations', sentence, { data: { position, expected, got } })
}
