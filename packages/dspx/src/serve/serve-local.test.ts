import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, type LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type Clock, systemClock } from '@mabeam/foundation'
import type { JSONSchema7 } from 'json-schema'
import { describe, expect, test } from 'vitest'
import { localModel } from '../local/local-model.ts'
import { type LocalServer, type ServeLocalOptions, serveLocal } from './serve-local.ts'

const prompt = [
  { role: 'system' as const, content: 'Classify the ticket. The team is one of: billing, technical.' },
  { role: 'user' as const, content: [{ type: 'text' as const, text: 'I was charged twice' }] },
  { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'billing' }] },
  { role: 'user' as const, content: [{ type: 'text' as const, text: 'the app crashes' }] },
  { role: 'assistant' as const, content: [{ type: 'text' as const, text: 'technical' }] },
  { role: 'user' as const, content: [{ type: 'text' as const, text: 'it crashes all day' }] },
]

const question = { model: 'small', messages: [{ role: 'user', content: 'billing or technical? it is billing' }] }

function post(server: LocalServer, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.baseUrl}/chat/completions`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

function client(server: LocalServer, options: { apiKey?: string } = {}) {
  const provider = createOpenAICompatible({
    name: 'local',
    baseURL: server.baseUrl,
    includeUsage: true,
    ...options,
  })
  return (model: string) => provider.chatModel(model)
}

async function collect(stream: ReadableStream<LanguageModelV4StreamPart>): Promise<LanguageModelV4StreamPart[]> {
  const parts: LanguageModelV4StreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** A clock that shows the timers set on it and fires them when told to. */
function manualClock(): Clock & { fire(): void; timer(delayMs: number): Promise<void> } {
  const timers = new Map<object, { delayMs: number; run: () => void }>()
  const waiters: { delayMs: number; resolve: () => void }[] = []
  return {
    ...systemClock,
    setTimer(delayMs, run) {
      const key = {}
      timers.set(key, { delayMs, run })
      for (const waiter of waiters) if (waiter.delayMs === delayMs) waiter.resolve()
      return () => timers.delete(key)
    },
    fire() {
      for (const [key, timer] of timers) {
        timers.delete(key)
        timer.run()
      }
    },
    timer: (delayMs) => new Promise((resolve) => waiters.push({ delayMs, resolve })),
  }
}

describe('serveLocal with the client of the AI SDK', () => {
  test('answers what the embedded model answers, with the same usage', async () => {
    await using server = await serveLocal()
    const remote = await client(server)('small').doGenerate({ prompt })
    const embedded = await localModel('small').doGenerate({ prompt })
    expect(remote.content).toEqual(embedded.content)
    expect(remote.usage.inputTokens.total).toBe(embedded.usage.inputTokens.total)
    expect(remote.usage.outputTokens.total).toBe(embedded.usage.outputTokens.total)
    expect(remote.finishReason.unified).toBe('stop')
    expect(server.requests).toMatchObject({ received: 1, answered: 1, streamed: 0 })
  })

  test('streams the answer piece by piece and ends with its usage', async () => {
    await using server = await serveLocal()
    const { stream } = await client(server)('local/base').doStream({ prompt: [...prompt.slice(0, -1), question2()] })
    const parts = await collect(stream)
    const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []))
    const finish = parts.find((part) => part.type === 'finish')
    expect(deltas.join('')).toBe('technical')
    expect(deltas.length).toBeGreaterThan(1)
    expect(finish?.usage.outputTokens.total).toBe(2)
    expect(server.requests).toMatchObject({ answered: 1, streamed: 1 })
  })

  test('honours a JSON schema, temperature, seed, stop and max tokens', async () => {
    await using server = await serveLocal()
    const provider = createOpenAICompatible({
      name: 'local',
      baseURL: server.baseUrl,
      supportsStructuredOutputs: true,
    })
    const schema: JSONSchema7 = {
      type: 'object',
      properties: { team: { type: 'string', enum: ['billing', 'technical'] } },
    }
    const structured = await provider
      .chatModel('small')
      .doGenerate({ prompt, responseFormat: { type: 'json', schema } })
    expect(structured.content).toEqual([{ type: 'text', text: '{"team":"technical"}' }])
    const drawn = async (seed: number) =>
      (await client(server)('small').doGenerate({ prompt, temperature: 2, seed })).content
    expect(await drawn(3)).toEqual(await drawn(3))
    const cut = await client(server)('small').doGenerate({ prompt, maxOutputTokens: 1 })
    expect(cut.content).toEqual([{ type: 'text', text: 'techni' }])
    expect(cut.finishReason.unified).toBe('length')
    const stopped = await client(server)('small').doGenerate({ prompt, stopSequences: ['nical'] })
    expect(stopped.content).toEqual([{ type: 'text', text: 'tech' }])
  })

  test('an injected 429 arrives as a retryable error with its retry-after', async () => {
    await using server = await serveLocal({ failures: { rate429: 1, retryAfterSec: 7 } })
    const error = await client(server)('small')
      .doGenerate({ prompt })
      .then(undefined, (thrown: unknown) => thrown)
    expect(APICallError.isInstance(error) && error.statusCode).toBe(429)
    expect(APICallError.isInstance(error) && error.isRetryable).toBe(true)
    expect(APICallError.isInstance(error) && error.responseHeaders?.['retry-after']).toBe('7')
    expect(server.requests).toMatchObject({ received: 1, answered: 0, failed429: 1 })
  })

  test('an injected 500 arrives as a retryable error that says it was injected', async () => {
    await using server = await serveLocal({ failures: { rate500: 1 } })
    const error = await client(server)('small')
      .doGenerate({ prompt })
      .then(undefined, (thrown: unknown) => thrown)
    expect(APICallError.isInstance(error) && error.statusCode).toBe(500)
    expect(APICallError.isInstance(error) && error.message).toContain('injected')
    expect(server.requests.failed500).toBe(1)
  })

  test('the same seed fails the same requests', async () => {
    const statuses = async () => {
      await using server = await serveLocal({ failures: { rate429: 0.3, rate500: 0.2, seed: 11 } })
      const found: number[] = []
      for (let i = 0; i < 20; i++) found.push((await post(server, question)).status)
      return found
    }
    const first = await statuses()
    expect(new Set(first)).toEqual(new Set([200, 429, 500]))
    expect(await statuses()).toEqual(first)
  })

  test('a delayed answer can be given up by the client, and the server counts it', async () => {
    const clock = manualClock()
    await using server = await serveLocal({ delayMs: 5_000, clock })
    const abort = new AbortController()
    const waiting = clock.timer(5_000)
    const answer = client(server)('small').doGenerate({ prompt, abortSignal: abort.signal })
    await waiting
    abort.abort()
    await expect(answer).rejects.toThrow(/abort/)
    const next = clock.timer(5_000)
    const second = post(server, question)
    await next
    clock.fire()
    expect((await second).status).toBe(200)
    expect(server.requests).toMatchObject({ received: 2, answered: 1, aborted: 1 })
  })
})

function question2() {
  return { role: 'user' as const, content: [{ type: 'text' as const, text: 'crashes again' }] }
}

describe('requests', () => {
  const refused: readonly [string, unknown, string | null, string][] = [
    ['a body that is no JSON', '{oops', null, 'body: expected one JSON object'],
    ['no messages', { model: 'small', messages: [] }, 'messages', 'messages: '],
    ['a missing model', { messages: question.messages }, 'model', 'got nothing'],
    [
      'an unknown role',
      { ...question, messages: [{ role: 'robot', content: 'x' }] },
      'messages.0.role',
      'messages.0.role: ',
    ],
    ['a number as content', { ...question, messages: [{ role: 'user', content: 5 }] }, 'messages.0.content', 'got 5'],
    ['a temperature of 9', { ...question, temperature: 9 }, 'temperature', 'got 9'],
    ['an unknown field', { ...question, temprature: 0 }, 'temprature', 'unknown field'],
    ['an image', withPart({ type: 'image_url', image_url: { url: 'x' } }), 'messages.0.content.0.type', 'image_url'],
    ['several answers', { ...question, n: 3 }, 'n', 'got 3'],
  ]

  test.each(refused)('with %s are refused with 400, naming the field', async (_, body, param, sentence) => {
    await using server = await serveLocal()
    const response = await post(server, body)
    const { error } = (await response.json()) as { error: { message: string; param: string | null; type: string } }
    expect(response.status).toBe(400)
    expect(error.type).toBe('invalid_request_error')
    expect(error.param).toBe(param)
    expect(error.message).toContain(sentence)
    expect(server.requests.refused).toBe(1)
  })

  test('for an unknown model are answered with 404 and the models there are', async () => {
    await using server = await serveLocal()
    const response = await post(server, { ...question, model: 'gpt-9' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: { code: 'model_not_found', message: 'model: expected one of nano, small, base, got "gpt-9"' },
    })
  })

  test('for an unknown path are answered with 404 in the shape of the API', async () => {
    await using server = await serveLocal()
    const response = await fetch(`${server.baseUrl}/nothing`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_url' } })
  })

  test('with a body at the limit are read, one byte past it refused with 413', async () => {
    const body = JSON.stringify(question)
    await using server = await serveLocal({ bodyBytesMax: body.length })
    expect((await post(server, body)).status).toBe(200)
    expect((await post(server, `${body} `)).status).toBe(413)
  })

  test('beyond the limit at once are refused with 429', async () => {
    const clock = manualClock()
    await using server = await serveLocal({ requestsMax: 1, delayMs: 100, clock })
    const waiting = clock.timer(100)
    const first = post(server, question)
    await waiting
    expect((await post(server, question)).status).toBe(429)
    clock.fire()
    expect((await first).status).toBe(200)
  })

  test('without the key are refused with 401 where a key is set, but not at /health', async () => {
    await using server = await serveLocal({ apiKey: 'secret-key' })
    expect((await post(server, question)).status).toBe(401)
    expect((await fetch(`${server.baseUrl}/models`)).status).toBe(401)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect((await client(server, { apiKey: 'secret-key' })('small').doGenerate({ prompt })).content).toHaveLength(1)
  })

  test('for the models list the three sizes and the embeddings', async () => {
    await using server = await serveLocal()
    const { data } = (await (await fetch(`${server.baseUrl}/models`)).json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['nano', 'small', 'base', 'words'])
  })
})

describe('streams on the wire', () => {
  test('are events that end with usage and [DONE]', async () => {
    await using server = await serveLocal()
    const response = await post(server, { ...question, stream: true })
    const events = (await response.text()).split('\n\n').filter(Boolean)
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.replace('data: ', '')))
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(events.at(-1)).toBe('data: [DONE]')
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' })
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], mabeam: { declared: true } })
    expect(chunks.at(-1).usage.total_tokens).toBeGreaterThan(0)
  })

  test('leave the usage out when it is not wanted', async () => {
    await using server = await serveLocal()
    const response = await post(server, { ...question, stream: true, stream_options: { include_usage: false } })
    expect(await response.text()).not.toContain('total_tokens')
  })
})

describe('closing', () => {
  test('ends an open stream with an error event and frees the port', async () => {
    const clock = manualClock()
    const server = await serveLocal({ realLatency: true, clock })
    const response = await post(server, { ...question, stream: true })
    const text = response.text()
    await server.close()
    expect(await text).toContain('the server is closing')
    expect(server.requests).toMatchObject({ received: 1, answered: 0, aborted: 1 })
    const again = await serveLocal({ port: server.port })
    await again.close()
  })

  test('answers a waiting request with 503', async () => {
    const clock = manualClock()
    const server = await serveLocal({ delayMs: 60_000, clock })
    const waiting = clock.timer(60_000)
    const response = post(server, question)
    await waiting
    await server.close()
    expect((await response).status).toBe(503)
  })

  test('twice is the same as once', async () => {
    const server = await serveLocal()
    await Promise.all([server.close(), server.close()])
    await server.close()
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
  })
})

describe('options', () => {
  const wrong: readonly [string, ServeLocalOptions, string][] = [
    ['a port that is none', { port: 70_000 }, 'serveLocal: port: expected an integer from 0 to 65535, got 70000'],
    ['rates above 1', { failures: { rate429: 0.7, rate500: 0.7 } }, 'add up to at most 1'],
    ['an unknown rate', { failures: { rate418: 1 } as never }, 'unknown option "rate418"'],
    ['a public address without a key', { host: '0.0.0.0' }, 'serveLocal: apiKey: expected a key'],
  ]

  test.each(wrong)('with %s are refused by name', async (_, options, sentence) => {
    await expect(serveLocal(options)).rejects.toThrow(sentence)
  })

  test('with a port in use give one sentence with the address', async () => {
    await using server = await serveLocal()
    await expect(serveLocal({ port: server.port })).rejects.toThrow(`cannot listen on 127.0.0.1:${server.port}`)
  })
})

function withPart(part: object) {
  return { ...question, messages: [{ role: 'user', content: [part] }] }
}
