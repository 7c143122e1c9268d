import { memoryCacheStore } from '@mabeam/foundation'
import { eventually, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { localModel } from '../local/local-model.ts'
import { localModelVersion } from '../local/sizes.ts'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/index.ts'
import type { Prompt } from './language-model.ts'
import { callKeys } from './middleware/call-key.ts'
import { createModels } from './models.ts'
import { serveProvider, type WireReply } from './providers/provider-server.fixture.ts'
import { answerMetadata } from './usage.ts'

const chatReply = (content: string): WireReply => ({
  status: 200,
  body: {
    id: 'x',
    created: 1,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: 100,
      total_tokens: 1_100,
      prompt_tokens_details: { cached_tokens: 400 },
    },
  },
})
const anthropicReply: WireReply = {
  status: 200,
  body: {
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-4-5',
    content: [{ type: 'text', text: 'Paris' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1_000, output_tokens: 10 },
  },
}
const fails = (status: number, message: string, headers: Record<string, string> = {}): WireReply => ({
  status,
  headers,
  body: { error: { message, type: 'test', param: null, code: null } },
})
const prompt: Prompt = [{ role: 'user', content: [{ type: 'text', text: 'Capital of France?' }] }]
const soon = { delayMinMs: 0, jitter: 0 }
const key = 'sk-test-0123456789abcdef'

describe('providers over HTTP', () => {
  test('openai: key, chat completions, usage and list price', async () => {
    await using server = await serveProvider(chatReply('Paris'))
    const models = createModels({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${server.url}/v1` } })
    const capital = predict('question -> answer', { lm: models.get('openai/gpt-4.1-mini'), temperature: 0 })
    const outputs = await capital.run({ question: 'Capital of France?' })
    const { usage, attempts } = outputs
    expect(outputs).toEqual({ answer: 'Paris' })
    expect(usage).toMatchObject({ calls: 1, tokensIn: 1_000, tokensOut: 100, retries: 0, cachedCalls: 0 })
    expect(usage.costUsd).toBeCloseTo((600 * 0.4 + 400 * 0.1 + 100 * 1.6) / 1e6, 12)
    expect(usage.latencyMs).toBeGreaterThan(0)
    expect(attempts[0]?.modelId).toBe('openai/gpt-4.1-mini')
    expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions' })
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`)
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({ model: 'gpt-4.1-mini', temperature: 0 })
  })

  test('anthropic: key, messages, usage', async () => {
    await using server = await serveProvider(anthropicReply)
    const models = createModels({ env: { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: `${server.url}/v1` } })
    const answer = await models.get('anthropic/claude-haiku-4-5').doGenerate({ prompt })
    expect(answer.content).toMatchObject([{ type: 'text', text: 'Paris' }])
    expect(answerMetadata(answer).costUsd).toBeCloseTo((1_000 * 1 + 10 * 5) / 1e6, 12)
    expect(server.requests[0]).toMatchObject({ path: '/v1/messages' })
    expect(server.requests[0]?.headers['x-api-key']).toBe(key)
  })

  test('compatible: no key needed, an unknown price leaves the cost unknown, and prices can be given', async () => {
    await using server = await serveProvider(chatReply('Paris'))
    const env = { MABEAM_COMPATIBLE_URL: `${server.url}/v1` }
    const unpriced = await createModels({ env }).get('compatible/llama').doGenerate({ prompt })
    expect(answerMetadata(unpriced).costUsd).toBeUndefined()
    const prices = { 'compatible/llama': { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 0 } }
    const priced = await createModels({ env, prices }).get('compatible/llama').doGenerate({ prompt })
    expect(answerMetadata(priced).costUsd).toBeCloseTo(0.001, 12)
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  test.each([429, 500, 503, 'drop' as const])('%s is tried again and counted', async (failure) => {
    const failed = failure === 'drop' ? 'drop' : fails(failure, 'try later')
    await using server = await serveProvider(failed, failed, chatReply('Paris'))
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: server.url }, retry: soon })
    const answer = await models.get('compatible/m').doGenerate({ prompt })
    expect(answerMetadata(answer).retries).toBe(2)
    expect(server.requests).toHaveLength(3)
  })

  test.each([400, 401, 404, 422])('%i is refused at once', async (status) => {
    await using server = await serveProvider(fails(status, 'no such thing'))
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: server.url }, retry: soon })
    await expect(models.get('compatible/m').doGenerate({ prompt })).rejects.toMatchObject({
      code: 'dspx/model-failed',
      retryable: false,
      message: `compatible/m: expected an answer, got HTTP status ${status}: no such thing`,
      data: { status, modelId: 'compatible/m' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('an answer that is not JSON is a failure with a clear sentence', async () => {
    await using server = await serveProvider({ status: 200, body: '<html>gateway</html>' })
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: server.url }, retry: soon })
    await expect(models.get('compatible/m').doGenerate({ prompt })).rejects.toMatchObject({ code: 'dspx/model-failed' })
  })

  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after-ms': '1500', 'retry-after': '7' }, 1_500],
    [{ 'retry-after': new Date(1_750_000_009_000).toUTCString() }, 9_000],
    [{ 'retry-after': 'soon' }, undefined],
  ])('retry-after %j is understood', async (headers, retryAfterMs) => {
    await using server = await serveProvider(fails(429, 'slow down', headers as Record<string, string>))
    const models = createModels({
      env: { MABEAM_COMPATIBLE_URL: server.url },
      retry: { attemptsMax: 1 },
      clock: virtualClock(),
    })
    const failure = await Promise.resolve(models.get('compatible/m').doGenerate({ prompt })).catch((thrown) => thrown)
    expect(failure).toMatchObject({ code: 'dspx/model-failed', retryable: true, data: { status: 429 } })
    expect(failure.data.retryAfterMs).toBe(retryAfterMs)
  })

  test('a server that never answers times out, and hears of it', async () => {
    await using server = await serveProvider('hang')
    const clock = virtualClock()
    const env = { MABEAM_COMPATIBLE_URL: server.url }
    const models = createModels({ env, clock, timeoutMs: 2_000, retry: { ...soon, attemptsMax: 2 } })
    const answer = Promise.resolve(models.get('compatible/m').doGenerate({ prompt }))
    const outcome = expect(answer).rejects.toMatchObject({
      code: 'dspx/model-timeout',
      data: { timeoutMs: 2_000, retries: 1 },
    })
    await eventually(() => server.requests.length === 1)
    await clock.advance(2_000)
    await eventually(() => server.requests.length === 2)
    await clock.advance(2_000)
    await outcome
    await eventually(() => server.hungUp() === 2)
    expect(clock.pendingTimers).toBe(0)
  })

  test('an aborted call ends the request with the reason of the signal', async () => {
    await using server = await serveProvider('hang')
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: server.url } })
    const stop = new AbortController()
    const answer = predict('q -> a', { lm: models.get('compatible/m') }).run({ q: 'x' }, { signal: stop.signal })
    const outcome = expect(answer).rejects.toThrow('enough')
    await eventually(() => server.requests.length === 1)
    stop.abort(new Error('enough'))
    await outcome
    await eventually(() => server.hungUp() === 1)
  })

  test('errors show no key, however the provider repeats it', async () => {
    const said = `Incorrect API key provided: ${key}. You can find it; header was Bearer ${key}, or sk-proj-other***wxyz`
    await using server = await serveProvider(fails(401, said))
    const models = createModels({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: server.url } })
    const failure = await Promise.resolve(models.get('openai/gpt-4o').doGenerate({ prompt })).catch((thrown) => thrown)
    expect(failure.message).toContain('[secret]')
    const everything = `${failure.message} ${JSON.stringify(failure)} ${failure.cause?.message} ${failure.stack}`
    expect(everything).not.toContain(key)
    expect(everything).not.toContain('sk-proj-other')
  })

  test('a cached answer is never asked for again, also by other models objects, but by another server', async () => {
    await using server = await serveProvider(chatReply('Paris'))
    await using other = await serveProvider(chatReply('Lyon'))
    const cache = memoryCacheStore({ entriesMax: 10 })
    const ask = async (url: string) => {
      const prices = { 'compatible/m': { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 } }
      const models = createModels({ env: { MABEAM_COMPATIBLE_URL: url }, cache, prices })
      return (await predict('q -> a', { lm: models.get('compatible/m') }).run({ q: 'x' })).usage
    }
    const first = await ask(server.url)
    const second = await ask(server.url)
    expect(server.requests).toHaveLength(1)
    expect(first).toMatchObject({ cachedCalls: 0, costUsd: 0.0011, spentUsd: 0.0011 })
    expect(second).toEqual({ ...first, cachedCalls: 1, spentUsd: 0 })
    expect(await ask(other.url)).toMatchObject({ cachedCalls: 0 })
  })
})

