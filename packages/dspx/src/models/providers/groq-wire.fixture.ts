/**
 * Groq on the wire, which is chat completions with its own usage in streams, written from the published schemas.
 *
 * Sources, read 2026-11-26: https://console.groq.com/docs/api-reference, https://console.groq.com/docs/errors,
 * https://console.groq.com/docs/rate-limits.md (headers).
 */

import { chunk, completionAnswers, completionError } from './chat-completions.fixture.ts'
import { compatible, groq } from './provider-models.ts'
import type { ProviderWire, WireAnswer } from './provider-wire.fixture.ts'

/** Groq sends the usage with the last chunk, under `x_groq`. */
function inItsStreams(answer: WireAnswer): WireAnswer {
  const events = (answer.stream.events ?? []) as readonly { readonly usage?: object; readonly choices?: unknown[] }[]
  const usage = events.find((event) => event.usage)?.usage
  const kept = events.filter((event) => !event.usage)
  const last = kept.at(-2)
  return {
    ...answer,
    stream: { ...answer.stream, events: [...kept.slice(0, -2), { ...last, x_groq: { id: 'req_1', usage } }, '[DONE]'] },
  }
}

const failures = [
  {
    name: 'a wrong key',
    reply: completionError(401, { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' }),
    reason: 'authentication',
    retryable: false,
  },
  {
    name: 'an unknown model',
    reply: completionError(404, {
      message: 'The model `llama-9` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      code: 'model_not_found',
    }),
    reason: 'not-found',
    retryable: false,
  },
  {
    name: 'a rate limit with a wait',
    reply: completionError(
      429,
      {
        message:
          'Rate limit reached for model `llama` on tokens per minute (TPM): Limit 15000. Please try again in 5.289s.',
        type: 'tokens',
        code: 'rate_limit_exceeded',
      },
      { 'retry-after': '6', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '5.289s' },
    ),
    reason: 'rate-limited',
    retryable: true,
    retryAfterMs: 6_000,
  },
  {
    name: 'a prompt that is too long',
    reply: completionError(400, {
      message: 'Please reduce the length of the messages or completion.',
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    }),
    reason: 'context-too-long',
    retryable: false,
  },
  {
    name: 'a fault of the server',
    reply: completionError(500, { message: 'Internal Server Error', type: 'internal_server_error' }),
    reason: 'server',
    retryable: true,
  },
  {
    name: 'an overload',
    reply: completionError(503, { message: 'Service Unavailable', type: 'service_unavailable' }),
    reason: 'overloaded',
    retryable: true,
  },
] as const

const streamError = { error: { message: 'Over capacity', type: 'overloaded_error' } }

export const groqWire: ProviderWire = {
  name: 'groq',
  path: /^\/chat\/completions$/,
  model: (baseUrl, options) => groq('llama-3.3-70b-versatile', { ...options, apiKey: 'gsk_test0123456789', baseUrl }),
  answers: completionAnswers.map(inItsStreams),
  failures,
  brokenStream: {
    reply: { status: 200, events: [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Par' }), streamError] },
    text: 'Par',
  },
  overloadedStream: { status: 200, events: [streamError] },
}

/** Any server that speaks chat completions. */
export const compatibleWire: ProviderWire = {
  name: 'compatible',
  path: /^\/chat\/completions$/,
  model: (baseUrl, options) => compatible('llama', { ...options, baseUrl }),
  answers: completionAnswers,
  failures,
  brokenStream: groqWire.brokenStream,
  overloadedStream: groqWire.overloadedStream,
}
