import { isMabeamError, type MabeamError } from '@mabeam/foundation'
import { eventually, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { ModelAnswer, ModelCall, ModelStream } from '../language-model.ts'
import { answerCollector } from '../streamed-answer.ts'
import { answerMetadata } from '../usage.ts'
import { anthropicWire } from './anthropic-wire.fixture.ts'
import { googleWire } from './google-wire.fixture.ts'
import { compatibleWire, groqWire } from './groq-wire.fixture.ts'
import { openaiChatWire, openaiResponsesWire } from './openai-wire.fixture.ts'
import { serveProvider } from './provider-server.fixture.ts'
import { type ExpectedAnswer, weatherTool } from './provider-wire.fixture.ts'

const wires = [openaiChatWire, openaiResponsesWire, anthropicWire, googleWire, groqWire, compatibleWire]
const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'The weather in Paris?' }] }] }
const once = { attemptsMax: 1 }
const soon = { delayMinMs: 0, jitter: 0 }

/** What was read, in the form of what was expected. */
function read({ content, finishReason, usage }: ModelAnswer, expected: ExpectedAnswer): ExpectedAnswer {
  const calls = content.flatMap((part) =>
    part.type === 'tool-call' ? [{ toolName: part.toolName, input: JSON.parse(part.input) as unknown }] : [],
  )
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    ...(calls.length > 0 && { toolCalls: calls }),
    finishReason: finishReason.unified,
    tokensIn: usage.inputTokens.total ?? Number.NaN,
    tokensOut: usage.outputTokens.total ?? Number.NaN,
    ...(expected.cacheRead !== undefined && { cacheRead: usage.inputTokens.cacheRead ?? Number.NaN }),
    ...(expected.reasoningTokens !== undefined && { reasoningTokens: usage.outputTokens.reasoning ?? Number.NaN }),
  }
}

async function gathered({ stream }: ModelStream): Promise<ModelAnswer> {
  const collector = answerCollector()
  for await (const part of stream) collector.add(part)
  return collector.answer() as ModelAnswer
}

async function thrownBy(run: () => PromiseLike<unknown>): Promise<MabeamError> {
  const thrown: unknown = await Promise.resolve(run()).then(
    () => new Error('nothing was thrown'),
    (one: unknown) => one,
  )
  if (!isMabeamError(thrown)) throw thrown
  return thrown
}

describe.each(wires)('$name', ({ path, model: modelAt, answers, failures, brokenStream, overloadedStream }) => {
  test.each(answers)('$name is read as documented, whole', async ({ whole, expected }) => {
    await using server = await serveProvider(whole)
    const answer = await modelAt(server.url, { retry: once }).doGenerate({ ...call, tools: [weatherTool] })
    expect(read(answer, expected)).toEqual(expected)
    expect(server.requests[0]?.path).toMatch(path)
  })

  test.each(answers)('$name is read the same as a stream', async ({ stream, expected }) => {
    await using server = await serveProvider(stream)
    const answer = await gathered(
      await modelAt(server.url, { retry: once }).doStream({ ...call, tools: [weatherTool] }),
    )
    expect(read(answer, expected)).toEqual(expected)
    expect(answerMetadata(answer).latencyMs).toBeGreaterThan(0)
    expect(server.requests[0]?.path).toMatch(path)
  })

  test.each(answers)('$name has the same kinds of content in both forms', async ({ whole, stream }) => {
    await using server = await serveProvider(whole, stream)
    const model = modelAt(server.url, { retry: once })
    const kindsOf = ({ content }: ModelAnswer) =>
      content.filter((part) => part.type !== 'text' || part.text !== '').map(({ type }) => type)
    const inOne = await model.doGenerate({ ...call, tools: [weatherTool] })
    const inPieces = await gathered(await model.doStream({ ...call, tools: [weatherTool] }))
    expect(kindsOf(inPieces)).toEqual(kindsOf(inOne))
  })

  test.each(failures)('$name is a typed error, whole and as a stream', async (failure) => {
    const { reply, reason, retryable, retryAfterMs } = failure
    await using server = await serveProvider(reply)
    const model = modelAt(server.url, {
      retry: once,
      clock: virtualClock({ startMs: Date.parse('2025-06-15T15:06:40Z') }),
    })
    for (const ask of [() => model.doGenerate(call), () => model.doStream(call)]) {
      const error = await thrownBy(ask)
      expect(error).toMatchObject({ code: 'dspx/model-failed', retryable, data: { reason, status: reply.status } })
      expect(error.data.retryAfterMs).toBe(retryAfterMs)
      expect(error.message).not.toMatch(/sk-|gsk_|AIza/)
    }
    expect(server.requests).toHaveLength(2)
  })

  test('a stream that reports an error in the middle breaks with what had come', async () => {
    await using server = await serveProvider(brokenStream.reply)
    const { text } = brokenStream
    const error = await thrownBy(async () => await gathered(await modelAt(server.url, {}).doStream(call)))
    expect(error).toMatchObject({
      code: 'dspx/stream-broken',
      retryable: true,
      data: { received: { text, chars: text.length }, code: 'dspx/model-failed' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test.each(['drop', 'end'] as const)(
    'a stream that comes to a bad end (%s) breaks with what had come',
    async (ending) => {
      const events = brokenStream.reply.events?.slice(0, -1) ?? []
      await using server = await serveProvider({ status: 200, events, ending })
      const error = await thrownBy(async () => await gathered(await modelAt(server.url, {}).doStream(call)))
      expect(error).toMatchObject({ code: 'dspx/stream-broken', data: { received: { text: brokenStream.text } } })
    },
  )

  test('a stream that reports an overload before its first content is asked again', async () => {
    const [answer] = answers
    await using server = await serveProvider(overloadedStream, answer?.stream ?? overloadedStream)
    const streamed = await gathered(await modelAt(server.url, { retry: soon }).doStream(call))
    expect(read(streamed, answer?.expected as ExpectedAnswer)).toEqual(answer?.expected)
    expect(answerMetadata(streamed).retries).toBe(1)
    expect(server.requests).toHaveLength(2)
  })

  test('giving up a stream closes its connection, by the signal and by the reader', async () => {
    const events = brokenStream.reply.events?.slice(0, -1) ?? []
    await using server = await serveProvider({ status: 200, events, ending: 'hang' })
    const stop = new AbortController()
    const reading = gathered(await modelAt(server.url, {}).doStream({ ...call, abortSignal: stop.signal }))
    const outcome = expect(reading).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await outcome
    await eventually(() => server.hungUp() === 1)
    const { stream } = await modelAt(server.url, {}).doStream(call)
    await stream.cancel(new Error('enough'))
    await eventually(() => server.hungUp() === 2)
  })

  test('a stream that falls silent breaks with what had come, and its connection is closed', async () => {
    const clock = virtualClock()
    const events = brokenStream.reply.events?.slice(0, -1) ?? []
    await using server = await serveProvider({ status: 200, events, ending: 'hang' })
    let parts = 0
    const { stream } = await modelAt(server.url, { clock, idleTimeoutMs: 2_000 }).doStream(call)
    const reading = (async () => {
      for await (const part of stream) parts += part.type === 'text-delta' ? 1 : 0
    })()
    const outcome = expect(reading).rejects.toMatchObject({
      code: 'dspx/stream-broken',
      data: { received: { text: brokenStream.text }, code: 'dspx/model-timeout' },
    })
    await eventually(() => parts > 0)
    await clock.advance(2_000)
    await outcome
    await eventually(() => server.hungUp() === 1)
    expect(clock.pendingTimers).toBe(0)
  })
})
