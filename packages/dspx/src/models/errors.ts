/** The errors of models: one factory a code, one grammar `owner: what: expected …, got …`. */

import { isMabeamError, MabeamError, messageOf, show } from '@mabeam/foundation'
import type { FailedModel } from './usage.ts'

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

/** Why a provider did not answer: what a caller may act on. */
export type FailureReason =
  | 'authentication'
  | 'permission'
  | 'not-found'
  | 'rate-limited'
  | 'quota'
  | 'overloaded'
  | 'context-too-long'
  | 'invalid-request'
  | 'server'
  | 'unreachable'
  | 'unreadable'

/** What is known of a failed model call. */
export interface ModelFailure {
  readonly modelId: string
  readonly sentence: string
  readonly retryable: boolean
  readonly reason: FailureReason
  readonly status?: number
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A provider failed: refused, overloaded, unreachable. `reason` in the data says which. */
export function modelFailed(failure: ModelFailure): MabeamError {
  const { modelId, sentence, retryable, reason, status, retryAfterMs, cause } = failure
  return new MabeamError('dspx/model-failed', `${modelId}: ${sentence}`, {
    retryable,
    data: {
      modelId,
      reason,
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
    ...(cause !== undefined && { cause }),
  })
}

/** What a model was late with: the whole answer, the first content of a stream, or the next part of one. */
export type TimeoutStage = 'answer' | 'first-part' | 'next-part'

const lateFor: { readonly [stage in TimeoutStage]: string } = {
  answer: 'an answer',
  'first-part': 'the first part of a stream',
  'next-part': 'the next part of a stream',
}

/** A model did not answer in time. */
export function modelTimeout(modelId: string, timeoutMs: number, stage: TimeoutStage = 'answer'): MabeamError {
  const sentence = `${modelId}: expected ${lateFor[stage]} within ${timeoutMs} ms, got none`
  return new MabeamError('dspx/model-timeout', sentence, { retryable: true, data: { modelId, timeoutMs, stage } })
}

/** What of a stream had come when it broke. */
export interface ReceivedStream {
  /** The text so far, at most so many characters as a stream keeps. */
  readonly text: string
  readonly chars: number
  readonly parts: number
}

/** A stream ended in the middle: what had come is in `received`. Asking again asks for the whole answer again. */
export function streamBroken(modelId: string, received: ReceivedStream, cause: unknown): MabeamError {
  const { text, chars, parts } = received
  const why = messageOf(cause).replace(`${modelId}: `, '')
  const sentence = `${modelId}: expected a stream with an end, got one that broke after ${chars} characters: ${why}`
  return new MabeamError('dspx/stream-broken', sentence, {
    retryable: true,
    data: { modelId, received: { text, chars, parts }, ...(isMabeamError(cause) && { code: cause.code }) },
    cause,
  })
}

/** Nobody may wait any more: the queue of a rate limiter, or those that wait for a budget. */
export function tooManyWaiting(owner: string, waitingMax: number): MabeamError {
  const sentence = `${owner}: expected at most ${waitingMax} calls that wait, got one more`
  return new MabeamError('dspx/too-many-waiting', sentence, { retryable: true, data: { owner, waitingMax } })
}

/** Of which there is not enough left. */
export type BudgetPart = 'calls' | 'tokens' | 'usd'

/** A call may need more than a budget has left. */
export interface BudgetShortage {
  readonly part: BudgetPart
  readonly limit: number
  readonly spent: number
  /** What the call may need at worst. */
  readonly needed: number
  /** Of what that consists, where it is a call of a language model that asks for tokens or money. */
  readonly setAside?: SetAside
}

/** What is set aside for the two sides of a call, of `tokens` or `usd` alike. */
interface SetAside {
  readonly tokensIn: number
  readonly tokensOut: number
  /** What a token of either costs; absent where tokens are counted. */
  readonly usdPerToken?: { readonly in: number; readonly out: number }
  /** Whether the call itself says `maxOutputTokens`. */
  readonly isNamed: boolean
}

/** A call was refused because of a budget; it was not made. */
export function budgetExhausted(modelId: string, shortage: BudgetShortage): MabeamError {
  const { part, limit, spent, needed, setAside } = shortage
  const left = amount(Math.max(0, limit - spent))
  const unit = part === 'usd' ? ' USD' : ` ${part}`
  const sentence = `${modelId}: budget of ${amount(limit)}${unit}: expected at least ${amount(needed)}${unit} left for the next call, got ${left}${setAside ? setAsideText(setAside, left) : ''}`
  const tokens = setAside && { tokensIn: setAside.tokensIn, tokensOut: setAside.tokensOut }
  return new MabeamError('dspx/budget-exhausted', sentence, {
    data: { modelId, part, limit, spent, needed, left, ...tokens },
  })
}

/** Of what it consists, and which `maxOutputTokens` would fit: a cheap call may be refused for tokens that it would never have used. */
function setAsideText({ tokensIn, tokensOut, usdPerToken, isNamed }: SetAside, left: number): string {
  const each = usdPerToken ?? { in: 1, out: 1 }
  const cost = (tokens: number, one: number) => (usdPerToken ? ` (${amount(tokens * one)} USD)` : '')
  const fits = each.out > 0 ? Math.floor(amount((left - tokensIn * each.in) / each.out)) : 0
  const why = isNamed ? 'its maxOutputTokens' : 'since it names no maxOutputTokens'
  const advice =
    fits >= 1 ? `maxOutputTokens of ${fits} or less would fit` : 'its input alone leaves nothing for an answer'
  return `: it sets aside ${tokensIn} input tokens, counted high${cost(tokensIn, each.in)}, and ${tokensOut} output tokens${cost(tokensOut, each.out)}, ${why}; ${advice}`
}

/** Without what floating point adds. */
function amount(value: number): number {
  return Number(value.toFixed(9))
}

/** Of several models none answered. */
export function noModelAnswered(modelId: string, failures: readonly FailedModel[], last: unknown): MabeamError {
  const each = failures.map(({ modelId: id, code, reason }) => `${id} (${code}: ${reason})`).join('; ')
  const retryable = isMabeamError(last) && last.retryable
  return new MabeamError('dspx/no-model-answered', `${modelId}: expected one of its models to answer, got ${each}`, {
    retryable,
    data: { modelId, failedModels: failures.map((one) => ({ ...one })) },
    cause: last,
  })
}

/** A cassette does not hold the call. `nearest` says what is different in the one that is most like it. */
export function cassetteMiss(path: string, modelId: string, nearest: string): MabeamError {
  const sentence = `cassette ${path}: expected a call of ${modelId} that was recorded, got one that was not; ${nearest}; record it with mode "record"`
  return new MabeamError('dspx/cassette-miss', sentence, { data: { path, modelId, nearest } })
}

/** A cassette cannot be read or written. */
export function badCassette(path: string, expected: string, got: string, cause?: unknown): MabeamError {
  return new MabeamError('dspx/bad-cassette', `cassette ${path}: expected ${expected}, got ${got}`, {
    data: { path, expected },
    ...(cause !== undefined && { cause }),
  })
}

/** Cost is to be compared and nobody knows the price. */
export function priceUnknown(model: string): MabeamError {
  const sentence = `costUsd: expected models with a known price, got ${show(model)} without one; give it one (price of the model, prices of createModels) or leave costUsd out of the objectives and usd out of the budget`
  return new MabeamError('dspx/price-unknown', sentence, { data: { model } })
}
