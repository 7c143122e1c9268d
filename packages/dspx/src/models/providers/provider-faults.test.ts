/** What servers do that no schema says, over real connections: errors with status 200, bytes in pieces, no usage, waits. */

import { seededRandom } from '@mabeam/foundation'
import { collectTelemetry, eventually, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { predict } from '../../programs/predictor.ts'
import { detailsOf } from '../../programs/result.ts'
import { createBudget } from '../budget/budget.ts'
import type { ModelAnswer, ModelCall, ModelStream } from '../language-model.ts'
import { answerCollector } from '../streamed-answer.ts'
import { answerMetadata } from '../usage.ts'
import { anthropicWire } from './anthropic-wire.fixture.ts'
import { chunks, completion } from './chat-completions.fixture.ts'
import { googleWire } from './google-wire.fixture.ts'
import { compatibleWire, groqWire } from './groq-wire.fixture.ts'
import { openaiChatWire, openaiResponsesWire } from './openai-wire.fixture.ts'
import { compatible } from './provider-models.ts'
import { eventText, serveProvider, type WireReply } from './provider-server.fixture.ts'
import { weatherTool } from './provider-wire.fixture.ts'

const wires = [openaiChatWire, openaiResponsesWire, anthropicWire, googleWire, groqWire, compatibleWire]
const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'The weather in Paris?' }] }] }
const once = { attemptsMax: 1 }
const soon = { delayMinMs: 0, jitter: 0 }
const fine = completion({ content: 'fine' }, 'stop')
const bytes = (reply: WireReply) => Buffer.from((reply.events ?? []).map(eventText).join(''))

async function gathered({ stream }: ModelStream): Promise<ModelAnswer> {
  const collector = answerCollector()
  for await (const part of stream) collector.add(part)
  return collector.answer() as ModelAnswer
}

const textOf = ({ content }: ModelAnswer) => content.map((part) => (part.type === 'text' ? part.text : '')).join('')

describe.each(wires)('$name', ({ model: modelAt, answers }) => {
  const [first] = answers

  test.each([
    [{ message: 'Provider is overloaded', type: 'overloaded_error' }, 'overloaded', true],
    [{ message: 'Slow down', code: 429 }, 'rate-limited', true],
    [{ message: 'No such thing', code: 400 }, 'invalid-request', false],
  ])('an error %j with status 200 is what it says', async (error, reason, retryable) => {
    await using server = await serveProvider({ status: 200, body: { error } })
    await expect(modelAt(server.url, { retry: once }).doGenerate(call)).rejects.toMatchObject({
      code: 'dspx/model-failed',
      retryable,
      message: expect.stringContaining(error.message),
      data: { reason },
    })
  })

  test('an error with status 200 in place of a stream is a failure that is tried again', async () => {
    await using server = await serveProvider(
      { status: 200, body: { error: { message: 'busy' } } },
      first?.stream as WireReply,
    )
    const answer = await gathered(await modelAt(server.url, { retry: soon }).doStream(call))
    expect([textOf(answer), answerMetadata(answer).retries]).toEqual([first?.expected.text, 1])
  })

  test('a stream is read the same when every byte comes by itself', async () => {
    for (const { stream, expected } of answers.slice(0, 2)) {
      const pieces = [...bytes(stream)].map((byte) => Uint8Array.of(byte))
      await using server = await serveProvider({ status: 200, pieces }, stream)
      const model = modelAt(server.url, { retry: once })
      const asked = { ...call, tools: [weatherTool] }
      const inBytes = await gathered(await model.doStream(asked))
      const inEvents = await gathered(await model.doStream(asked))
      const known = ({ content }: ModelAnswer) => content.map((part) => ({ ...part, toolCallId: '' })) // some make ids up
      expect(known(inBytes)).toEqual(known(inEvents))
      expect(textOf(inBytes)).toBe(expected.text)
    }
  })

  test('an answer without usage has no price, and takes what was set aside for it; or it is no answer', async () => {
    const bare = (reply: WireReply): WireReply => withoutUsage(reply) as WireReply
    const { whole, stream } = first as (typeof answers)[number]
    await using server = await serveProvider(bare(whole), bare(stream))
    const budget = createBudget({ calls: 10, tokens: 100_000, usd: 10 })
    const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 }
    const model = modelAt(server.url, { retry: once, budget, price })
    for (const ask of [() => model.doGenerate(call), async () => gathered(await model.doStream(call))]) {
      const before = budget.spent
      const came: unknown = await Promise.resolve(ask()).catch((thrown: unknown) => thrown)
      if (came instanceof Error)
        expect(came).toMatchObject({ code: 'dspx/model-failed', data: { reason: 'unreadable' } })
      else {
        expect(answerMetadata(came as ModelAnswer).costUsd).toBeUndefined()
        expect(budget.spent.tokens - before.tokens).toBeGreaterThan(8_192)
        expect(budget.spent.usd).toBeGreaterThan(before.usd)
      }
      expect(budget.reserved).toEqual({ calls: 0, tokens: 0, usd: 0 })
    }
  })
})

/** Without any usage that a provider tells, however deep. */
function withoutUsage(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUsage)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name]) => !/usage/i.test(name))
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutUsage(inner)]))
}

