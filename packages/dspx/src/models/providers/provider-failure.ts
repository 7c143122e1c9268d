/** Failures of providers as errors of ours: why, whether trying again may help, how long to wait, and no secrets. */

import { APICallError } from '@ai-sdk/provider'
import {
  type Clock,
  checkOptions,
  definedOptions,
  isMabeamError,
  type MabeamError,
  messageOf,
  rule,
  systemClock,
} from '@mabeam/foundation'
import { type FailureReason, modelFailed, streamBroken } from '../errors.ts'
import { layered, type Middleware, type ModelStream } from '../language-model.ts'
import { tapStream } from '../model-stream.ts'
import { receivedText } from '../received-text.ts'
import { waitHintMs } from './wait-hint.ts'

/** What is needed to tell of a failure. */
export interface FailureMiddlewareOptions {
  /** The model as the user named it. @default the model's own id */
  readonly modelId?: string
  /** Never shown: API keys that a provider may repeat in its answer. @default [] */
  readonly secrets?: readonly string[]
  /** For waits that a provider asks for until a date. @default systemClock */
  readonly clock?: Clock
}

/** Defaults of {@link FailureMiddlewareOptions}; `modelId` is the model's own. */
export const failureMiddlewareDefaults = {
  secrets: [],
  clock: systemClock,
} as const satisfies Omit<Required<FailureMiddlewareOptions>, 'modelId'>

type FailureSettings = Required<FailureMiddlewareOptions>

/**
 * Turns whatever a provider throws, or says in place of an answer, into `dspx/model-failed`; errors of ours and aborts pass as they are. A stream that reports
 * an error, throws one, or ends without an end breaks: with `dspx/model-failed` before its first content, with
 * `dspx/stream-broken` after. Models of `createModels` and of provider functions have it; under `retryMiddleware` and
 * `fallbackMiddleware` a model of the AI SDK needs it, since they act on errors of ours alone.
 *
 * @example retryMiddleware()(failureMiddleware({ secrets: [apiKey] })(groq('llama-3.3-70b-versatile')))
 */
export function failureMiddleware(options: FailureMiddlewareOptions = {}): Middleware {
  checkOptions('failureMiddleware', options, {
    modelId: rule.optional(rule.string()),
    secrets: rule.optional(rule.array()),
    clock: rule.optional(rule.having('nowMs')),
  })
  return (model) => {
    const settings = { modelId: model.modelId, ...failureMiddlewareDefaults, ...definedOptions(options) }
    return layered(model, {
      doGenerate: async (call) => {
        try {
          const answer = await model.doGenerate(call)
          const { content, response } = answer
          if (content.length === 0 && isErrorBody(response?.body)) throw failureOf(response.body, settings)
          return answer
        } catch (thrown) {
          call.abortSignal?.throwIfAborted()
          throw failureOf(thrown, settings)
        }
      },
      doStream: async (call) => {
        try {
          return unbrokenStream(await model.doStream(call), { ...settings, signal: call.abortSignal })
        } catch (thrown) {
          call.abortSignal?.throwIfAborted()
          throw failureOf(thrown, settings)
        }
      },
    })
  }
}

function unbrokenStream(
  opened: ModelStream,
  options: FailureSettings & { readonly signal: AbortSignal | undefined },
): ModelStream {
  const { modelId, signal } = options
  const received = receivedText()
  let finished = false
  return tapStream(opened, {
    part: (part) => {
      if (part.type === 'error') throw part.error
      if (part.type === 'finish') {
        finished = true
        if (part.finishReason.unified === 'interrupted') throw new StreamEnd('it was interrupted')
        if (part.finishReason.unified === 'error') throw new StreamEnd('it ended with an error')
      }
      received.add(part)
      return part
    },
    ended: () => {
      if (!finished) throw new StreamEnd('it ended without a finish')
    },
    failed: (thrown) => {
      if (signal?.aborted) return signal.reason
      const failure = failureOf(thrown, options)
      return received.began ? streamBroken(modelId, received.soFar(), failure) : failure
    },
  })
}

/** A stream that ended as no answer does. */
class StreamEnd extends Error {}

