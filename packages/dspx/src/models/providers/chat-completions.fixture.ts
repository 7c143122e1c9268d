/**
 * Chat completions as OpenAI defines them and Groq and local servers speak them, written from the published schemas.
 *
 * Sources, read 2026-11-26: https://platform.openai.com/docs/api-reference/chat/object,
 * https://platform.openai.com/docs/api-reference/chat-streaming, https://platform.openai.com/docs/guides/error-codes.
 */

import type { WireReply } from './provider-server.fixture.ts'

const usage = {
  prompt_tokens: 20,
  completion_tokens: 12,
  total_tokens: 32,
  prompt_tokens_details: { cached_tokens: 8, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 4, audio_tokens: 0 },
}

const toolCall = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }

/** A whole completion. */
export function completion(message: object, finishReason: string, extra: object = {}): WireReply {
  return {
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_764_115_200,
      model: 'gpt-4.1-mini-2025-04-14',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, refusal: null, ...message },
          logprobs: null,
          finish_reason: finishReason,
        },
      ],
      usage,
      service_tier: 'default',
      ...extra,
    },
  }
}

/** One chunk of a stream. */
export function chunk(delta: object, finishReason: string | null = null, extra: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_764_115_200,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...extra,
  }
}

/** The chunks, the one with the usage, and the end. `include_usage` asks for it. */
export function chunks(deltas: readonly object[], finishReason: string): WireReply {
  const last = { ...chunk({}), choices: [], usage }
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...deltas.map((one) => chunk(one)),
    chunk({}, finishReason),
  ]
  return { status: 200, events: [...events, last, '[DONE]'] }
}

/** The four kinds of answers that all of them give. */
export const completionAnswers = [
  {
    name: 'plain text',
    whole: completion({ content: 'Paris it is.' }, 'stop'),
    stream: chunks([{ content: 'Paris' }, { content: ' it' }, { content: ' is.' }], 'stop'),
    expected: { text: 'Paris it is.', finishReason: 'stop', tokensIn: 20, tokensOut: 12 },
  },
  {
    name: 'a tool call',
    whole: completion({ tool_calls: [toolCall] }, 'tool_calls'),
    stream: chunks(
      [
        { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
        { tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] },
      ],
      'tool_calls',
    ),
    expected: {
      text: '',
      toolCalls: [{ toolName: 'weather', input: { city: 'Paris' } }],
      finishReason: 'tool-calls',
      tokensIn: 20,
      tokensOut: 12,
    },
  },
  {
    name: 'a stop at the length',
    whole: completion({ content: 'Paris is the' }, 'length'),
    stream: chunks([{ content: 'Paris is' }, { content: ' the' }], 'length'),
    expected: { text: 'Paris is the', finishReason: 'length', tokensIn: 20, tokensOut: 12 },
  },
  {
    name: 'a filtered answer',
    whole: completion({ content: '' }, 'content_filter'),
    stream: chunks([], 'content_filter'),
    expected: { text: '', finishReason: 'content-filter', tokensIn: 20, tokensOut: 12 },
  },
] as const

/** An answer of OpenAI that is an error. */
export function completionError(
  status: number,
  error: { readonly message: string; readonly type: string; readonly code?: string | null },
  headers: { readonly [name: string]: string } = {},
): WireReply {
  return { status, headers, body: { error: { param: null, code: null, ...error } } }
}
