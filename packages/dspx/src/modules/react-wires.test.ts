import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { LanguageModel } from '../models/language-model.ts'
import { anthropic, compatible, google, groq, openai } from '../models/providers/provider-models.ts'
import { serveProvider, type WireReply } from '../models/providers/provider-server.fixture.ts'
import type { ProgramPart } from '../programs/program-stream.ts'
import { tool } from '../tools/tool.ts'
import { react } from './react.ts'

const weather = tool('weather', {
  description: 'The weather of a city.',
  input: z.object({ city: z.string() }),
  run: ({ city }) => {
    if (city === 'Atlantis') throw new Error('no such city')
    return `sunny in ${city}`
  },
})
const agent = react('question -> answer', { tools: [weather] })
const question = 'Where is the sun?'
const extracted = '[[ ## reasoning ## ]]\nseen\n\n[[ ## answer ## ]]\nParis\n\n[[ ## completed ## ]]'
const options = { apiKey: 'sk-test-0123456789', retry: { attemptsMax: 1 } }
const bodies = (server: { readonly requests: readonly { readonly body: string }[] }) =>
  server.requests.map(({ body }) => JSON.parse(body))
const ok = (body: object): WireReply => ({ status: 200, body })
const sent = (events: readonly unknown[]): WireReply => ({ status: 200, events })

/**
 * One provider: an answer that thinks and calls `weather` for Paris and Atlantis, one that calls `finish`, one of text; and
 * what the second request has to hold of the first answer.
 *
 * Sources, read 2026-11-26: https://platform.claude.com/docs/en/build-with-claude/extended-thinking (thinking blocks are passed back
 * whole with tool results), https://developers.openai.com/api/docs/guides/reasoning (reasoning items are passed back with the
 * outputs of functions), https://ai.google.dev/gemini-api/docs/thought-signatures, https://console.groq.com/docs/reasoning.
 */
interface ThinkingWire {
  readonly name: string
  readonly model: (url: string) => LanguageModel
  readonly thinks: WireReply
  readonly finishes: WireReply
  readonly answers: WireReply
  readonly handedBack: (body: never) => unknown
  readonly expected: unknown
}

const claude = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', stop_sequence: null }
const claudeUsage = { input_tokens: 12, output_tokens: 12 }
const claudeMessage = (content: readonly object[], reason: string) =>
  ok({ ...claude, content, stop_reason: reason, usage: claudeUsage })
const thinking = { type: 'thinking', thinking: 'Two cities.', signature: 'c2lnbmVk' }
const redacted = { type: 'redacted_thinking', data: 'aGlkZGVu' }
const uses = [
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } },
  { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { city: 'Atlantis' } },
]
const anthropicWire: ThinkingWire = {
  name: 'anthropic',
  model: (baseUrl) => anthropic('claude-haiku-4-5', { ...options, baseUrl }),
  thinks: claudeMessage([thinking, redacted, { type: 'text', text: 'I ask.' }, ...uses], 'tool_use'),
  finishes: claudeMessage([{ type: 'tool_use', id: 'toolu_3', name: 'finish', input: {} }], 'tool_use'),
  answers: claudeMessage([{ type: 'text', text: extracted }], 'end_turn'),
  handedBack: ({ messages }: { messages: unknown[] }) => messages.slice(-2),
  expected: [
    { role: 'assistant', content: [thinking, redacted, { type: 'text', text: 'I ask.' }, ...uses] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny in Paris' },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'Failed: no such city', is_error: true },
      ],
    },
  ],
}

const response = (output: readonly object[]) =>
  ok({
    id: 'resp_1',
    object: 'response',
    created_at: 1_764_115_200,
    model: 'gpt-5-mini',
    status: 'completed',
    error: null,
    incomplete_details: null,
    output,
    usage: { input_tokens: 20, output_tokens: 12, total_tokens: 32 },
  })
const functionCall = (n: number, name: string, given: object) => ({
  type: 'function_call',
  id: `fc_${n}`,
  call_id: `call_${n}`,
  name,
  arguments: JSON.stringify(given),
  status: 'completed',
})
const message = (text: string) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
})
const asked = [functionCall(1, 'weather', { city: 'Paris' }), functionCall(2, 'weather', { city: 'Atlantis' })]
const openaiWire: ThinkingWire = {
  name: 'openai, responses',
  model: (baseUrl) => openai('gpt-5-mini', { ...options, baseUrl, api: 'responses' }),
  thinks: response([
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Two cities.' }] },
    ...asked,
  ]),
  finishes: response([functionCall(3, 'finish', {})]),
  answers: response([message(extracted)]),
  handedBack: ({ input }: { input: unknown[] }) => input.slice(2),
  expected: [
    { type: 'item_reference', id: 'rs_1' },
    { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
    { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{"city":"Atlantis"}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'sunny in Paris' },
    { type: 'function_call_output', call_id: 'call_2', output: '{"error":"Failed: no such city"}' },
  ],
}

const gemini = (parts: readonly object[]) =>
  ok({
    candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 12, totalTokenCount: 32 },
  })
