/** The errors of this package: one factory a code, one grammar `owner: what: expected …, got …`. */

import { isMabeamError, type Json, MabeamError, messageOf, nearest, show, toWireError } from '@mabeam/foundation'
import { fileFault } from './file-fault.ts'

/** A signature that says nothing a model could be asked. */
export function invalidSignature(owner: string, expected: string, got: unknown, at?: number): MabeamError {
  const where = at === undefined ? '' : ` at position ${at}`
  return new MabeamError('dspx/invalid-signature', `${owner}: expected ${expected}${where}, got ${show(got)}`, {
    data: { owner, expected, got: show(got), ...(at !== undefined && { position: at }) },
  })
}

/** An input a predictor cannot be asked with. */
export function invalidInput(owner: string, field: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-input', `${owner}: input ${field}: expected ${expected}, got ${show(got)}`, {
    data: { owner, field, expected, got: show(got) },
  })
}

/** An answer without a readable value for a field. */
export function unparsableAnswer(owner: string, field: string, expected: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/unparsable-answer',
    `${owner}: output ${field}: expected ${expected} in the model's answer, got ${show(got)}`,
    { data: { owner, field, expected, got: show(got) } },
  )
}

/** A schema that decides later: answers are checked in one turn. */
export function asynchronousSchema(field: string): MabeamError {
  return new MabeamError(
    'dspx/asynchronous-schema',
    `signature: field ${field}: expected a schema that validates synchronously, got one that returns a promise`,
    { data: { field } },
  )
}

/** A predictor without a model was asked. */
export function noModel(owner: string): MabeamError {
  return new MabeamError('dspx/no-model', `${owner}: model: expected a language model to ask, got nothing`)
}

/** A model id that names no provider or no model of ours. */
export function unknownModel(id: string, expected: string): MabeamError {
  return new MabeamError('dspx/unknown-model', `models: expected ${expected}, got ${show(id)}`, { data: { id } })
}

/** What a provider needs is not in the environment. */
export function missingSetting(variable: string, expected: string, hint: string): MabeamError {
  return new MabeamError(
    'dspx/missing-setting',
    `models: ${variable}: expected ${expected} in the environment, got nothing; ${hint}`,
    { data: { variable } },
  )
}

/** What is known of a failed model call. */
export interface ModelFailure {
  readonly modelId: string
  readonly sentence: string
  readonly retryable: boolean
  readonly status?: number
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A provider failed: refused, overloaded, unreachable. */
export function modelFailed(failure: ModelFailure): MabeamError {
  const { modelId, sentence, retryable, status, retryAfterMs, cause } = failure
  return new MabeamError('dspx/model-failed', `${modelId}: ${sentence}`, {
    retryable,
    data: {
      modelId,
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    ...(cause !== undefined && { cause }),
  })
}

/** A model did not answer in time. */
export function modelTimeout(modelId: string, timeoutMs: number): MabeamError {
  return new MabeamError('dspx/model-timeout', `${modelId}: expected an answer within ${timeoutMs} ms, got none`, {
    retryable: true,
    data: { modelId, timeoutMs },
  })
}

/** A program whose parts contradict each other. */
export function invalidProgram(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-program', `program ${program}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { program, key, expected, got: show(got) },
  })
}

/** A state that belongs to another program or holds impossible values. */
export function invalidState(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-state', `state of ${program}: ${key}: expected ${expected}, got ${show(got)}`, {
    data: { program, key, expected, got: show(got) },
  })
}

/** A program's own code threw. */
export function programFailed(program: string, thrown: unknown): MabeamError {
  return new MabeamError('dspx/program-failed', `program ${program}: ${messageOf(thrown)}`, {
    data: { program },
    cause: thrown,
  })
}

/** The same error with more data: what a run had cost when it failed. */
export function withData(error: MabeamError, data: { readonly [key: string]: Json }): MabeamError {
  const { code, message, retryable, cause } = error
  return new MabeamError(code, message, { retryable, data: { ...error.data, ...data }, cause: cause ?? error })
}

