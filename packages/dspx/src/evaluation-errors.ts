/** Errors of data sets, metrics, evaluation and teleprompters. */

import { isMabeamError, type Json, MabeamError, messageOf, nearest, show, toWireError } from '@mabeam/foundation'

/** Where in a data file something is wrong. */
export interface DataPlace {
  readonly path: string
  readonly line?: number
  readonly field?: string
}

/** One sentence about a data file: `place: field "x": expected …, got …; how to mend it`. */
function dataError(code: string, place: DataPlace, sentence: string, cause?: unknown): MabeamError {
  const line = place.line === undefined ? '' : `:${place.line}`
  const field = place.field === undefined ? '' : `field "${place.field}": `
  const data: { [key: string]: Json } = { path: place.path }
  if (place.line !== undefined) data.line = place.line
  if (place.field !== undefined) data.field = place.field
  return new MabeamError(`dspx/${code}`, `${place.path}${line}: ${field}${sentence}`, { data, cause })
}

export function dataFileMissing(path: string, cause: unknown): MabeamError {
  return dataError('data-file-missing', { path }, 'expected a data file, got no such file; check the path', cause)
}

export function dataFileUnreadable(path: string, cause: unknown): MabeamError {
  const code = (cause as { readonly code?: string })?.code ?? 'unknown cause'
  const sentence = `expected a readable data file, got ${code} when opening it; check that it is a file and its permissions`
  return dataError('data-file-unreadable', { path }, sentence, cause)
}

export function dataExtensionUnknown(path: string, extension: string, known: readonly string[]): MabeamError {
  const sentence = `expected a data file that ends in ${known.join(' or ')}, got ${show(extension)}; convert or rename it`
  return dataError('data-extension-unknown', { path }, sentence)
}

export function dataTooLarge(
  path: string,
  limit: { readonly name: string; readonly max: number; readonly got: number },
) {
  const sentence = `expected at most ${limit.max} (${limit.name}), got ${limit.got} or more; split the file or raise ${limit.name}`
  return dataError('data-too-large', { path }, sentence)
}

export function dataEmpty(path: string, got: string): MabeamError {
  return dataError('data-empty', { path }, `expected at least one row, got ${got}; add rows or choose another file`)
}

export function dataNotUtf8(path: string, cause: unknown): MabeamError {
  const sentence = 'expected text in UTF-8, got bytes that are not; save the file as UTF-8'
  return dataError('data-not-utf8', { path }, sentence, cause)
}

export function dataLineBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  return dataError(
    'data-line-broken',
    place,
    `expected a JSON object on one line, got ${got}; mend or delete the line`,
    cause,
  )
}

export function dataQuotingBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  const sentence = `expected CSV with balanced quotes, got ${got}; put the field in quotes and double the quotes inside`
  return dataError('data-quoting-broken', place, sentence, cause)
}

export function dataColumnRepeated(place: DataPlace): MabeamError {
  return dataError(
    'data-column-repeated',
    place,
    'expected each column once in the header, got it twice; rename or drop one',
  )
}

export function dataCellsExtra(place: DataPlace, expected: number, got: number): MabeamError {
  const sentence = `expected ${expected} cells as the header has, got ${got}; quote cells that hold a comma`
  return dataError('data-cells-extra', place, sentence)
}

export function dataColumnMissing(place: DataPlace, columns: readonly string[]): MabeamError {
  const near = nearest(place.field ?? '', columns)
  const mend = near === undefined ? 'add the column' : `did you mean the column "${near}"? rename it`
  const got = columns.length === 0 ? 'none' : `only ${columns.slice(0, 12).join(', ')}`
  return dataError('data-column-missing', place, `expected a column of this name, got ${got}; ${mend}`)
}

export function dataValueEmpty(place: DataPlace, got: unknown): MabeamError {
  return dataError('data-value-empty', place, `expected a value, got ${show(got)}; fill it in or delete the row`)
}

