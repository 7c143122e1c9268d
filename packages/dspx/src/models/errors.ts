/** The errors of models: one factory a code, one grammar `owner: what: expected …, got …`. */

import { type Json, MabeamError, show } from '@mabeam/foundation'

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

/** The same error with more data: what a run had cost when it failed. */
export function withData(error: MabeamError, data: { readonly [key: string]: Json }): MabeamError {
  const { code, message, retryable, cause } = error
  return new MabeamError(code, message, { retryable, data: { ...error.data, ...data }, cause: cause ?? error })
}

/** Cost is to be compared and nobody knows the price. */
export function priceUnknown(model: string): MabeamError {
  const sentence = `costUsd: expected models with a known price, got ${show(model)} without one; give createModels its price or leave costUsd out of the objectives`
  return new MabeamError('dspx/price-unknown', sentence, { data: { model } })
}