describe('createModels', () => {
  test.each([
    ['openai/gpt-4o', 'OPENAI_API_KEY'],
    ['anthropic/claude-haiku-4-5', 'ANTHROPIC_API_KEY'],
    ['compatible/llama', 'MABEAM_COMPATIBLE_URL'],
  ])('%s without %s names the variable and a way out', (id, variable) => {
    expect(() => createModels({ env: { [variable]: ' ' } }).get(id)).toThrow(`models: ${variable}: expected`)
    expect(() => createModels({ env: {} }).get(id)).toThrow('use a local model such as "local/small"')
  })

  test.each(['gpt-4o', 'openai/', 'opnai/gpt-4o', 'local/huge', '', '__proto__/x', undefined])(
    'the id %j is refused with what is known',
    (id) => {
      const get = () => createModels({ env: { OPENAI_API_KEY: key } }).get(id as string)
      expect(get).toThrow(expect.objectContaining({ code: 'dspx/unknown-model' }))
      expect(get).toThrow(/local\//)
    },
  )

  test('the same id is the same model, and local models declare price and latency', async () => {
    const models = createModels({ env: {} })
    expect(models.get('local/small')).toBe(models.get('local/small'))
    const answer = await models.get('local/small').doGenerate({ prompt })
    expect(answerMetadata(answer).costUsd).toBeGreaterThan(0)
    expect(answerMetadata(answer).latencyMs).toBeGreaterThan(0)
  })

  test('models of your own are known by the ids you give them', async () => {
    const model = scriptedModel(['Paris'])
    const found = createModels({ env: {}, custom: { 'mine/best': model } }).get('mine/best')
    expect(found.modelId).toBe('mine/best')
    await found.doGenerate({ prompt })
    expect(model.calls).toHaveLength(1)
  })

  test('answers of local models are kept under the version of the local model, whatever id they have', async () => {
    const keys: string[] = []
    const cache = { get: async () => undefined, set: async (key: string) => void keys.push(key) }
    const models = createModels({ env: {}, cache, custom: { 'mine/local': localModel('small') } })
    const call = { prompt }
    await models.get('local/small').doGenerate(call)
    await models.get('mine/local').doGenerate(call)
    const version = `local/${localModelVersion}`
    const expected = [`mabeam/local/small@${version}`, `mabeam/mine/local@${version}/small`]
    expect(keys).toEqual(expected.map((scoped) => callKeys(scoped)(call)))
  })

  test('unknown options are refused', () => {
    expect(() => createModels({ retry: { retriesMax: 0 } as never })).toThrow('retry: unknown option "retriesMax"')
    expect(() => createModels({ timeoutSec: 3 } as never)).toThrow('createModels: unknown option "timeoutSec"')
    expect(() => createModels({ timeoutMs: 0 })).toThrow('timeoutMs: expected an integer from 1')
  })
})