/** A thrown value as an error of ours; one that is already passes as it is. */
export function failureOf(thrown: unknown, { modelId, secrets, clock }: FailureSettings): MabeamError {
  if (isMabeamError(thrown)) return thrown
  const called = APICallError.isInstance(thrown) ? thrown : undefined
  // Some servers, proxies above all, answer with status 200 and say in the body that something went wrong.
  const isAnswered = (called?.statusCode ?? 0) < 300
  const reported = isAnswered ? reportedError(called ? called.responseBody : thrown) : undefined
  const status = called?.statusCode ?? reported?.status
  const words = reported?.message ?? messageOf(thrown)
  const said = oneLine(redact(words, secrets)) // cut last: of a secret that is cut in two, half would stay
  const body = called?.responseBody ?? ''
  const reason = reasonOf({
    status: reported ? reported.status : status,
    words: `${words} ${body} ${reported?.type ?? ''}`,
    called,
    thrown,
  })
  const retryAfterMs = waitHintMs(called?.responseHeaders ?? {}, body, clock.nowMs())
  const what = status === undefined ? 'expected an answer, got none' : `expected an answer, got HTTP status ${status}`
  return modelFailed({
    modelId,
    sentence: `${what}: ${said}`,
    reason,
    retryable: called?.responseHeaders?.['x-should-retry'] !== 'false' && retryableReasons.has(reason),
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause: new Error(said),
  })
}

/** Overload, conflicts, and what failed on the other side; a refused request is refused again. */
const retryableReasons: ReadonlySet<FailureReason> = new Set(['rate-limited', 'overloaded', 'server', 'unreachable'])

interface Failed {
  readonly status: number | undefined
  /** Message, body and type of the error. */
  readonly words: string
  readonly called: APICallError | undefined
  readonly thrown: unknown
}

/** Providers say the same in other words: status first, then what the body names. */
function reasonOf({ status, words, called, thrown }: Failed): FailureReason {
  if (status === undefined) {
    if (/overloaded|unavailable/i.test(words)) return 'overloaded'
    if (/rate.?limit|resource_exhausted/i.test(words)) return 'rate-limited'
    if (thrown instanceof StreamEnd || called?.isRetryable || isNetworkFault(thrown)) return 'unreachable'
    return /server_error|api_error|internal/i.test(words) ? 'server' : 'unreadable'
  }
  if (status === 401) return 'authentication'
  if (status === 403) return 'permission'
  if (status === 404) return 'not-found'
  if (status === 402 || (status === 429 && /insufficient_quota|billing/i.test(words))) return 'quota'
  if (status === 413 || (status === 400 && isTooLong(words))) return 'context-too-long'
  if (status === 429) return 'rate-limited'
  if (status === 400 && /api key not valid|api_key_invalid/i.test(words)) return 'authentication'
  if (status === 503 || status === 529) return 'overloaded'
  if (status === 408 || status === 409 || status >= 500) return 'server'
  return status < 400 ? 'unreadable' : 'invalid-request'
}

function isTooLong(words: string): boolean {
  return /context_length_exceeded|context length|prompt is too long|token count.*exceeds|reduce the length/i.test(words)
}

/** A connection that was lost, as Node's fetch tells of it, or a stream that ended before its end. */
function isNetworkFault(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const words = `${thrown.message} ${messageOf(thrown.cause)}`
  return /terminated|fetch failed|socket|ECONN|EPIPE|network|ended without a finish/i.test(words)
}

function isErrorBody(body: unknown): body is object {
  return typeof body === 'object' && body !== null && 'error' in body && reportedError(body) !== undefined
}

interface ReportedError {
  readonly message: string
  readonly type: string
  readonly status?: number
}

/** An error that a stream reports as a part: an object of the provider's, or its JSON. */
function reportedError(thrown: unknown): ReportedError | undefined {
  const given = typeof thrown === 'string' ? parsed(thrown) : thrown
  if (typeof given !== 'object' || given === null || given instanceof Error) return undefined
  const { message, type, status, statusCode, code, error } = given as { readonly [key: string]: unknown }
  if (typeof error === 'object' && error !== null) return reportedError(error)
  if (typeof error === 'string') return { message: error, type: '' }
  if (typeof message !== 'string') return undefined
  const kind = [type, status, code].filter((one) => typeof one === 'string').join(' ')
  const number = [statusCode, status, code].find((one) => typeof one === 'number' && one >= 400 && one < 600)
  return { message, type: kind, ...(typeof number === 'number' && { status: number }) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Without the secrets we know and what looks like one. */
function redact(text: string, secrets: readonly string[]): string {
  let safe = text
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '[secret]')
  return safe
    .replace(/\b(sk|pk|key|gsk)[-_][\w*-]{6,}/g, '[secret]')
    .replace(/\bAIza[\w-]{10,}/g, '[secret]')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [secret]')
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 297)}...` : line
}