describe('bytes', () => {
  test('of characters that are split between two packets are put together', async () => {
    const said = 'Grüße aus 東京 🌍'
    const pieces = [...bytes(chunks([{ content: said }], 'stop'))].map((byte) => Uint8Array.of(byte))
    await using server = await serveProvider({ status: 200, pieces })
    expect(textOf(await gathered(await compatible('m', { baseUrl: server.url }).doStream(call)))).toBe(said)
  })

  test('that are no UTF-8 become replacement characters, whole and as a stream', async () => {
    const spoilt = (text: string) => [Buffer.from(Buffer.from(text).map((byte) => (byte === 0x7e ? 0xff : byte)))]
    const body = JSON.stringify(completion({ content: 'a~b' }, 'stop').body)
    const json = { 'content-type': 'application/json' }
    await using server = await serveProvider(
      { status: 200, headers: json, pieces: spoilt(body) },
      { status: 200, pieces: spoilt(bytes(chunks([{ content: 'a~b' }], 'stop')).toString()) },
    )
    const model = compatible('m', { baseUrl: server.url })
    expect(textOf(await model.doGenerate(call))).toBe('a\ufffdb')
    expect(textOf(await gathered(await model.doStream(call)))).toBe('a\ufffdb')
  })
})

describe('retries over HTTP', () => {
  const refused = (status: number, headers: Record<string, string> = {}): WireReply => ({
    status,
    headers,
    body: { error: { message: 'not now', type: 'x', param: null, code: null } },
  })

  test.each([408, 409, 429])(
    '%i is tried again, once for each that is in the policy, and each is told of',
    async (status) => {
      await using server = await serveProvider(refused(status))
      const telemetry = collectTelemetry()
      const model = compatible('m', { baseUrl: server.url, retry: { ...soon, attemptsMax: 3 }, telemetry })
      await expect(model.doGenerate(call)).rejects.toMatchObject({ data: { status, retries: 2 } })
      expect(server.requests).toHaveLength(3)
      expect(telemetry.named('dspx.model-attempt-ended').map(({ measurements }) => measurements.attempt)).toEqual([
        1, 2, 3,
      ])
      expect(telemetry.named('dspx.call-retried')).toHaveLength(2)
    },
  )

  test.each([400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 451])('%i is refused at once', async (status) => {
    await using server = await serveProvider(refused(status, { 'retry-after': '1' }))
    await expect(compatible('m', { baseUrl: server.url, retry: soon }).doGenerate(call)).rejects.toMatchObject({
      code: 'dspx/model-failed',
      retryable: false,
    })
    expect(server.requests).toHaveLength(1)
  })

  test("a provider that says another try won't help is believed", async () => {
    await using server = await serveProvider(refused(503, { 'x-should-retry': 'false' }))
    await expect(compatible('m', { baseUrl: server.url, retry: soon }).doGenerate(call)).rejects.toThrow('not now')
    expect(server.requests).toHaveLength(1)
  })

  test('a longer wait than the policy allows is not waited for, and the error says how long it would be', async () => {
    const clock = virtualClock()
    await using server = await serveProvider(refused(429, { 'retry-after': '7' }))
    const model = compatible('m', { baseUrl: server.url, clock, retry: { retryAfterMaxMs: 6_999 } })
    await expect(model.doGenerate(call)).rejects.toMatchObject({ data: { retryAfterMs: 7_000 } })
    expect([server.requests.length, clock.pendingTimers]).toEqual([1, 0])
  })

  test('waits are as long as the provider asks, or drawn from the given randomness', async () => {
    const waits = async (seed: number) => {
      const clock = virtualClock()
      const telemetry = collectTelemetry()
      await using server = await serveProvider(refused(503), refused(503, { 'retry-after': '9' }), fine)
      const model = compatible('m', { baseUrl: server.url, clock, telemetry, random: seededRandom(seed) })
      const answer = model.doGenerate(call)
      for (const retries of [1, 2]) {
        await eventually(() => telemetry.named('dspx.call-retried').length === retries)
        await clock.advance(9_000)
      }
      expect(textOf(await answer)).toBe('fine')
      return telemetry.named('dspx.call-retried').map(({ measurements }) => measurements.delayMs)
    }
    const [one, same, other] = [await waits(1), await waits(1), await waits(2)]
    expect(one).toEqual(same)
    expect([one[0] === other[0], one[1], other[1]]).toEqual([false, 9_000, 9_000])
  })

  test('who leaves during the wait is gone at once, and nothing is asked any more', async () => {
    const clock = virtualClock()
    await using server = await serveProvider(refused(503))
    const stop = new AbortController()
    const telemetry = collectTelemetry()
    const asked = predict('q -> a').run(
      { q: 'x' },
      { lm: compatible('m', { baseUrl: server.url, clock, telemetry }), signal: stop.signal },
    )
    const outcome = expect(asked).rejects.toThrow('enough')
    await eventually(() => telemetry.named('dspx.call-retried').length === 1)
    expect(clock.pendingTimers).toBe(1)
    stop.abort(new Error('enough'))
    await outcome
    expect([server.requests.length, clock.pendingTimers]).toEqual([1, 0])
  })

  test('an answer that needed retries says so in the attempts of its run, and so does a run that failed', async () => {
    const text = '[[ ## a ## ]]\nyes\n\n[[ ## completed ## ]]'
    await using server = await serveProvider(refused(503), 'drop', completion({ content: text }, 'stop'), refused(503))
    const lm = compatible('m', { baseUrl: server.url, retry: { ...soon, attemptsMax: 3 } })
    const result = await predict('q -> a').run({ q: 'x' }, { lm })
    expect(detailsOf(result)?.attempts).toMatchObject([
      {
        outcome: 'read',
        usage: { calls: 1, retries: 2 },
        retriedAfter: [
          { code: 'dspx/model-failed', reason: 'overloaded', status: 503, delayMs: 0 },
          { code: 'dspx/model-failed', reason: 'unreachable', delayMs: 0 },
        ],
      },
    ])
    await expect(predict('q -> a').run({ q: 'x' }, { lm })).rejects.toMatchObject({
      data: {
        attempts: [
          { outcome: 'failed', error: { code: 'dspx/model-failed' }, usage: { retries: 2 }, retriedAfter: [{}, {}] },
        ],
      },
    })
  })
})
