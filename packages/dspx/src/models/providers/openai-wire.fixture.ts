/**
 * OpenAI on the wire, chat completions and responses, written from the published schemas.
 *
 * Sources, read 2026-11-26: those of `chat-completions.fixture.ts`;
 * https://developers.openai.com/api/reference/resources/responses/streaming-events.md,
 * https://platform.openai.com/docs/api-reference/responses/object, https://platform.openai.com/docs/guides/rate-limits (headers).
 */

import { chunk, chunks, completion, completionAnswers, completionError } from './chat-completions.fixture.ts'
import { openai } from './provider-models.ts'
import type { WireReply } from './provider-server.fixture.ts'
import type { ProviderWire, WireFailure } from './provider-wire.fixture.ts'

const failures: readonly WireFailure[] = [
  {
    name: 'a wrong key',
    reply: completionError(401, {
      message: 'Incorrect API key provided: sk-wrong-0123. You can find your API key in your account.',
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    }),
    reason: 'authentication',
    retryable: false,
  },
  {
    name: 'an unknown model',
    reply: completionError(404, {
      message: 'The model `gpt-9` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      code: 'model_not_found',
    }),
    reason: 'not-found',
    retryable: false,
  },
  {
    name: 'a rate limit that says when it resets',
    reply: completionError(
      429,
      { message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
      {
        'x-ratelimit-limit-requests': '500',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1m30.5s',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '6m0s',
      },
    ),
    reason: 'rate-limited',
    retryable: true,
    retryAfterMs: 90_500,
  },
  {
    name: 'a used-up quota',
    reply: completionError(429, {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
    reason: 'quota',
    retryable: false,
  },
  {
    name: 'a prompt that is too long',
    reply: completionError(400, {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    }),
    reason: 'context-too-long',
    retryable: false,
  },
  {
    name: 'a fault of the server',
    reply: completionError(500, {
      message: 'The server had an error while processing your request.',
      type: 'server_error',
    }),
    reason: 'server',
    retryable: true,
  },
  {
    name: 'an overload',
    reply: completionError(503, {
      message: 'The engine is currently overloaded, please try again later',
      type: 'server_error',
    }),
    reason: 'overloaded',
    retryable: true,
  },
]

const refusal = {
  name: 'a refusal',
  whole: completion({ refusal: 'I cannot help with that.' }, 'stop'),
  stream: chunks([{ refusal: 'I cannot help' }, { refusal: ' with that.' }], 'stop'),
  expected: { text: 'I cannot help with that.', finishReason: 'content-filter', tokensIn: 20, tokensOut: 12 },
}

const streamError = { error: { message: 'The server is overloaded', type: 'server_error', param: null, code: null } }

/** Chat completions of OpenAI. */
export const openaiChatWire: ProviderWire = {
  name: 'openai, chat completions',
  path: /^\/chat\/completions$/,
  model: (baseUrl, options) => openai('gpt-4.1-mini', { ...options, apiKey: 'sk-test-0123456789', baseUrl }),
  answers: [...completionAnswers.map(withDetails), refusal],
  failures,
  brokenStream: {
    reply: { status: 200, events: [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Par' }), streamError] },
    text: 'Par',
  },
  overloadedStream: { status: 200, events: [streamError] },
}

/** OpenAI tells of cached input and of reasoning. */
function withDetails(answer: (typeof completionAnswers)[number]) {
  return { ...answer, expected: { ...answer.expected, cacheRead: 8, reasoningTokens: 4 } }
}

const usage = {
  input_tokens: 20,
  input_tokens_details: { cached_tokens: 8 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 32,
}
const frame = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_764_115_200,
  model: 'gpt-4.1-mini-2025-04-14',
  error: null,
  incomplete_details: null,
}

function response(output: readonly object[], incomplete?: string): WireReply {
  const incompleteDetails = incomplete === undefined ? null : { reason: incomplete }
  const status = incomplete === undefined ? 'completed' : 'incomplete'
  return { status: 200, body: { ...frame, status, output, incomplete_details: incompleteDetails, usage } }
}

function responseEvents(events: readonly object[], incomplete?: string): WireReply {
  const incompleteDetails = incomplete === undefined ? null : { reason: incomplete }
  const type = incomplete === undefined ? 'response.completed' : 'response.incomplete'
  return {
    status: 200,
    events: [
      { type: 'response.created', response: { ...frame, status: 'in_progress', output: [] } },
      ...events,
      { type, response: { ...frame, incomplete_details: incompleteDetails, usage } },
    ],
  }
}

const message = (content: object) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [content],
})
const outputText = (text: string) => message({ type: 'output_text', text, annotations: [] })
const added = (item: object) => ({ type: 'response.output_item.added', output_index: 0, item })
const done = (item: object) => ({ type: 'response.output_item.done', output_index: 0, item })
const textDelta = (delta: string) => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta,
})
const emptyMessage = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] }
const functionCall = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Paris"}',
  status: 'completed',
}
const details = { tokensIn: 20, tokensOut: 12, cacheRead: 8, reasoningTokens: 4 }
const responseError = {
  type: 'error',
  sequence_number: 3,
  error: { type: 'server_error', code: 'server_error', message: 'The server is overloaded', param: null },
}

/** Responses of OpenAI. */
export const openaiResponsesWire: ProviderWire = {
  name: 'openai, responses',
  path: /^\/responses$/,
  model: (baseUrl, options) =>
    openai('gpt-4.1-mini', { ...options, apiKey: 'sk-test-0123456789', baseUrl, api: 'responses' }),
  answers: [
    {
      name: 'plain text',
      whole: response([outputText('Paris it is.')]),
      stream: responseEvents([
        added(emptyMessage),
        textDelta('Paris'),
        textDelta(' it is.'),
        done(outputText('Paris it is.')),
      ]),
      expected: { text: 'Paris it is.', finishReason: 'stop', ...details },
    },
    {
      name: 'a tool call',
      whole: response([functionCall]),
      stream: responseEvents([
        added({ ...functionCall, arguments: '', status: 'in_progress' }),
        { type: 'response.function_call_arguments.delta', item_id: 'fc_1', output_index: 0, delta: '{"city":"Paris"}' },
        done(functionCall),
      ]),
      expected: {
        text: '',
        toolCalls: [{ toolName: 'weather', input: { city: 'Paris' } }],
        finishReason: 'tool-calls',
        ...details,
      },
    },
    {
      name: 'a stop at the length',
      whole: response([outputText('Paris is the')], 'max_output_tokens'),
      stream: responseEvents(
        [added(emptyMessage), textDelta('Paris is the'), done(outputText('Paris is the'))],
        'max_output_tokens',
      ),
      expected: { text: 'Paris is the', finishReason: 'length', ...details },
    },
    {
      name: 'a refusal',
      whole: response([message({ type: 'refusal', refusal: 'I cannot help with that.' })]),
      stream: responseEvents([
        added(emptyMessage),
        {
          type: 'response.refusal.delta',
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          delta: 'I cannot help with that.',
        },
        done(message({ type: 'refusal', refusal: 'I cannot help with that.' })),
      ]),
      expected: { text: 'I cannot help with that.', finishReason: 'content-filter', ...details },
    },
  ],
  failures,
  brokenStream: {
    reply: {
      status: 200,
      events: [
        { type: 'response.created', response: { ...frame, status: 'in_progress', output: [] } },
        added(emptyMessage),
        textDelta('Par'),
        responseError,
      ],
    },
    text: 'Par',
  },
  overloadedStream: { status: 200, events: [responseError] },
}
