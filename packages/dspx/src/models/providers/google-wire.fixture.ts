/**
 * Google's generateContent on the wire, written from the published schemas.
 *
 * Sources, read 2026-11-26: https://ai.google.dev/api/generate-content,
 * https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/GenerateContentResponse,
 * https://ai.google.dev/gemini-api/docs/troubleshooting, https://cloud.google.com/apis/design/errors (RetryInfo).
 */

import { google } from './provider-models.ts'
import type { WireReply } from './provider-server.fixture.ts'
import type { ProviderWire } from './provider-wire.fixture.ts'

const usageMetadata = {
  promptTokenCount: 20,
  cachedContentTokenCount: 8,
  candidatesTokenCount: 8,
  thoughtsTokenCount: 4,
  totalTokenCount: 32,
}

function candidate(parts: readonly object[], finishReason?: string): object {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) }],
    usageMetadata,
    modelVersion: 'gemini-2.5-flash',
    responseId: 'r1',
  }
}

const whole = (parts: readonly object[], finishReason: string): WireReply => ({
  status: 200,
  body: candidate(parts, finishReason),
})
const stream = (pieces: readonly (readonly object[])[], finishReason: string): WireReply => ({
  status: 200,
  events: pieces.map((parts, at) => candidate(parts, at === pieces.length - 1 ? finishReason : undefined)),
})

function error([code, status]: readonly [number, string], message: string, details: readonly object[] = []): WireReply {
  return { status: code, body: { error: { code, message, status, ...(details.length > 0 && { details }) } } }
}

const details = { tokensIn: 20, tokensOut: 12, cacheRead: 8, reasoningTokens: 4 }
const call = { functionCall: { name: 'weather', args: { city: 'Paris' } } }
const overloaded = {
  error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' },
}

export const googleWire: ProviderWire = {
  name: 'google',
  path: /^\/models\/gemini-2\.5-flash:(generateContent|streamGenerateContent\?alt=sse)$/,
  model: (baseUrl, options) => google('gemini-2.5-flash', { ...options, apiKey: 'AIzaTest0123456789abcdef', baseUrl }),
  answers: [
    {
      name: 'plain text',
      whole: whole([{ text: 'Paris it is.' }], 'STOP'),
      stream: stream([[{ text: 'Paris' }], [{ text: ' it is.' }]], 'STOP'),
      expected: { text: 'Paris it is.', finishReason: 'stop', ...details },
    },
    {
      name: 'a tool call',
      whole: whole([call], 'STOP'),
      stream: stream([[call]], 'STOP'),
      expected: {
        text: '',
        toolCalls: [{ toolName: 'weather', input: { city: 'Paris' } }],
        finishReason: 'tool-calls',
        ...details,
      },
    },
    {
      name: 'a stop at the length',
      whole: whole([{ text: 'Paris is the' }], 'MAX_TOKENS'),
      stream: stream([[{ text: 'Paris is' }], [{ text: ' the' }]], 'MAX_TOKENS'),
      expected: { text: 'Paris is the', finishReason: 'length', ...details },
    },
    {
      name: 'a refusal for safety',
      whole: whole([{ text: '' }], 'SAFETY'),
      stream: stream([[{ text: '' }]], 'SAFETY'),
      expected: { text: '', finishReason: 'content-filter', ...details },
    },
  ],
  failures: [
    {
      name: 'a wrong key',
      reply: error([400, 'INVALID_ARGUMENT'], 'API key not valid. Please pass a valid API key.', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]),
      reason: 'authentication',
      retryable: false,
    },
    {
      name: 'an unknown model',
      reply: error([404, 'NOT_FOUND'], 'models/gemini-9 is not found for API version v1beta'),
      reason: 'not-found',
      retryable: false,
    },
    {
      name: 'a rate limit with a wait',
      reply: error([429, 'RESOURCE_EXHAUSTED'], 'You exceeded your current rate. Please retry in 34.07s.', [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' },
      ]),
      reason: 'rate-limited',
      retryable: true,
      retryAfterMs: 34_070,
    },
    {
      name: 'a prompt that is too long',
      reply: error(
        [400, 'INVALID_ARGUMENT'],
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      reason: 'context-too-long',
      retryable: false,
    },
    {
      name: 'no permission',
      reply: error([403, 'PERMISSION_DENIED'], 'denied'),
      reason: 'permission',
      retryable: false,
    },
    {
      name: 'a fault of the server',
      reply: error([500, 'INTERNAL'], 'An internal error'),
      reason: 'server',
      retryable: true,
    },
    { name: 'an overload', reply: { status: 503, body: overloaded }, reason: 'overloaded', retryable: true },
  ],
  brokenStream: { reply: { status: 200, events: [candidate([{ text: 'Par' }]), overloaded] }, text: 'Par' },
  overloadedStream: { status: 200, events: [overloaded] },
}
