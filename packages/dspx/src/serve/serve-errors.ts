/** Errors of the local server: typed for whoever starts it, in the shape of the OpenAI API for whoever calls it. */

import { MabeamError, messageOf } from '@mabeam/foundation'

/** The server cannot listen where it was told to. */
export function cannotListen(host: string, port: number, cause: unknown): MabeamError {
  return new MabeamError(
    'dspx/cannot-listen',
    `serveLocal: port: cannot listen on ${host}:${port}: ${messageOf(cause)}`,
    {
      data: { host, port },
      cause,
    },
  )
}

/** The body of an error answer, as the OpenAI API has it. */
export interface ApiErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    /** The field of the request that was refused. */
    readonly param: string | null
    readonly code: string | null
  }
}

/** An answer that refuses a request. */
export interface ApiRefusal {
  readonly status: 400 | 401 | 404 | 405 | 413 | 429 | 500 | 503
  readonly body: ApiErrorBody
  readonly retryAfterSec?: number
}

/** A request that cannot be understood; `param` names the field. */
export function invalidRequest(message: string, param: string | null = null, code: string | null = null): ApiRefusal {
  return refusal(400, { message, type: 'invalid_request_error', param, code })
}

/** The key is missing or wrong. */
export function wrongKey(): ApiRefusal {
  const message = 'expected the API key of this server in the header "Authorization: Bearer …"'
  return refusal(401, { message, type: 'authentication_error', param: null, code: 'invalid_api_key' })
}

/** The path does not exist here. */
export function unknownPath(method: string, path: string): ApiRefusal {
  const message = `unknown request ${method} ${path}; expected POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models or GET /health`
  return refusal(404, { message, type: 'invalid_request_error', param: null, code: 'unknown_url' })
}

/** The model does not exist here. */
export function unknownModel(model: string, known: readonly string[]): ApiRefusal {
  const message = `model: expected one of ${known.join(', ')}, got ${JSON.stringify(model.slice(0, 100))}`
  return refusal(404, { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' })
}

/** The body is larger than the limit. */
export function bodyTooLarge(bodyBytesMax: number): ApiRefusal {
  const message = `body: expected at most ${bodyBytesMax} bytes`
  return refusal(413, { message, type: 'invalid_request_error', param: null, code: 'request_too_large' })
}

/** Too many requests: injected, or really too many at once. */
export function tooManyRequests(message: string, retryAfterSec: number): ApiRefusal {
  const body = { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
  return { ...refusal(429, body), retryAfterSec }
}

/** The server failed: injected, or a bug of ours. */
export function serverFailed(message: string): ApiRefusal {
  return refusal(500, { message, type: 'server_error', param: null, code: null })
}

/** The server is about to close. */
export function serverClosing(): ApiRefusal {
  const body = { message: 'the server is closing', type: 'server_error', param: null, code: 'server_closing' }
  return { ...refusal(503, body), retryAfterSec: 1 }
}

function refusal(status: ApiRefusal['status'], error: ApiErrorBody['error']): ApiRefusal {
  return { status, body: { error } }
}
