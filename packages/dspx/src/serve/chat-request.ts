/** A chat completion request of the OpenAI API, checked and turned into a call of a language model. */

import type { JSONSchema7, LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { z } from 'zod'
import { readBody } from './request-body.ts'
import type { ApiRefusal } from './serve-errors.ts'

/** A request that was understood. */
export interface ChatRequest {
  readonly model: string
  readonly stream: boolean
  /** Whether a stream ends with a chunk of usage. */
  readonly includeUsage: boolean
  readonly call: LanguageModelV4CallOptions
}

/** Messages of a request; more are refused. */
const messagesMax = 10_000

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() })
const content = z.union([z.string(), z.array(textPart)])
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content }),
  z.object({ role: z.literal('developer'), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({ role: z.literal('assistant'), content: z.union([content, z.null()]).optional() }),
])

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: z.string().optional(), schema: z.record(z.string(), z.unknown()).optional() }),
  }),
])

/** What does not change an answer of a local model, and is accepted so that clients that always send it work. */
const withoutEffect = {
  user: z.string().nullish(),
  metadata: z.unknown().optional(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.string().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
}

const requestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1).max(messagesMax),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  response_format: responseFormat.nullish(),
  n: z.literal(1).nullish(),
  presence_penalty: z.literal(0).nullish(),
  frequency_penalty: z.literal(0).nullish(),
  logprobs: z.literal(false).nullish(),
  tools: z.array(z.never()).max(0).nullish(),
  ...withoutEffect,
})

type RequestBody = z.infer<typeof requestSchema>

/** The request in a JSON body, or the refusal that names the field. */
export function readChatRequest(text: string): ChatRequest | ApiRefusal {
  const read = readBody(text, requestSchema)
  if ('status' in read) return read
  const { model, stream, stream_options } = read.body
  return {
    model,
    stream: stream ?? false,
    includeUsage: stream_options?.include_usage ?? true,
    call: callOf(read.body),
  }
}

function callOf(body: RequestBody): LanguageModelV4CallOptions {
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens
  const stop = typeof body.stop === 'string' ? [body.stop] : body.stop
  const format = body.response_format ? formatOf(body.response_format) : undefined
  return {
    prompt: promptOf(body.messages),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof body.top_p === 'number' && { topP: body.top_p }),
    ...(typeof body.seed === 'number' && { seed: body.seed }),
    ...(typeof maxOutputTokens === 'number' && { maxOutputTokens }),
    ...(stop && { stopSequences: stop }),
    ...(format && { responseFormat: format }),
  }
}

function formatOf(format: z.infer<typeof responseFormat>): NonNullable<LanguageModelV4CallOptions['responseFormat']> {
  if (format.type === 'text') return { type: 'text' }
  const schema = format.type === 'json_schema' ? format.json_schema.schema : undefined
  return schema ? { type: 'json', schema: schema as JSONSchema7 } : { type: 'json' }
}

function promptOf(messages: RequestBody['messages']): LanguageModelV4Prompt {
  return messages.map((one) => {
    const text = textOf(one.content)
    if (one.role === 'system' || one.role === 'developer') return { role: 'system', content: text }
    return { role: one.role, content: [{ type: 'text', text }] }
  })
}

function textOf(given: z.infer<typeof content> | null | undefined): string {
  if (typeof given === 'string') return given
  return (given ?? []).map((part) => part.text).join('\n')
}