export function dataLabelUnknown(place: DataPlace, values: readonly string[], got: unknown): MabeamError {
  const near = typeof got === 'string' ? nearest(got, values) : undefined
  const mend = near === undefined ? 'mend the label or add it to the signature' : `did you mean "${near}"?`
  const listed = values.map((value) => JSON.stringify(value)).join(', ')
  return dataError('data-label-unknown', place, `expected one of ${listed}, got ${show(got)}; ${mend}`)
}

export function dataTypeWrong(place: DataPlace, expected: string, got: unknown): MabeamError {
  return dataError('data-type-wrong', place, `expected ${expected}, got ${show(got)}; mend the value or the signature`)
}

export function splitTooLarge(part: string, expected: number, got: number): MabeamError {
  const sentence = `splitDataset: ${part}: expected at most the ${expected} rows that are left, got ${got}; ask for fewer rows or add data`
  return new MabeamError('dspx/split-too-large', sentence, { data: { part, expected, got } })
}

export function metricFieldUnknown(metric: string, field: string, known: readonly string[]): MabeamError {
  const near = nearest(field, known)
  const mend = near === undefined ? `the program has ${known.join(', ')}` : `did you mean "${near}"?`
  const sentence = `metric ${metric}: field "${field}": expected an output field of the program, got an unknown name; ${mend}`
  return new MabeamError('dspx/metric-field-unknown', sentence, { data: { metric, field, known } })
}

export function metricLabelMissing(metric: string, field: string, exampleId: string): MabeamError {
  const sentence = `metric ${metric}: ${exampleId}: field "${field}": expected a label to compare with, got none; label the row or choose a metric that does not need it`
  return new MabeamError('dspx/metric-label-missing', sentence, { data: { metric, field, exampleId } })
}

export function metricScoreInvalid(metric: string, exampleId: string, got: unknown): MabeamError {
  const sentence = `metric ${metric}: ${exampleId}: expected a score from 0 to 1, got ${show(got)}; mend the metric`
  return new MabeamError('dspx/metric-score-invalid', sentence, { data: { metric, exampleId, got: show(got) } })
}

/** What is known of an evaluation that was stopped. */
export interface ErrorBudget {
  readonly errors: number
  readonly errorsMax: number
  readonly examples: number
  readonly exampleId: string
  readonly cause: unknown
}

export function tooManyErrors({ errors, errorsMax, examples, exampleId, cause }: ErrorBudget): MabeamError {
  const sentence = `evaluate: expected at most ${errorsMax} failed calls in ${examples} examples (errorsMax), got ${errors}; the last one, ${exampleId}: ${messageOf(cause)}`
  const retryable = isMabeamError(cause) && cause.retryable
  const data = { errors, errorsMax, examples, exampleId, cause: { ...toWireError(cause) } }
  return new MabeamError('dspx/too-many-errors', sentence, { retryable, data, cause })
}

export function noExamples(owner: string): MabeamError {
  return new MabeamError('dspx/no-examples', `${owner}: examples: expected at least one, got none`, { data: { owner } })
}

export function unpairedEvaluations(position: number, expected: string, got: string): MabeamError {
  const sentence = `comparePrograms: example ${position}: expected ${show(expected)} in both evaluations, got ${show(got)} in the second; evaluate both on the same rows in the same order`
  return new MabeamError('dspx/unpaired-evaluations', sentence, { data: { position, expected, got } })
}

export function invalidPlan(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-plan', `tuning plan of ${program}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { program, key, expected, got: show(got) },
  })
}

export function priceUnknown(model: string): MabeamError {
  const sentence = `runTrial: costUsd: expected a model with a known price, got ${show(model)} without one; give createModels its price or leave costUsd out of the objectives`
  return new MabeamError('dspx/price-unknown', sentence, { data: { model } })
}

export function noFinalists(): MabeamError {
  return new MabeamError('dspx/no-finalists', 'finalRace: finished: expected at least one completed trial, got none')
}
