/**
 * Anthropic's messages on the wire, written from the published schemas.
 *
 * Sources, read 2026-11-26: https://platform.claude.com/docs/en/api/messages,
 * https://platform.claude.com/docs/en/build-with-claude/streaming, https://platform.claude.com/docs/en/api/errors,
 * https://platform.claude.com/docs/en/api/rate-limits (headers).
 */

import { anthropic } from './provider-models.ts'
import type { WireReply } from './provider-server.fixture.ts'
import type { ProviderWire } from './provider-wire.fixture.ts'

const usage = { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 8, output_tokens: 12 }
const frame = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', stop_sequence: null }

function message(content: readonly object[], stopReason: string): WireReply {
  return { status: 200, body: { ...frame, content, stop_reason: stopReason, usage } }
}

const start = {
  type: 'message_start',
  message: { ...frame, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
}
const blockStart = (block: object) => ({ type: 'content_block_start', index: 0, content_block: block })
const textStart = blockStart({ type: 'text', text: '' })
const textDelta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const jsonDelta = (json: string) => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'input_json_delta', partial_json: json },
})
const blockStop = { type: 'content_block_stop', index: 0 }

function events(blocks: readonly object[], stopReason: string): WireReply {
  const end = {
    type: 'message_delta',
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { output_tokens: 12 },
  }
  return { status: 200, events: [start, { type: 'ping' }, ...blocks, end, { type: 'message_stop' }] }
}

function error(
  [status, type]: readonly [number, string],
  said: string,
  headers: { readonly [name: string]: string } = {},
): WireReply {
  return { status, headers, body: { type: 'error', error: { type, message: said }, request_id: 'req_1' } }
}

const details = { tokensIn: 20, tokensOut: 12, cacheRead: 8 }
const tool = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } }
const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

export const anthropicWire: ProviderWire = {
  name: 'anthropic',
  path: /^\/messages$/,
  model: (baseUrl, options) => anthropic('claude-haiku-4-5', { ...options, apiKey: 'sk-ant-test-0123456789', baseUrl }),
  answers: [
    {
      name: 'plain text',
      whole: message([{ type: 'text', text: 'Paris it is.' }], 'end_turn'),
      stream: events([textStart, textDelta('Paris'), textDelta(' it is.'), blockStop], 'end_turn'),
      expected: { text: 'Paris it is.', finishReason: 'stop', ...details },
    },
    {
      name: 'a tool call',
      whole: message([tool], 'tool_use'),
      stream: events(
        [blockStart({ ...tool, input: {} }), jsonDelta(''), jsonDelta('{"city": '), jsonDelta('"Paris"}'), blockStop],
        'tool_use',
      ),
      expected: {
        text: '',
        toolCalls: [{ toolName: 'weather', input: { city: 'Paris' } }],
        finishReason: 'tool-calls',
        ...details,
      },
    },
    {
      name: 'a stop at the length',
      whole: message([{ type: 'text', text: 'Paris is the' }], 'max_tokens'),
      stream: events([textStart, textDelta('Paris is the'), blockStop], 'max_tokens'),
      expected: { text: 'Paris is the', finishReason: 'length', ...details },
    },
    {
      name: 'a refusal',
      whole: message([{ type: 'text', text: 'I cannot' }], 'refusal'),
      stream: events([textStart, textDelta('I cannot'), blockStop], 'refusal'),
      expected: { text: 'I cannot', finishReason: 'content-filter', ...details },
    },
  ],
  failures: [
    {
      name: 'a wrong key',
      reply: error([401, 'authentication_error'], 'invalid x-api-key'),
      reason: 'authentication',
      retryable: false,
    },
    {
      name: 'an unknown model',
      reply: error([404, 'not_found_error'], 'model: claude-9'),
      reason: 'not-found',
      retryable: false,
    },
    {
      name: 'a rate limit with a wait',
      reply: error([429, 'rate_limit_error'], 'This request would exceed your organization’s rate limit.', {
        'retry-after': '17',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2025-06-15T15:10:00Z',
      }),
      reason: 'rate-limited',
      retryable: true,
      retryAfterMs: 17_000,
    },
    {
      name: 'a rate limit that says when it resets',
      reply: error([429, 'rate_limit_error'], 'This request would exceed your organization’s rate limit.', {
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2025-06-15T15:07:00Z',
        'anthropic-ratelimit-requests-remaining': '40',
        'anthropic-ratelimit-requests-reset': '2025-06-15T16:00:00Z',
      }),
      reason: 'rate-limited',
      retryable: true,
      retryAfterMs: 20_000,
    },
    {
      name: 'a prompt that is too long',
      reply: error([400, 'invalid_request_error'], 'prompt is too long: 210034 tokens > 200000 maximum'),
      reason: 'context-too-long',
      retryable: false,
    },
    {
      name: 'a request that is too large',
      reply: error([413, 'request_too_large'], 'Request exceeds the maximum size'),
      reason: 'context-too-long',
      retryable: false,
    },
    {
      name: 'a fault of the server',
      reply: error([500, 'api_error'], 'Internal server error'),
      reason: 'server',
      retryable: true,
    },
    {
      name: 'an overload',
      reply: error([529, 'overloaded_error'], 'Overloaded'),
      reason: 'overloaded',
      retryable: true,
    },
    { name: 'a ban', reply: error([403, 'permission_error'], 'not allowed'), reason: 'permission', retryable: false },
  ],
  brokenStream: {
    reply: { status: 200, events: [start, textStart, textDelta('Par'), overloaded] },
    text: 'Par',
  },
  overloadedStream: { status: 200, events: [start, { type: 'ping' }, overloaded] },
}
