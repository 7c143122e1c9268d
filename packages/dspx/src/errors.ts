/** The errors of this package: one factory a code, one grammar `owner: what: expected …, got …`. */

import { type Json, MabeamError, messageOf, show } from '@mabeam/foundation'

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

/** A file that is no artefact, or one that cannot be used here. */
export function artefactError(
  kind: 'unreadable' | 'unwritable' | 'invalid' | 'version' | 'digest' | 'program',
  path: string,
  expected: string,
  got: unknown,
): MabeamError {
  return new MabeamError(`dspx/artefact-${kind}`, `${path}: expected ${expected}, got ${show(got)}`, {
    data: { path, expected, got: show(got) },
  })
}
