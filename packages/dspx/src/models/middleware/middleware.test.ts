import { MabeamError, memoryCacheStore } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { scriptedModel, textAnswer } from '../../testing/index.ts'
import type { LanguageModel, ModelCall, Prompt } from '../language-model.ts'
import { answerMetadata } from '../usage.ts'
import { cacheMiddleware } from './cache.ts'
import { callKeys } from './call-key.ts'
import { latencyMiddleware } from './latency.ts'
import { retryMiddleware } from './retry.ts'
import { timeoutMiddleware } from './timeout.ts'
import { usageMiddleware } from './usage.ts'

const promptOf = (text: string): Prompt => [{ role: 'user', content: [{ type: 'text', text }] }]
const overloaded = (data = {}) => new MabeamError('dspx/model-failed', 'm: overloaded', { retryable: true, data })
const neverModel = (calls: ModelCall[]): LanguageModel => ({
  ...scriptedModel(['']),
  doGenerate: (call) => {
    calls.push(call)
    return new Promise(() => {})
  },
})

describe('cacheMiddleware', () => {
  const cached = (model: LanguageModel, scope?: string, store = memoryCacheStore({ entriesMax: 100 })) =>
    cacheMiddleware({ store, ...(scope !== undefined && { scope }) })(model)

  test('the same call is made once, and the second answer says that it was cached', async () => {
    const model = scriptedModel(['one'])
    const asked = cached(model)
    const first = await asked.doGenerate({ prompt: promptOf('x') })
    const second = await asked.doGenerate({ prompt: promptOf('x') })
    expect(model.calls).toHaveLength(1)
    expect(second.content).toEqual(first.content)
    expect(answerMetadata(first).cached).toBeUndefined()
    expect(answerMetadata(second)).toMatchObject({ cached: true, retries: 0 })
  })

  test('a hundred at the same time are one call', async () => {
    const model = scriptedModel(['one'])
    const asked = cached(model)
    await Promise.all(Array.from({ length: 100 }, () => asked.doGenerate({ prompt: promptOf('x') })))
    expect(model.calls).toHaveLength(1)
  })

  test('prompt, parameters, seed above temperature 0, model and scope tell calls apart; seed at 0 does not', async () => {
    const model = scriptedModel(['one'])
    const store = memoryCacheStore({ entriesMax: 100 })
    const asked = cached(model, 'a', store)
    const prompt = promptOf('x')
    const distinct: ModelCall[] = [
      { prompt },
      { prompt: promptOf('y') },
      { prompt, temperature: 0 },
      { prompt, temperature: 1 },
      { prompt, temperature: 1, seed: 1 },
      { prompt, temperature: 1, seed: 2 },
      { prompt, seed: 2 },
      { prompt, maxOutputTokens: 5 },
      { prompt, responseFormat: { type: 'json' } },
    ]
    for (const call of distinct) await asked.doGenerate(call)
    expect(model.calls).toHaveLength(distinct.length)
    await asked.doGenerate({ prompt, temperature: 0, seed: 9 })
    await asked.doGenerate({ seed: 2, temperature: 1, prompt })
    expect(model.calls).toHaveLength(distinct.length)
    await cached(model, 'b', store).doGenerate({ prompt })
    await cached({ ...model, modelId: 'other' }, 'a', store).doGenerate({ prompt })
    expect(model.calls).toHaveLength(distinct.length + 2)
  })

  test('errors and answers that are not whole are not kept', async () => {
    const filtered = { ...textAnswer('no'), finishReason: { unified: 'content-filter' as const, raw: 'filter' } }
    const model = scriptedModel([overloaded(), filtered, 'fine'])
    const asked = cached(model)
    await expect(asked.doGenerate({ prompt: promptOf('x') })).rejects.toThrow('overloaded')
    expect((await asked.doGenerate({ prompt: promptOf('x') })).finishReason.unified).toBe('content-filter')
    expect((await asked.doGenerate({ prompt: promptOf('x') })).content).toEqual([{ type: 'text', text: 'fine' }])
  })

  test('the one who asked first may give up without failing those who wait', async () => {
    const first = new AbortController()
    const model = scriptedModel(async (call, index) => {
      if (index > 0) return 'second'
      await new Promise((_, reject) =>
        call.abortSignal?.addEventListener('abort', () => reject(call.abortSignal?.reason)),
      )
      return 'never'
    })
    const asked = cached(model)
    const leader = asked.doGenerate({ prompt: promptOf('x'), abortSignal: first.signal })
    await settled()
    const follower = asked.doGenerate({ prompt: promptOf('x') })
    first.abort(new Error('my own reason'))
    await expect(leader).rejects.toThrow('my own reason')
    expect((await follower).content).toEqual([{ type: 'text', text: 'second' }])
  })

  test('one who waits may give up at once while the call goes on', async () => {
    const asked = cached(neverModel([]))
    void asked.doGenerate({ prompt: promptOf('x') })
    const waiting = new AbortController()
    const follower = asked.doGenerate({ prompt: promptOf('x'), abortSignal: waiting.signal })
    waiting.abort(new Error('enough'))
    await expect(follower).rejects.toThrow('enough')
  })
})

