import { memoryCacheStore } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { chainOfThought } from '../../programs/predictor.ts'
import { detailsOf } from '../../programs/result.ts'
import { signature } from '../../signatures/signature.ts'
import { createBudget } from '../budget/budget.ts'
import { cacheKeyOf } from '../equipped-model.ts'
import type { ModelCall, StreamPart } from '../language-model.ts'
import { createModels } from '../models.ts'
import { chunks, completion } from './chat-completions.fixture.ts'
import { hostedModel } from './hosted.ts'
import { anthropic, compatible, google, groq, openai } from './provider-models.ts'
import { serveProvider } from './provider-server.fixture.ts'

const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }
const apiKey = 'sk-test-0123456789abcdef'

describe('models by function', () => {
  test('errors hide the key, and what headers carry to prove who one is', () => {
    const headers = { Authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': 'k1234567', 'x-team': 'mail' }
    const settings = { apiKey, baseUrl: 'http://127.0.0.1:1/v1', headers }
    const { secrets } = hostedModel({ provider: 'compatible', name: 'llama', env: {}, settings })
    expect(secrets).toEqual(expect.arrayContaining([apiKey, 'dXNlcjpwYXNz', 'k1234567']))
    expect(secrets).not.toContain('mail')
  })

  test('a program is run with one, and its cost is known', async () => {
    const text =
      '[[ ## reasoning ## ]]\nAn invoice.\n\n[[ ## team ## ]]\nbilling\n\n[[ ## urgency ## ]]\n2\n\n[[ ## completed ## ]]'
    await using server = await serveProvider(completion({ content: text }, 'stop'))
    const triage = chainOfThought(signature('mail: string -> team: "billing" | "tech" | "sales", urgency: int'))
    const lm = openai('gpt-4.1-mini', { apiKey, baseUrl: server.url, headers: { 'x-team': 'mail' } })
    const result = await triage.run({ mail: 'I was billed twice' }, { lm })
    expect(result).toMatchObject({ team: 'billing', urgency: 2 })
    expect(detailsOf(result)?.usage.costUsd).toBeCloseTo((12 * 0.4 + 8 * 0.1 + 12 * 1.6) / 1e6, 12)
    expect(server.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, 'x-team': 'mail' })
  })

  test('budget, cache, price and events are given where the model is made', async () => {
    await using server = await serveProvider(completion({ content: 'fine' }, 'stop'))
    const telemetry = collectTelemetry()
    const budget = createBudget({ usd: 1 })
    const cache = memoryCacheStore({ entriesMax: 10 })
    const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 }
    const lm = compatible('llama', { baseUrl: server.url, budget, cache, price, telemetry })
    for (let i = 0; i < 2; i++) await lm.doGenerate(call)
    expect(server.requests).toHaveLength(1)
    expect(budget.spent).toEqual({ calls: 1, tokens: 32, usd: 32 / 1e6 })
    expect(telemetry.named('dspx.call-completed').map(({ metadata }) => metadata.cached)).toEqual([false, true])
    expect(await cache.get(cacheKeyOf(lm, call))).toContain('fine')
  })

  test('a stream of a compatible server tells its usage', async () => {
    await using server = await serveProvider(chunks([{ content: 'fine' }], 'stop'))
    const { stream } = await compatible('llama', { baseUrl: server.url }).doStream(call)
    const parts: StreamPart[] = []
    for await (const part of stream) parts.push(part)
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { outputTokens: { total: 12 } } })
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ stream_options: { include_usage: true } })
  })

  test('the address and the interface are part of the key of a cache', () => {
    const keys = [
      openai('m', { apiKey }),
      openai('m', { apiKey, api: 'responses' }),
      openai('m', { apiKey, baseUrl: 'http://127.0.0.1:1/v1' }),
      openai('n', { apiKey }),
      groq('m', { apiKey }),
    ].map((model) => cacheKeyOf(model, call))
    expect(new Set(keys).size).toBe(5)
    expect(cacheKeyOf(openai('m', { apiKey: 'sk-another-key-0123' }), call)).toBe(keys[0])
  })

  test.each([
    ['openai', openai, 'OPENAI_API_KEY'],
    ['anthropic', anthropic, 'ANTHROPIC_API_KEY'],
    ['google', google, 'GOOGLE_GENERATIVE_AI_API_KEY'],
    ['groq', groq, 'GROQ_API_KEY'],
    ['compatible', compatible, 'MABEAM_COMPATIBLE_URL'],
  ] as const)(
    '%s without what it needs says what that is; a name and options are checked',
    (provider, make, variable) => {
      expect(() => createModels({ env: {} }).get(`${provider}/m`)).toThrow(
        expect.objectContaining({ code: 'dspx/missing-setting', data: { variable } }),
      )
      expect(() => make('')).toThrow(`${provider}: name: expected the name of a model`)
      expect(() => make('m', { apiKei: 'x' } as never)).toThrow('did you mean "apiKey"')
      expect(() => make('m', { apiKey, timeoutMs: 0 })).toThrow('timeoutMs: expected an integer from 1')
      expect(make('m', { apiKey, baseUrl: 'http://127.0.0.1:1', timeoutMs: undefined } as never).modelId).toBe(
        `${provider}/m`,
      )
    },
  )

  test('only OpenAI has two interfaces', () => {
    expect(() => groq('m', { apiKey, api: 'responses' } as never)).toThrow('unknown option "api"')
  })
})