const geminiCall = (city: string) => ({ functionCall: { name: 'weather', args: { city } } })
const googleWire: ThinkingWire = {
  name: 'google',
  model: (baseUrl) => google('gemini-2.5-flash', { ...options, baseUrl }),
  thinks: gemini([
    { text: 'Two cities.', thought: true },
    { ...geminiCall('Paris'), thoughtSignature: 'c2lnbmVk' },
    geminiCall('Atlantis'),
  ]),
  finishes: gemini([{ functionCall: { name: 'finish', args: {} } }]),
  answers: gemini([{ text: extracted }]),
  handedBack: ({ contents }: { contents: unknown[] }) => contents.slice(-2),
  expected: [
    {
      role: 'model',
      parts: [
        { text: 'Two cities.', thought: true },
        { ...geminiCall('Paris'), thoughtSignature: 'c2lnbmVk' },
        geminiCall('Atlantis'),
      ],
    },
    {
      role: 'user',
      parts: [
        { functionResponse: { name: 'weather', response: { content: 'sunny in Paris' } } },
        { functionResponse: { name: 'weather', response: { error: 'Failed: no such city' } } },
      ],
    },
  ],
}

const chat = (said: object, reason: string) =>
  ok({
    id: 'c1',
    object: 'chat.completion',
    created: 1_764_115_200,
    model: 'some-model',
    choices: [{ index: 0, finish_reason: reason, message: { role: 'assistant', content: null, ...said } }],
    usage: { prompt_tokens: 20, completion_tokens: 12, total_tokens: 32 },
  })
const chatCall = (n: number, name: string, given: object) => ({
  id: `call_${n}`,
  type: 'function',
  function: { name, arguments: JSON.stringify(given) },
})
const chatCalls = [chatCall(1, 'weather', { city: 'Paris' }), chatCall(2, 'weather', { city: 'Atlantis' })]
const chatWire = (name: string, key: string, model: ThinkingWire['model']): ThinkingWire => ({
  name,
  model,
  thinks: chat({ [key]: 'Two cities.', tool_calls: chatCalls }, 'tool_calls'),
  finishes: chat({ tool_calls: [chatCall(3, 'finish', {})] }, 'tool_calls'),
  answers: chat({ content: extracted }, 'stop'),
  handedBack: ({ messages }: { messages: unknown[] }) => messages.slice(-3),
  expected: [
    { role: 'assistant', [key]: 'Two cities.', tool_calls: chatCalls },
    { role: 'tool', tool_call_id: 'call_1', content: 'sunny in Paris' },
    { role: 'tool', tool_call_id: 'call_2', content: 'Failed: no such city' },
  ],
})
const wires = [
  anthropicWire,
  openaiWire,
  googleWire,
  chatWire('groq', 'reasoning', (baseUrl) => groq('openai/gpt-oss-20b', { ...options, baseUrl })),
  chatWire('compatible', 'reasoning_content', (baseUrl) => compatible('some-model', { ...options, baseUrl })),
]

describe.each(wires)('$name', ({ model, thinks, finishes, answers, handedBack, expected }) => {
  test('sees its thoughts, with their signatures, and its calls again together with the results', async () => {
    await using server = await serveProvider(thinks, finishes, answers)
    const result = await agent.run({ question }, { lm: model(server.url) })
    expect([result.answer, result.ended]).toEqual(['Paris', 'finished'])
    expect(result.trajectory[0]).toMatchObject({
      reasoning: 'Two cities.',
      calls: [{ outcome: 'given' }, { outcome: 'failed' }],
    })
    expect(handedBack(bodies(server)[1] as never)).toMatchObject(expected as object)
  })
})