describe('callKeys', () => {
  const frozen = (role: 'user' | 'assistant', text: string) =>
    Object.freeze({ role, content: Object.freeze([Object.freeze({ type: 'text', text })]) }) as never

  test('a remembered front gives the same key as one that was never seen', () => {
    const front = [frozen('user', 'a'), frozen('assistant', 'b')]
    const keyOf = callKeys('m')
    const ask = (text: string): ModelCall => ({ prompt: [...front, ...promptOf(text)] })
    const keys = [keyOf(ask('1')), keyOf(ask('2')), keyOf(ask('1'))]
    expect(keys[0]).toBe(keys[2])
    expect(keys[0]).not.toBe(keys[1])
    expect(callKeys('m')(structuredClone(ask('2')))).toBe(keys[1])
  })

  test('a front that shares its ends with a remembered one but not its middle has another key', () => {
    const [a, b, c, d] = [frozen('user', 'a'), frozen('user', 'b'), frozen('user', 'c'), frozen('user', 'd')]
    const keyOf = callKeys('m')
    expect(keyOf({ prompt: [a, b, d, ...promptOf('x')] })).not.toBe(keyOf({ prompt: [a, c, d, ...promptOf('x')] }))
  })

  test('messages that can be changed are read anew each time', () => {
    const message = { role: 'user' as const, content: [{ type: 'text' as const, text: 'a' }] }
    const keyOf = callKeys('m')
    const before = keyOf({ prompt: [message, ...promptOf('x')] })
    message.content[0] = { type: 'text', text: 'b' }
    expect(keyOf({ prompt: [message, ...promptOf('x')] })).not.toBe(before)
  })
})

