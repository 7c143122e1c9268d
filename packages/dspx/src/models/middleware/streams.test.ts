import { MabeamError, memoryCacheStore } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { scriptedModel, textAnswer } from '../../testing/index.ts'
import { equippedModel, layerSettings } from '../equipped-model.ts'
import type { LanguageModel, ModelAnswer, ModelCall, ModelStream, Prompt, StreamPart } from '../language-model.ts'
import { answerCollector, streamOfAnswer } from '../streamed-answer.ts'
import { answerMetadata } from '../usage.ts'
import { attemptMiddleware } from './attempt.ts'
import { cacheMiddleware } from './cache.ts'
import { latencyMiddleware } from './latency.ts'
import { retryMiddleware } from './retry.ts'
import { timeoutMiddleware } from './timeout.ts'
import { usageMiddleware } from './usage.ts'

const promptOf = (text: string): Prompt => [{ role: 'user', content: [{ type: 'text', text }] }]
const call: ModelCall = { prompt: promptOf('x') }
const overloaded = () => new MabeamError('dspx/model-failed', 'm: overloaded', { retryable: true })
const finish = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: textAnswer('x').usage,
} as const satisfies StreamPart
const delta = (text: string): StreamPart => ({ type: 'text-delta', id: '0', delta: text })

/** A model whose streams do as they are told: parts, errors, and waiting for a promise. */
function streamingModel(...scripts: readonly (readonly (StreamPart | Error | Promise<unknown>)[])[]) {
  const calls: ModelCall[] = []
  const seen = { read: 0, cancelled: 0 }
  const model: LanguageModel = {
    ...scriptedModel(['']),
    doStream: async (one) => {
      const script = scripts[Math.min(calls.length, scripts.length - 1)] ?? []
      calls.push(one)
      let at = 0
      const stream = new ReadableStream<StreamPart>(
        {
          async pull(controller) {
            const step = script[at++]
            if (step === undefined) return controller.close()
            seen.read += 1
            if (step instanceof Promise) return await step.then(() => controller.enqueue({ type: 'ping' }))
            if (step instanceof Error) controller.error(step)
            else controller.enqueue(step)
          },
          cancel: () => {
            seen.cancelled += 1
          },
        },
        { highWaterMark: 0 },
      )
      return { stream }
    },
  }
  return { model, calls, seen }
}