/** An artefact that the system does not let us read or write. */
export function artefactFileFailed(kind: 'unreadable' | 'unwritable', path: string, cause: unknown): MabeamError {
  const expected = kind === 'unreadable' ? 'an artefact' : 'a place to write an artefact to'
  const sentence = `${path}: expected ${expected}, got ${fileFault(cause)}`
  return new MabeamError(`dspx/artefact-${kind}`, sentence, { data: { path }, cause })
}

/** A file that should hold an artefact and holds no JSON. */
export function artefactBroken(path: string, got: string, cause: unknown): MabeamError {
  const sentence = `${path}: expected JSON of a tuned program, got ${got}; restore the file or name another`
  return new MabeamError('dspx/artefact-invalid', sentence, { data: { path }, cause })
}

/** A file that is no artefact, or one that cannot be used here. */
export function artefactError(
  kind: 'unreadable' | 'invalid' | 'version' | 'digest' | 'program',
  path: string,
  expected: string,
  got: unknown,
): MabeamError {
  return new MabeamError(`dspx/artefact-${kind}`, `${path}: expected ${expected}, got ${show(got)}`, {
    data: { path, expected, got: show(got) },
  })
}

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

/** No such data file. */
export function dataFileMissing(path: string, cause: unknown): MabeamError {
  return dataError('data-file-missing', { path }, `expected a data file, got ${fileFault(cause)}`, cause)
}

/** A data file that cannot be opened. */
export function dataFileUnreadable(path: string, cause: unknown): MabeamError {
  return dataError('data-file-unreadable', { path }, `expected a data file, got ${fileFault(cause)}`, cause)
}

/** A data file in a format nobody reads. */
export function dataExtensionUnknown(path: string, extension: string, known: readonly string[]): MabeamError {
  const sentence = `expected a data file that ends in ${known.join(' or ')}, got ${show(extension)}; convert or rename it`
  return dataError('data-extension-unknown', { path }, sentence)
}

/** A data file beyond a limit. */
export function dataTooLarge(
  path: string,
  limit: { readonly name: string; readonly max: number; readonly got: number },
) {
  const sentence = `expected at most ${limit.max} (${limit.name}), got ${limit.got} or more; split the file or raise ${limit.name}`
  return dataError('data-too-large', { path }, sentence)
}

/** A data file without rows. */
export function dataEmpty(path: string, got: string): MabeamError {
  return dataError('data-empty', { path }, `expected at least one row, got ${got}; add rows or choose another file`)
}

/** A data file in another encoding. */
export function dataNotUtf8(path: string, cause: unknown): MabeamError {
  const sentence = 'expected text in UTF-8, got bytes that are not; save the file as UTF-8'
  return dataError('data-not-utf8', { path }, sentence, cause)
}

/** A line that is no JSON object. */
export function dataLineBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  return dataError(
    'data-line-broken',
    place,
    `expected a JSON object on one line, got ${got}; mend or delete the line`,
    cause,
  )
}

/** CSV with quotes that do not match. */
export function dataQuotingBroken(place: DataPlace, got: string, cause: unknown): MabeamError {
  const sentence = `expected CSV with balanced quotes, got ${got}; put the field in quotes and double the quotes inside`
  return dataError('data-quoting-broken', place, sentence, cause)
}

/** CSV whose cells are evidently kept apart by something else than commas. */
export function dataSeparatorWrong(place: DataPlace, separator: string, header: string): MabeamError {
  const sentence = `is the separator ${show(separator)}? expected "," between columns, got ${show(header)}; save the file with commas`
  return dataError('data-separator-wrong', place, sentence)
}

/** A header with a name twice. */
export function dataColumnRepeated(place: DataPlace): MabeamError {
  return dataError(
    'data-column-repeated',
    place,
    'expected each column once in the header, got it twice; rename or drop one',
  )
}

/** A CSV row with more or fewer cells than the header. */
export function dataCellsWrong(place: DataPlace, expected: number, got: number): MabeamError {
  const mend = got > expected ? 'quote cells that hold a comma' : 'fill in the rest, empty cells with commas alone'
  return dataError('data-cells-wrong', place, `expected ${expected} cells as the header has, got ${got}; ${mend}`)
}