describe('anthropic, streamed', () => {
  const start = { type: 'message_start', message: { ...claude, content: [], stop_reason: null, usage: claudeUsage } }
  const block = (index: number, content: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const end = (reason: string) => [
    { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 12 } },
    { type: 'message_stop' },
  ]
  const first = sent([
    start,
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'Two ' },
      { type: 'thinking_delta', thinking: 'cities.' },
      { type: 'signature_delta', signature: 'c2lnbmVk' },
    ),
    ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'I ' }, { type: 'text_delta', text: 'ask.' }),
    ...block(
      2,
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
      { type: 'input_json_delta', partial_json: '{"city": ' },
      { type: 'input_json_delta', partial_json: '"Paris"}' },
    ),
    ...end('tool_use'),
  ])
  const second = sent([
    start,
    ...block(0, { type: 'tool_use', id: 'toolu_3', name: 'finish', input: {} }),
    ...end('tool_use'),
  ])
  const third = sent([
    start,
    ...block(0, { type: 'text', text: '' }, { type: 'text_delta', text: extracted }),
    ...end('end_turn'),
  ])

  test('tells thoughts, text and calls as they come, and hands the thoughts back with their signature', async () => {
    await using server = await serveProvider(first, second, third)
    const parts: unknown[] = []
    for await (const part of agent.stream({ question }, { lm: anthropicWire.model(server.url) })) parts.push(part)
    const place = { predictor: 'act', step: 0 }
    expect(parts.slice(0, 6)).toEqual([
      { type: 'step-reasoning', ...place, text: 'Two ' },
      { type: 'step-reasoning', ...place, text: 'cities.' },
      { type: 'step-text', ...place, text: 'I ' },
      { type: 'step-text', ...place, text: 'ask.' },
      { type: 'tool-call', ...place, call: 0, tool: 'weather' },
      {
        type: 'tool-result',
        ...place,
        call: 0,
        tool: 'weather',
        arguments: { city: 'Paris' },
        outcome: 'given',
        observation: 'sunny in Paris',
      },
    ])
    expect(parts.at(-1)).toMatchObject({ type: 'result', result: { answer: 'Paris' } })
    expect(anthropicWire.handedBack(bodies(server)[1] as never)).toMatchObject([
      { role: 'assistant', content: [thinking, { type: 'text', text: 'I ask.' }, uses[0]] },
      { role: 'user', content: [{ tool_use_id: 'toolu_1', content: 'sunny in Paris' }] },
    ])
  })
})

describe('openai responses, streamed', () => {
  const frame = { id: 'resp_1', object: 'response', created_at: 1_764_115_200, model: 'gpt-5-mini', error: null }
  const usage = { input_tokens: 20, output_tokens: 12, total_tokens: 32 }
  const events = (items: readonly object[]) =>
    sent([
      { type: 'response.created', response: { ...frame, status: 'in_progress', output: [] } },
      ...items,
      { type: 'response.completed', response: { ...frame, incomplete_details: null, usage } },
    ])
  const item = (index: number, started: object, done: object, ...deltas: object[]) => [
    { type: 'response.output_item.added', output_index: index, item: started },
    ...deltas.map((delta) => ({ output_index: index, ...delta })),
    { type: 'response.output_item.done', output_index: index, item: done },
  ]
  const summary = { item_id: 'rs_1', summary_index: 0 }
  const reasoning = item(
    0,
    { type: 'reasoning', id: 'rs_1', summary: [] },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'One city.' }] },
    { type: 'response.reasoning_summary_part.added', ...summary, part: { type: 'summary_text', text: '' } },
    { type: 'response.reasoning_summary_text.delta', ...summary, delta: 'One ' },
    { type: 'response.reasoning_summary_text.delta', ...summary, delta: 'city.' },
    { type: 'response.reasoning_summary_part.done', ...summary, part: { type: 'summary_text', text: 'One city.' } },
  )
  const called = (index: number, call: ReturnType<typeof functionCall>) =>
    item(index, { ...call, arguments: '', status: 'in_progress' }, call, {
      type: 'response.function_call_arguments.delta',
      item_id: call.id,
      delta: call.arguments,
    })

  test('tells thoughts and calls as they come, and refers to the thoughts again with the results', async () => {
    const first = events([...reasoning, ...called(1, functionCall(1, 'weather', { city: 'Paris' }))])
    const second = events(called(0, functionCall(3, 'finish', {})))
    const delta = { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0 }
    const third = events([
      ...item(0, { ...message(''), content: [], status: 'in_progress' }, message(extracted), {
        ...delta,
        delta: extracted,
      }),
    ])
    await using server = await serveProvider(first, second, third)
    const parts: ProgramPart<{ answer: string }>[] = []
    for await (const part of agent.stream({ question }, { lm: openaiWire.model(server.url) })) parts.push(part)
    expect(
      parts.filter(({ type }) => type !== 'text').map((part) => [part.type, 'text' in part ? part.text : '']),
    ).toEqual([
      ['step-reasoning', 'One '],
      ['step-reasoning', 'city.'],
      ['tool-call', ''],
      ['tool-result', ''],
      ['result', ''],
    ])
    expect(openaiWire.handedBack(bodies(server)[1] as never)).toMatchObject([
      { type: 'item_reference', id: 'rs_1' },
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'sunny in Paris' },
    ])
  })
})
