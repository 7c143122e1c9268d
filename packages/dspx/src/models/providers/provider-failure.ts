/** Failures of providers as errors of ours: status, whether trying again may help, how long to wait, and no secrets. */

import { APICallError } from '@ai-sdk/provider'
import { type Clock, isMabeamError, type MabeamError, messageOf } from '@mabeam/foundation'
import { modelFailed } from '../errors.ts'
import { aroundGenerate, type Middleware } from '../language-model.ts'

/** What is needed to tell of a failure. */
export interface FailureOptions {
  /** The model as the user named it. */
  readonly modelId: string
  /** Never shown: API keys that a provider may repeat in its answer. */
  readonly secrets: readonly string[]
  readonly clock: Clock
}

/** Turns whatever a provider throws into `dspx/model-failed`; errors of ours and aborts pass as they are. */
export function failureMiddleware(options: FailureOptions): Middleware {
  return (model) =>
    aroundGenerate(model, async (call) => {
      try {
        return await model.doGenerate(call)
      } catch (thrown) {
        call.abortSignal?.throwIfAborted()
        throw isMabeamError(thrown) ? thrown : failureOf(thrown, options)
      }
    })
}

function failureOf(thrown: unknown, { modelId, secrets, clock }: FailureOptions): MabeamError {
  const called = APICallError.isInstance(thrown) ? thrown : undefined
  const status = called?.statusCode
  const said = redact(oneLine(messageOf(thrown)), secrets)
  const retryAfterMs = called?.responseHeaders && retryAfterOf(called.responseHeaders, clock.nowMs())
  const what = status === undefined ? 'expected an answer, got none' : `expected an answer, got HTTP status ${status}`
  return modelFailed({
    modelId,
    sentence: `${what}: ${said}`,
    retryable: status === undefined ? (called?.isRetryable ?? false) : isRetryableStatus(status),
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    cause: new Error(said),
  })
}

/** Overload, conflicts, and what failed on the other side; a refused request is refused again. */
function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date. */
function retryAfterOf(headers: { readonly [name: string]: string }, nowMs: number): number | undefined {
  const inMs = Number(headers['retry-after-ms'] || Number.NaN)
  if (Number.isFinite(inMs)) return Math.max(0, inMs)
  const given = headers['retry-after']
  if (!given) return undefined
  const seconds = Number(given)
  const waitMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(given) - nowMs
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined
}

/** Without the secrets we know and what looks like one. */
function redact(text: string, secrets: readonly string[]): string {
  let safe = text
  for (const secret of secrets) if (secret !== '') safe = safe.replaceAll(secret, '[secret]')
  return safe.replace(/\b(sk|pk|key)-[\w*-]{6,}/g, '[secret]').replace(/\bBearer\s+\S+/gi, 'Bearer [secret]')
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 297)}...` : line
}