/** A field that the file or the row does not have. */
export function dataColumnMissing(place: DataPlace, columns: readonly string[]): MabeamError {
  const near = nearest(place.field ?? '', columns)
  const mend = near === undefined ? 'add the column' : `did you mean the column "${near}"? rename it`
  const got = columns.length === 0 ? 'none' : `only ${columns.slice(0, 12).join(', ')}`
  return dataError('data-column-missing', place, `expected a column of this name, got ${got}; ${mend}`)
}

/** A field without a value. */
export function dataValueEmpty(place: DataPlace, got: unknown): MabeamError {
  return dataError('data-value-empty', place, `expected a value, got ${show(got)}; fill it in or delete the row`)
}

/** Allowed values that an error lists before it counts the rest. */
const valuesListed = 20

/** A label that is none of the allowed values. */
export function dataLabelUnknown(place: DataPlace, values: readonly string[], got: unknown): MabeamError {
  const near = typeof got === 'string' ? nearest(got, values) : undefined
  const mend = near === undefined ? 'mend the label or add it to the signature' : `did you mean "${near}"?`
  const listed = values.slice(0, valuesListed).map((value) => JSON.stringify(value))
  const more = values.length > valuesListed ? ` or ${values.length - valuesListed} more` : ''
  return dataError(
    'data-label-unknown',
    place,
    `expected one of ${listed.join(', ')}${more}, got ${show(got)}; ${mend}`,
  )
}

/** A value of the wrong type. */
export function dataTypeWrong(place: DataPlace, expected: string, got: unknown): MabeamError {
  return dataError('data-type-wrong', place, `expected ${expected}, got ${show(got)}; mend the value or the signature`)
}

/** A split that needs more rows than there are. */
export function splitTooLarge(part: string, expected: number, got: number): MabeamError {
  const sentence = `splitDataset: ${part}: expected at most the ${expected} rows that are left, got ${got}; ask for fewer rows or add data`
  return new MabeamError('dspx/split-too-large', sentence, { data: { part, expected, got } })
}

/** A metric over a field that the program does not put out. */
export function metricFieldUnknown(metric: string, field: string, known: readonly string[]): MabeamError {
  const near = nearest(field, known)
  const mend = near === undefined ? `the program has ${known.join(', ')}` : `did you mean "${near}"?`
  const sentence = `metric ${metric}: field "${field}": expected an output field of the program, got an unknown name; ${mend}`
  return new MabeamError('dspx/metric-field-unknown', sentence, { data: { metric, field, known } })
}

/** A metric met a row without the label it needs. */
export function metricLabelMissing(metric: string, field: string, exampleId: string): MabeamError {
  const sentence = `metric ${metric}: ${exampleId}: field "${field}": expected a label to compare with, got none; label the row or choose a metric that does not need it`
  return new MabeamError('dspx/metric-label-missing', sentence, { data: { metric, field, exampleId } })
}

/** A metric gave a score out of range. */
export function metricScoreInvalid(metric: string, exampleId: string, got: unknown): MabeamError {
  const sentence = `metric ${metric}: ${exampleId}: expected a score from 0 to 1, got ${show(got)}; mend the metric`
  return new MabeamError('dspx/metric-score-invalid', sentence, { data: { metric, exampleId, got: show(got) } })
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

/** Two evaluations that did not score the same rows. */
export function unpairedEvaluations(position: number, expected: string, got: string): MabeamError {
  const sentence = `comparePrograms: example ${position}: expected ${show(expected)} in both evaluations, got ${show(got)} in the second; evaluate both on the same rows in the same order`
  return new MabeamError('dspx/unpaired-evaluations', sentence, { data: { position, expected, got } })
}

/** A tuning plan that does not fit its program. */
export function invalidPlan(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/invalid-plan',
    `tuning plan of ${program}: ${key}: expected ${expected}, got ${show(got)}`,
    {
      data: { program, key, expected, got: show(got) },
    },
  )
}

/** Cost is to be compared and nobody knows the price. */
export function priceUnknown(model: string): MabeamError {
  const sentence = `costUsd: expected models with a known price, got ${show(model)} without one; give createModels its price or leave costUsd out of the objectives`
  return new MabeamError('dspx/price-unknown', sentence, { data: { model } })
}

/** A race without runners. */
export function noFinalists(): MabeamError {
  return new MabeamError('dspx/no-finalists', 'finalRace: finished: expected at least one completed trial, got none')
}