describe('retryMiddleware', () => {
  test('tries again what is retryable, no sooner than asked, and counts it', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    const model = scriptedModel([overloaded({ retryAfterMs: 5_000 }), overloaded(), 'fine'])
    const policy = { delayMinMs: 100, jitter: 0 }
    const answer = retryMiddleware({ policy, clock, telemetry })(model).doGenerate({ prompt: promptOf('x') })
    await clock.advance(4_999)
    expect(model.calls).toHaveLength(1)
    await clock.advance(1)
    expect(model.calls).toHaveLength(2)
    await clock.advance(200)
    expect(answerMetadata(await answer).retries).toBe(2)
    expect(telemetry.named('dspx.call-retried').map(({ measurements }) => measurements.delayMs)).toEqual([5_000, 200])
    expect(clock.pendingTimers).toBe(0)
  })

  test.each([1, 3])('gives up after %i attempts with the number of retries', async (attemptsMax) => {
    const clock = virtualClock()
    const model = scriptedModel([overloaded()])
    const answer = retryMiddleware({ policy: { attemptsMax, delayMinMs: 0 }, clock })(model).doGenerate({
      prompt: promptOf('x'),
    })
    const outcome = expect(answer).rejects.toMatchObject(
      attemptsMax === 1 ? { code: 'dspx/model-failed' } : { data: { retries: attemptsMax - 1 } },
    )
    await clock.advance(1_000)
    await outcome
    expect(model.calls).toHaveLength(attemptsMax)
  })

  test('does not try again what is refused', async () => {
    const model = scriptedModel([new MabeamError('dspx/model-failed', 'm: bad request')])
    await expect(retryMiddleware()(model).doGenerate({ prompt: promptOf('x') })).rejects.toThrow('bad request')
    expect(model.calls).toHaveLength(1)
  })

  test('waiting ends with the signal', async () => {
    const clock = virtualClock()
    const stop = new AbortController()
    const answer = retryMiddleware({ clock })(scriptedModel([overloaded()])).doGenerate({
      prompt: promptOf('x'),
      abortSignal: stop.signal,
    })
    await settled()
    stop.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('timeoutMiddleware', () => {
  test('ends a call that takes too long, and tells the provider', async () => {
    const clock = virtualClock()
    const calls: ModelCall[] = []
    const answer = timeoutMiddleware({ timeoutMs: 100, clock })(neverModel(calls)).doGenerate({ prompt: promptOf('x') })
    const outcome = expect(answer).rejects.toMatchObject({
      code: 'dspx/model-timeout',
      retryable: true,
      data: { timeoutMs: 100 },
    })
    await clock.advance(99)
    expect(calls[0]?.abortSignal?.aborted).toBe(false)
    await clock.advance(1)
    await outcome
    expect(calls[0]?.abortSignal?.aborted).toBe(true)
  })

  test('leaves no timer behind, whether the call succeeds, fails or is given up', async () => {
    const clock = virtualClock()
    const limited = timeoutMiddleware({ clock })
    await limited(scriptedModel(['fine'])).doGenerate({ prompt: promptOf('x') })
    await expect(limited(scriptedModel([overloaded()])).doGenerate({ prompt: promptOf('x') })).rejects.toThrow()
    const stop = new AbortController()
    const answer = limited(neverModel([])).doGenerate({ prompt: promptOf('x'), abortSignal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('usageMiddleware and latencyMiddleware', () => {
  test('what the model declares wins over what is measured and looked up', async () => {
    const declared = { ...textAnswer('x'), providerMetadata: { mabeam: { latencyMs: 90, costUsd: 0.5 } } }
    const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 }
    const model = usageMiddleware({ price })(latencyMiddleware({ clock: virtualClock() })(scriptedModel([declared])))
    expect(answerMetadata(await model.doGenerate({ prompt: promptOf('x') }))).toEqual({ latencyMs: 90, costUsd: 0.5 })
  })

  test('prices tokens by kind and measures time where nothing is declared', async () => {
    const clock = virtualClock()
    const answer = textAnswer('one two')
    const inputTokens = { total: 1_000, noCache: 600, cacheRead: 300, cacheWrite: 100 }
    const script = async () => {
      await clock.advance(40)
      return { ...answer, usage: { ...answer.usage, inputTokens } }
    }
    const price = {
      usdPerMillionTokensIn: 10,
      usdPerMillionTokensOut: 100,
      usdPerMillionTokensCacheRead: 1,
      usdPerMillionTokensCacheWrite: 20,
    }
    const model = usageMiddleware({ price })(latencyMiddleware({ clock })(scriptedModel(script)))
    const { latencyMs, costUsd } = answerMetadata(await model.doGenerate({ prompt: promptOf('x') }))
    expect(latencyMs).toBe(40)
    expect(costUsd).toBeCloseTo((6_000 + 300 + 2_000 + 200) / 1e6, 12)
  })

  test('tells what the provider ignored, also when the answer comes from the cache', async () => {
    const telemetry = collectTelemetry()
    const warnings = [{ type: 'unsupported' as const, feature: 'temperature', details: 'ignored' }]
    const store = memoryCacheStore({ entriesMax: 1 })
    const cached = cacheMiddleware({ store })(scriptedModel([{ ...textAnswer('x'), warnings }]))
    const model = usageMiddleware({ telemetry })(cached)
    for (let i = 0; i < 2; i++) await model.doGenerate({ prompt: promptOf('x') })
    expect(telemetry.events.map(({ metadata }) => metadata.warnings)).toEqual([
      ['temperature: ignored'],
      ['temperature: ignored'],
    ])
  })

  test('emits one event for each call', async () => {
    const telemetry = collectTelemetry()
    const model = usageMiddleware({ telemetry })(scriptedModel(['fine', overloaded({ retries: 3 })]))
    await model.doGenerate({ prompt: promptOf('x') })
    await expect(model.doGenerate({ prompt: promptOf('x') })).rejects.toThrow()
    expect(telemetry.events).toMatchObject([
      { name: 'dspx.call-completed', measurements: { tokensOut: 1, retries: 0 }, metadata: { modelId: 'script' } },
      { name: 'dspx.call-failed', measurements: { retries: 3 }, metadata: { code: 'dspx/model-failed' } },
    ])
  })
})
