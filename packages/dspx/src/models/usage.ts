/** What calls cost: counted by middleware, summed by predictors and programs, compared by studies. */

import { invalidOption, type Json } from '@mabeam/foundation'
import type { ModelAnswer } from './language-model.ts'

/** What one or more model calls cost. Sums of `Usage` are `Usage`. */
export interface Usage {
  /** Answers asked of a model, cached ones included. */
  readonly calls: number
  readonly tokensIn: number
  readonly tokensOut: number
  /** The price of all answers, as if none had been cached; `null` as soon as the price of one of them is unknown. */
  readonly costUsd: number | null
  /** What was really paid: cached answers cost nothing. `null` as `costUsd`. */
  readonly spentUsd: number | null
  /** The time the models took, one call after the other; for a cached answer the time it took when it was made. */
  readonly latencyMs: number
  /** How many of `calls` were answered from the cache. */
  readonly cachedCalls: number
  /** Attempts beyond the first: after a failure of the provider or an answer that could not be read. */
  readonly retries: number
}

/** Nothing was called. */
export const noUsage: Usage = {
  calls: 0,
  tokensIn: 0,
  tokensOut: 0,
  costUsd: 0,
  spentUsd: 0,
  latencyMs: 0,
  cachedCalls: 0,
  retries: 0,
}

/**
 * The sum; an unknown price (`null`) makes the sum unknown.
 *
 * @example addUsage(noUsage, noUsage).calls // => 0
 */
export function addUsage(a: Usage, b: Usage): Usage {
  if (typeof a?.calls !== 'number' || typeof b?.calls !== 'number') refuseUsage(a, b)
  return {
    calls: a.calls + b.calls,
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    costUsd: addPrice(a.costUsd, b.costUsd),
    spentUsd: addPrice(a.spentUsd, b.spentUsd),
    latencyMs: a.latencyMs + b.latencyMs,
    cachedCalls: a.cachedCalls + b.cachedCalls,
    retries: a.retries + b.retries,
  }
}

function refuseUsage(a: unknown, b: unknown): never {
  const [name, got] = typeof (a as Partial<Usage> | null | undefined)?.calls === 'number' ? ['b', b] : ['a', a]
  throw invalidOption('addUsage', name as string, 'a usage, such as noUsage', got)
}

/** Plain data: for the `usage` that a failed run carries in its error's `data`. */
export function usageJson(usage: Usage): { readonly [key: string]: Json } {
  return { ...usage }
}

/**
 * What middleware and the local model know about one answer, under `providerMetadata.mabeam`. `latencyMs` and `costUsd`
 * are measured and looked up where a model does not declare them itself.
 */
export interface AnswerMetadata {
  /** How long the model took for the whole answer; of a stream the time its reader took counts too. */
  readonly latencyMs?: number
  /** How long the first content of a stream took. */
  readonly firstPartMs?: number
  readonly costUsd?: number
  /** Attempts beyond the first. */
  readonly retries?: number
  /** What the attempts before it failed of, the first {@link retriedAfterMax} of them. */
  readonly retriedAfter?: readonly RetriedFailure[]
  readonly cached?: boolean
  /** The key under which a cache keeps the answer. */
  readonly cacheKey?: string
  /** Why a cache could not keep the answer. */
  readonly notKept?: string
  /** Which of several models answered. */
  readonly answeredBy?: string
  /** The models that were asked before it, and why they did not answer. */
  readonly failedModels?: readonly FailedModel[]
}

/** An attempt that failed and was followed by another. */
export interface RetriedFailure {
  /** The code of its error. */
  readonly code: string
  /** As in the data of the error. */
  readonly reason?: string
  /** Of HTTP, where there was one. */
  readonly status?: number
  /** How long it was waited before the next. */
  readonly delayMs: number
}

/** Failed attempts whose particulars one call keeps; `retries` counts all. */
export const retriedAfterMax = 16

/** A model that was asked in vain. */
export interface FailedModel {
  readonly modelId: string
  /** The code of its error. */
  readonly code: string
  readonly reason: string
  readonly retries: number
}

/** The `providerMetadata.mabeam` of an answer, checked. */
export function answerMetadata(answer: Described): AnswerMetadata {
  if (typeof answer !== 'object' || answer === null) {
    throw invalidOption('answerMetadata', 'answer', 'an answer of a language model', answer)
  }
  const given = answer.providerMetadata?.mabeam
  if (given === undefined) return {}
  const {
    latencyMs,
    firstPartMs,
    costUsd,
    retries,
    retriedAfter,
    cached,
    cacheKey,
    notKept,
    answeredBy,
    failedModels,
  } = given
  return {
    ...(typeof latencyMs === 'number' && { latencyMs }),
    ...(typeof firstPartMs === 'number' && { firstPartMs }),
    ...(typeof costUsd === 'number' && { costUsd }),
    ...(typeof retries === 'number' && { retries }),
    ...retriedAfterIn(retriedAfter),
    ...(typeof cached === 'boolean' && { cached }),
    ...(typeof cacheKey === 'string' && { cacheKey }),
    ...(typeof notKept === 'string' && { notKept }),
    ...(typeof answeredBy === 'string' && { answeredBy }),
    ...(Array.isArray(failedModels) && { failedModels: failedModels.filter(isFailedModel) }),
  }
}

/** What is there, where anything is: for metadata of answers and data of errors alike. */
export function retriedAfterIn(given: unknown): Pick<AnswerMetadata, 'retriedAfter'> {
  return Array.isArray(given) && given.length > 0 ? { retriedAfter: given as RetriedFailure[] } : {}
}

/** An answer, or the end of a stream. */
export type Described = Pick<ModelAnswer, 'providerMetadata'>

function isFailedModel(value: unknown): value is FailedModel {
  return typeof value === 'object' && value !== null && 'modelId' in value && 'code' in value
}

/** The answer, or the end of a stream, with more metadata under `providerMetadata.mabeam`. */
export function withMetadata<A extends Described>(answer: A, metadata: AnswerMetadata): A {
  const mabeam = { ...answer.providerMetadata?.mabeam, ...metadata } as NonNullable<
    Described['providerMetadata']
  >[string]
  return { ...answer, providerMetadata: { ...answer.providerMetadata, mabeam } }
}

/** The usage of one answer; `measuredMs` counts where neither model nor middleware says how long it took. */
export function usageOf(answer: ModelAnswer, measuredMs: number): Usage {
  const { latencyMs = measuredMs, costUsd = null, retries = 0, cached = false } = answerMetadata(answer)
  return {
    calls: 1,
    tokensIn: answer.usage.inputTokens.total ?? 0,
    tokensOut: answer.usage.outputTokens.total ?? 0,
    costUsd,
    spentUsd: cached ? 0 : costUsd,
    latencyMs,
    cachedCalls: cached ? 1 : 0,
    retries,
  }
}

/** The tokens of an answer, in and out; `undefined` where the provider did not count them, or not in numbers from 0. */
export function countedTokens({ inputTokens, outputTokens }: ModelAnswer['usage']): number | undefined {
  const tokens = [inputTokens.total, outputTokens.total]
  return tokens.every(isAmount) ? tokens.reduce((sum, one) => sum + one, 0) : undefined
}

/** What is counted is a number from 0: a sum that once holds NaN compares with nothing any more. */
export function isAmount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0
}

function addPrice(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b
}