async function partsOf({ stream }: ModelStream): Promise<StreamPart[]> {
  const parts: StreamPart[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

async function gathered(opened: ModelStream): Promise<ModelAnswer> {
  const collector = answerCollector()
  for (const part of await partsOf(opened)) collector.add(part)
  return collector.answer() as ModelAnswer
}

const textOf = ({ content }: ModelAnswer) => content.map((part) => (part.type === 'text' ? part.text : '')).join('')

describe('retryMiddleware of streams', () => {
  const soon = { policy: { delayMinMs: 0, jitter: 0 } }

  test('tries again what fails before the first content, and nothing of it is seen', async () => {
    const { model, calls } = streamingModel(
      [{ type: 'stream-start', warnings: [] }, { type: 'text-start', id: '0' }, overloaded()],
      [{ type: 'stream-start', warnings: [] }, { type: 'text-start', id: '0' }, delta('fine'), finish],
    )
    const parts = await partsOf(await retryMiddleware(soon)(model).doStream(call))
    expect(parts.map(({ type }) => type)).toEqual(['stream-start', 'text-start', 'text-delta', 'finish'])
    expect(parts.at(-1)).toMatchObject({ providerMetadata: { mabeam: { retries: 1 } } })
    expect(calls).toHaveLength(2)
  })

  test('passes on what fails after it, and does not ask again', async () => {
    const { model, calls } = streamingModel([delta('fi'), overloaded()])
    await expect(partsOf(await retryMiddleware(soon)(model).doStream(call))).rejects.toThrow('overloaded')
    expect(calls).toHaveLength(1)
  })

  test('reads no further than the first content before anybody asks', async () => {
    const { model, seen } = streamingModel([{ type: 'text-start', id: '0' }, delta(''), delta('a'), delta('b'), finish])
    const { stream } = await retryMiddleware(soon)(model).doStream(call)
    await settled()
    expect(seen.read).toBe(3)
    await stream.cancel()
    expect(seen.cancelled).toBe(1)
  })
})

describe('timeoutMiddleware of streams', () => {
  const never = () => new Promise<never>(() => {})

  test('a stream without content in time is a timeout, though it pings', async () => {
    const clock = virtualClock()
    const { model, calls } = streamingModel([{ type: 'ping' }, { type: 'stream-start', warnings: [] }, never()])
    const reading = partsOf(await timeoutMiddleware({ timeoutMs: 500, clock })(model).doStream(call))
    const outcome = expect(reading).rejects.toMatchObject({
      code: 'dspx/model-timeout',
      data: { timeoutMs: 500, stage: 'first-part' },
    })
    await clock.advance(499)
    expect(calls[0]?.abortSignal?.aborted).toBe(false)
    await clock.advance(1)
    await outcome
    expect(calls[0]?.abortSignal?.aborted).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a reader that takes its time is no timeout', async () => {
    const clock = virtualClock()
    const { model } = streamingModel([delta('a'), delta('b'), finish])
    const { stream } = await timeoutMiddleware({ idleTimeoutMs: 100, clock })(model).doStream(call)
    const reader = stream.getReader()
    for (let i = 0; i < 3; i++) {
      await clock.advance(1_000)
      expect((await reader.read()).done).toBe(false)
    }
    expect((await reader.read()).done).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('an abort ends a stream that does not listen', async () => {
    const { model, seen } = streamingModel([delta('a'), never()])
    const stop = new AbortController()
    const reading = partsOf(await timeoutMiddleware()(model).doStream({ ...call, abortSignal: stop.signal }))
    const outcome = expect(reading).rejects.toThrow('enough')
    await settled()
    stop.abort(new Error('enough'))
    await outcome
    expect(seen.cancelled).toBe(1)
  })
})

describe('cacheMiddleware of streams', () => {
  test('a stream that was read to its end is an answer of the cache, whole and as a stream, and so is the other way', async () => {
    const model = scriptedModel(['one two three'])
    const asked = cacheMiddleware({ store: memoryCacheStore({ entriesMax: 10 }) })(model)
    const first = await gathered(await asked.doStream(call))
    const whole = await asked.doGenerate(call)
    const again = await gathered(await asked.doStream(call))
    expect([first, whole, again].map(textOf)).toEqual(['one two three', 'one two three', 'one two three'])
    expect([first, whole, again].map((one) => answerMetadata(one).cached)).toEqual([undefined, true, true])
    expect(new Set([first, whole, again].map((one) => answerMetadata(one).cacheKey)).size).toBe(1)
    await asked.doGenerate({ prompt: promptOf('y') })
    await gathered(await asked.doStream({ prompt: promptOf('y') }))
    expect(model.calls).toHaveLength(2)
  })

  test('a stream that broke or was given up is not kept', async () => {
    const { model, calls } = streamingModel([delta('a'), overloaded()], [delta('a'), delta('b'), finish])
    const asked = cacheMiddleware({ store: memoryCacheStore({ entriesMax: 10 }) })(model)
    await expect(gathered(await asked.doStream(call))).rejects.toThrow('overloaded')
    const { stream } = await asked.doStream(call)
    await stream.getReader().cancel()
    await gathered(await asked.doStream(call))
    await gathered(await asked.doStream(call))
    expect(calls).toHaveLength(3)
  })

  test.each(['bypass', 'refresh', 'read-only', 'use'] as const)(
    'a call may say how it uses the cache: %s',
    async (cache) => {
      const store = memoryCacheStore({ entriesMax: 10 })
      const model = scriptedModel(['old', 'new', 'newer'])
      const asked = cacheMiddleware({ store })(model)
      await asked.doGenerate(call)
      const told: ModelCall = { ...call, providerOptions: { mabeam: { cache } } }
      const isAsked = cache === 'bypass' || cache === 'refresh'
      expect(textOf(await asked.doGenerate(told))).toBe(isAsked ? 'new' : 'old')
      expect(textOf(await gathered(await asked.doStream(told)))).toBe(isAsked ? 'newer' : 'old')
      expect(textOf(await asked.doGenerate(call))).toBe(cache === 'refresh' ? 'newer' : 'old')
      await asked.doGenerate({ prompt: promptOf('other'), providerOptions: { mabeam: { cache } } })
      expect(store.entries).toBe(cache === 'use' || cache === 'refresh' ? 2 : 1)
    },
  )

  test('what is said wrongly of the cache is refused', async () => {
    const asked = cacheMiddleware({ store: memoryCacheStore({ entriesMax: 10 }) })(scriptedModel(['x']))
    const told = (mabeam: object): ModelCall => ({ ...call, providerOptions: { mabeam: mabeam as never } })
    await expect(asked.doGenerate(told({ cache: 'off' }))).rejects.toThrow(
      'providerOptions.mabeam: cache: expected one of',
    )
    await expect(asked.doStream(told({ cash: 'use' }))).rejects.toThrow('did you mean "cache"')
  })
})

describe('what is told of streams', () => {
  test('usage, price, latency and the first content are told once, at the end', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    const wait = () => clock.advance(30)
    const { model } = streamingModel([{ type: 'text-start', id: '0' }, wait(), delta('a'), delta('b'), finish])
    const price = { usdPerMillionTokensIn: 1_000_000, usdPerMillionTokensOut: 0 }
    const layers = [
      latencyMiddleware({ clock }),
      attemptMiddleware({ clock, telemetry }),
      usageMiddleware({ telemetry, price }),
    ]
    const answer = await gathered(await layers.reduce((inner, layer) => layer(inner), model).doStream(call))
    expect(answerMetadata(answer)).toMatchObject({ costUsd: 1 })
    expect(telemetry.events).toMatchObject([
      { name: 'dspx.model-attempt-ended', metadata: { form: 'stream', outcome: 'answered', finishReason: 'stop' } },
      { name: 'dspx.call-completed', measurements: { costUsd: 1, tokensOut: 1 } },
    ])
  })

  test.each([
    ['breaks', 'failed', [delta('a'), overloaded()]],
    ['is given up', 'aborted', [delta('a'), delta('b'), finish]],
    ['ends without an end', 'aborted', [delta('a')]],
  ] as const)('a stream that %s is told of as %s', async (how, outcome, script) => {
    const telemetry = collectTelemetry()
    const { model } = streamingModel(script)
    const { stream } = await attemptMiddleware({ telemetry })(model).doStream(call)
    if (how === 'is given up') await stream.cancel()
    else await partsOf({ stream }).catch(() => {})
    expect(telemetry.events).toMatchObject([{ name: 'dspx.model-attempt-ended', metadata: { outcome } }])
  })

  test('each try over the network is an event, and none of them holds what was asked', async () => {
    const telemetry = collectTelemetry()
    const failing = new MabeamError('dspx/model-failed', 'm: no', { retryable: true, data: { status: 503 } })
    const bare = { id: 'm', scope: '', secrets: [], model: scriptedModel([failing, failing, 'the answer']) }
    const model = equippedModel(bare, layerSettings({ telemetry, retry: { delayMinMs: 0 } }))
    await model.doGenerate({ prompt: promptOf('a secret question') })
    expect(
      telemetry.named('dspx.model-attempt-ended').map(({ metadata }) => [metadata.outcome, metadata.status]),
    ).toEqual([
      ['failed', 503],
      ['failed', 503],
      ['answered', undefined],
    ])
    expect(telemetry.named('dspx.model-attempt-ended').map(({ measurements }) => measurements.attempt)).toEqual([
      1, 2, 3,
    ])
    expect(JSON.stringify(telemetry.events)).not.toMatch(/secret|the answer/)
  })
})

test('an answer survives being streamed and gathered', async () => {
  const answer: ModelAnswer = {
    ...textAnswer('one'),
    content: [
      { type: 'reasoning', text: 'hm', providerMetadata: { p: { signature: 's' } } },
      { type: 'text', text: 'one' },
      { type: 'tool-call', toolCallId: 'c', toolName: 't', input: '{}' },
      { type: 'text', text: 'two' },
    ],
    providerMetadata: { p: { a: 1 } },
    response: { modelId: 'm' },
  }
  expect(await gathered(streamOfAnswer(answer))).toEqual(answer)
})
