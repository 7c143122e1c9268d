/** What stands around embedding models: split, order, cache, retry, rate, budget, checks, cassette, events. */

import { getEventListeners } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APICallError } from '@ai-sdk/provider'
import { memoryCacheStore } from '@mabeam/foundation'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBudget } from '../budget/budget.ts'
import { createModels, type ModelsOptions } from '../models.ts'
import { serveProvider } from '../providers/provider-server.fixture.ts'
import { embeddingTextsMax } from './embedding-check.ts'
import { type EmbeddingAnswer, type EmbeddingCall, type EmbeddingModel, embeddingMetadata } from './embedding-model.ts'
import { embeddingRequestBytesMax, embeddingRequestsMax } from './equipped-embedding.ts'

const soon = { delayMinMs: 0, jitter: 0 }
/** A vector that tells which text it is of. */
const vectorOf = (text: string) => [text.length, ...[0, 1].map((at) => text.charCodeAt(at) || 0)]

interface Script {
  readonly perCall?: number
  readonly parallel?: boolean
  /** What the n-th request does instead of answering. */
  readonly instead?: (n: number, call: EmbeddingCall) => Promise<EmbeddingAnswer> | EmbeddingAnswer | Error | undefined
}

function scripted({ perCall = 3, parallel = true, instead }: Script = {}) {
  const calls: EmbeddingCall[] = []
  const seen = { atOnce: 0, most: 0 }
  const model: EmbeddingModel = {
    specificationVersion: 'v4',
    provider: 'script',
    modelId: 'script',
    maxEmbeddingsPerCall: perCall,
    supportsParallelCalls: parallel,
    doEmbed: async (call) => {
      calls.push(call)
      const other = instead?.(calls.length, call)
      seen.most = Math.max(seen.most, ++seen.atOnce)
      try {
        await Promise.resolve()
        if (other instanceof Error) throw other
        if (other !== undefined) return await other
        const tokens = call.values.reduce((sum, text) => sum + text.length, 0)
        return { embeddings: call.values.map(vectorOf), usage: { tokens }, warnings: [] }
      } finally {
        seen.atOnce -= 1
      }
    },
  }
  return { model, calls, seen }
}

const equipped = (model: EmbeddingModel, options: ModelsOptions = {}) =>
  createModels({ env: {}, retry: soon, customEmbeddings: { 'my/embedder': model }, ...options }).embedding(
    'my/embedder',
  )
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `t${at}`)
const failing = (statusCode: number, responseHeaders: Record<string, string> = {}) =>
  new APICallError({
    message: `status ${statusCode}`,
    url: 'http://x',
    requestBodyValues: {},
    statusCode,
    responseHeaders,
  })

describe('many texts', () => {
  test('are split at the limit of the provider, a few requests at once, and come back in order', async () => {
    const { model, calls, seen } = scripted()
    const texts = numbered(32)
    const answer = await equipped(model).doEmbed({ values: texts })
    expect(answer.embeddings).toEqual(texts.map(vectorOf))
    expect(calls.map(({ values }) => values.length)).toEqual([...Array(10).fill(3), 2])
    expect(seen.most).toBe(embeddingRequestsMax)
    expect(answer.usage?.tokens).toBe(texts.join('').length)
    expect(embeddingMetadata(answer)).toMatchObject({ requests: 11, retries: 0, cachedTexts: 0 })
  })

  test('are asked one request after the other where the provider takes no more', async () => {
    const { model, seen } = scripted({ parallel: false })
    await equipped(model).doEmbed({ values: numbered(12) })
    expect(seen.most).toBe(1)
  })

  test('that are long make smaller requests, and one that is too long by itself is asked by itself', async () => {
    const { model, calls } = scripted({ perCall: 100 })
    const half = 'é'.repeat(embeddingRequestBytesMax / 4)
    const values = [half, `x${half}`, 'y'.repeat(embeddingRequestBytesMax + 1), 'z']
    await equipped(model).doEmbed({ values })
    expect(calls.map((call) => call.values.length)).toEqual([1, 1, 1, 1])
    const fits = scripted({ perCall: 100 })
    await equipped(fits.model).doEmbed({ values: [half, 'é'.repeat(embeddingRequestBytesMax / 4 - 1)] })
    expect(fits.calls).toHaveLength(1)
  })

  test('up to the limit are embedded with few in flight; one more, and what is no text, is refused', async () => {
    const { model, calls, seen } = scripted({ perCall: 2_048 })
    const embedder = equipped(model)
    const { embeddings } = await embedder.doEmbed({ values: numbered(embeddingTextsMax) })
    expect(embeddings).toHaveLength(embeddingTextsMax)
    expect([calls.length, seen.most]).toEqual([49, embeddingRequestsMax])
    expect(await embedder.maxEmbeddingsPerCall).toBe(embeddingTextsMax)
    const refused = (call: object) => expect(embedder.doEmbed(call as EmbeddingCall)).rejects
    await refused({ values: numbered(embeddingTextsMax + 1) }).toThrow(
      'my/embedder: values: expected an array of at most',
    )
    await refused({ values: ['a', 3] }).toThrow('my/embedder: values')
    await refused({}).toThrow('my/embedder: values')
    await refused({ values: ['a', ''] }).toThrow('my/embedder: values.1: expected a text that is not empty')
    await refused({ values: ['a'], dimensions: Number.NaN }).toThrow('my/embedder: dimensions')
    expect(calls).toHaveLength(49)
  })

  test('none are no request', async () => {
    const { model, calls } = scripted()
    const answer = await equipped(model).doEmbed({ values: [] })
    expect(answer).toMatchObject({ embeddings: [], usage: { tokens: 0 } })
    expect(calls).toHaveLength(0)
  })

  test('that are equal are embedded once, and their vectors are not the same object', async () => {
    const { model, calls } = scripted()
    const { embeddings } = await equipped(model).doEmbed({ values: ['a', 'b', 'a', 'a'] })
    expect(calls[0]?.values).toEqual(['a', 'b'])
    expect(embeddings).toEqual(['a', 'b', 'a', 'a'].map(vectorOf))
    expect(embeddings[0]).not.toBe(embeddings[2])
  })
})

describe('failures', () => {
  test('only the request that failed is made again, and each try is an event', async () => {
    const telemetry = collectTelemetry()
    const { model, calls } = scripted({ instead: (n) => (n === 2 ? failing(503) : undefined) })
    const answer = await equipped(model, { telemetry }).doEmbed({ values: numbered(6) })
    expect(answer.embeddings).toEqual(numbered(6).map(vectorOf))
    expect(calls.map(({ values }) => values[0])).toEqual(['t0', 't3', 't3'])
    expect(embeddingMetadata(answer)).toMatchObject({ requests: 2, retries: 1 })
    expect(telemetry.events.map(({ name, metadata }) => [name, metadata?.outcome ?? metadata?.code])).toEqual([
      ['dspx.model-attempt-ended', 'answered'],
      ['dspx.model-attempt-ended', 'failed'],
      ['dspx.call-retried', 'dspx/model-failed'],
      ['dspx.model-attempt-ended', 'answered'],
      ['dspx.embedding-completed', undefined],
    ])
    expect(telemetry.named('dspx.model-attempt-ended').map(({ metadata }) => metadata.form)).toEqual(
      Array(3).fill('embedding'),
    )
    expect(JSON.stringify(telemetry.events)).not.toContain('t0')
  })

  test('a refusal ends the call, and what was embedded until then is in the cache', async () => {
    const telemetry = collectTelemetry()
    let isRefused = true
    const { model, calls } = scripted({
      parallel: false,
      instead: (n) => (isRefused && n === 3 ? failing(400) : undefined),
    })
    const embedder = equipped(model, { telemetry, cache: memoryCacheStore({ entriesMax: 100 }) })
    await expect(embedder.doEmbed({ values: numbered(12) })).rejects.toMatchObject({
      code: 'dspx/model-failed',
      data: { status: 400, modelId: 'my/embedder' },
    })
    expect(telemetry.named('dspx.embedding-failed')[0]).toMatchObject({
      measurements: { texts: 12, retries: 0 },
      metadata: { code: 'dspx/model-failed' },
    })
    isRefused = false
    await embedder.doEmbed({ values: numbered(12) })
    expect(calls.slice(3).flatMap(({ values }) => values)).toEqual(numbered(12).slice(6))
  })

  test.each<[string, unknown, string]>([
    ['NaN', [[1, Number.NaN, 1]], 'expected vectors of finite numbers, got NaN in vector 0'],
    ['too few vectors', [], 'expected 1 vectors, got 0'],
    ['no vectors', undefined, 'expected 1 vectors, got none'],
    ['a vector that is none', ['x'], 'got one that is none'],
    ['an empty vector', [[]], 'got one of 0'],
  ])('%s is refused, counted and not asked for again', async (_, embeddings, sentence) => {
    const { model, calls } = scripted({ instead: () => ({ embeddings, warnings: [] }) as unknown as EmbeddingAnswer })
    const budget = createBudget({ calls: 5 })
    const cache = memoryCacheStore({ entriesMax: 9 })
    const asked = equipped(model, { budget, cache }).doEmbed({ values: ['a'] })
    await expect(asked).rejects.toMatchObject({ code: 'dspx/model-failed', data: { reason: 'unreadable' } })
    await expect(asked).rejects.toThrow(sentence)
    expect([calls.length, budget.spent.calls, cache.entries]).toEqual([1, 1, 0])
  })

  test('vectors of other lengths than asked, or than another request gave, are refused', async () => {
    await expect(equipped(scripted().model).doEmbed({ values: ['a'], dimensions: 2 })).rejects.toThrow(
      'expected vectors of 2 numbers, got one of 3',
    )
    const uneven = scripted({
      parallel: false,
      instead: (n, { values }) => (n === 2 ? { embeddings: values.map(() => [1, 2]), warnings: [] } : undefined),
    })
    await expect(equipped(uneven.model).doEmbed({ values: numbered(5) })).rejects.toThrow(
      'expected vectors of 3 numbers, got one of 2 (vector 3)',
    )
  })

  test('a model that never answers times out; a caller that leaves ends all requests and leaves nothing behind', async () => {
    const clock = virtualClock()
    const signals: AbortSignal[] = []
    const { model } = scripted({
      instead: (_, { abortSignal }) => {
        signals.push(abortSignal as AbortSignal)
        return new Promise(() => {})
      },
    })
    const embedder = equipped(model, { clock, timeoutMs: 500, retry: { attemptsMax: 1 } })
    const late = expect(embedder.doEmbed({ values: ['a'] })).rejects.toMatchObject({ code: 'dspx/model-timeout' })
    await clock.advance(500)
    await late
    const stop = new AbortController()
    const asked = expect(embedder.doEmbed({ values: numbered(30), abortSignal: stop.signal })).rejects.toBe('enough')
    await clock.advance(1)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
    stop.abort('enough')
    await asked
    expect(signals).toHaveLength(1 + embeddingRequestsMax)
    expect(signals.every(({ aborted }) => aborted)).toBe(true)
    expect(clock.pendingTimers).toBe(0)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
  })
})

describe('the cache', () => {
  test('holds each vector by itself, to the last bit, for any call that has its text', async () => {
    const cache = memoryCacheStore({ entriesMax: 100 })
    const odd = [0.1 + 0.2, Number.MIN_VALUE, -1 / 3]
    const { model, calls } = scripted({
      instead: (_, { values }) => ({ embeddings: values.map(() => odd), warnings: [] }),
    })
    const telemetry = collectTelemetry()
    const embedder = equipped(model, { cache, telemetry })
    await embedder.doEmbed({ values: ['a', 'b'] })
    const again = await embedder.doEmbed({ values: ['b', 'c', 'a'] })
    expect(again.embeddings).toEqual([odd, odd, odd])
    expect(calls.map(({ values }) => values)).toEqual([['a', 'b'], ['c']])
    expect(embeddingMetadata(again)).toMatchObject({ cachedTexts: 2, requests: 1 })
    expect(telemetry.named('dspx.embedding-completed').map(({ measurements }) => measurements.cachedTexts)).toEqual([
      0, 2,
    ])
  })

  test('tells models, servers, dimensions and options apart', async () => {
    const cache = memoryCacheStore({ entriesMax: 100 })
    const { model, calls } = scripted()
    const embedder = equipped(model, { cache })
    await embedder.doEmbed({ values: ['a'] })
    await embedder.doEmbed({ values: ['a'], dimensions: 3 })
    await embedder.doEmbed({ values: ['a'], providerOptions: { script: { kind: 'query' } } })
    await equipped({ ...model, modelId: 'other' }, { cache }).doEmbed({ values: ['a'] })
    expect(calls).toHaveLength(4)
    await embedder.doEmbed({ values: ['a'], providerOptions: { script: { kind: 'query' } } })
    expect(calls).toHaveLength(4)
  })

  test.each(['bypass', 'refresh', 'read-only', 'use'] as const)('a call may say how it uses it: %s', async (mode) => {
    const cache = memoryCacheStore({ entriesMax: 100 })
    const { model, calls } = scripted()
    const embedder = equipped(model, { cache })
    await embedder.doEmbed({ values: ['a'] })
    const providerOptions = { mabeam: { cache: mode } }
    await embedder.doEmbed({ values: ['a', 'b'], providerOptions })
    const isAsked = mode === 'bypass' || mode === 'refresh'
    expect(calls[1]?.values).toEqual(isAsked ? ['a', 'b'] : ['b'])
    expect(cache.entries).toBe(mode === 'bypass' || mode === 'read-only' ? 1 : 2)
    const wrong = embedder.doEmbed({ values: ['a'], providerOptions: { mabeam: { cache: 'off' } } })
    await expect(wrong).rejects.toThrow('providerOptions.mabeam: cache: expected one of')
  })

  test('that is damaged counts as empty, and one whose disk is full loses nothing and says so', async () => {
    const { model, calls } = scripted()
    const damaged = { get: async () => '{"version":1,"vector":"AAAA"}', set: async () => {} }
    expect((await equipped(model, { cache: damaged }).doEmbed({ values: ['a'] })).embeddings).toEqual([vectorOf('a')])
    expect(calls).toHaveLength(1)
    const full = { get: async () => undefined, set: () => Promise.reject(new Error('the disk is full')) }
    const answer = await equipped(model, { cache: full }).doEmbed({ values: ['a'] })
    expect(embeddingMetadata(answer)?.notKept).toBe('the disk is full')
  })
})

describe('a store of vectors', () => {
  test('that hangs is not waited for longer than the caller waits', async () => {
    const never = () => new Promise<never>(() => {})
    const slow = { get: async () => undefined, set: never }
    for (const cache of [slow, { get: never, set: never }]) {
      const stop = new AbortController()
      const answer = equipped(scripted().model, { cache }).doEmbed({ values: ['a'], abortSignal: stop.signal })
      await settled()
      stop.abort(new Error('enough'))
      await expect(answer).rejects.toThrow('enough')
    }
  })

  test('that holds those of a model as it was before is told of where they do not fit', async () => {
    const cache = memoryCacheStore({ entriesMax: 10 })
    let length = 2
    const model = scripted({
      instead: (_, { values }) => ({ embeddings: values.map(() => new Array(length).fill(1)), warnings: [] }),
    }).model
    await equipped(model, { cache }).doEmbed({ values: ['a', 'b'] })
    length = 3
    await expect(equipped(model, { cache }).doEmbed({ values: ['a', 'c'] })).rejects.toThrow(
      'vectors of 2 numbers, got one of 3 (vector 1); 1 came from the cache, which another cacheSalt begins anew',
    )
    const { embeddings } = await equipped(model, { cache, cacheSalt: 'new' }).doEmbed({ values: ['a', 'c'] })
    expect(embeddings.map((vector) => vector.length)).toEqual([3, 3])
  })
})

describe('rates, budgets and prices', () => {
  test('every request waits for its turn, and everybody waits when the provider says so', async () => {
    const clock = virtualClock()
    const { model, calls, seen } = scripted({
      instead: (n) => (n === 1 ? failing(429, { 'retry-after': '7' }) : undefined),
    })
    const embedder = equipped(model, { clock, rateLimits: { my: { concurrencyMax: 1 } } })
    const answer = embedder.doEmbed({ values: numbered(9) })
    await clock.advance(6_999)
    expect(calls).toHaveLength(1)
    await clock.advance(5_000)
    expect((await answer).embeddings).toEqual(numbered(9).map(vectorOf))
    expect(seen.most).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a budget holds over requests at once; what was not needed is given back', async () => {
    const budget = createBudget({ calls: 3, tokens: 1_000 })
    const { model, calls } = scripted()
    const embedder = equipped(model, { budget, cache: memoryCacheStore({ entriesMax: 100 }) })
    await embedder.doEmbed({ values: numbered(9) })
    await embedder.doEmbed({ values: numbered(9) })
    expect(budget).toMatchObject({ spent: { calls: 3, tokens: 18 }, reserved: { calls: 0, tokens: 0 } })
    await expect(embedder.doEmbed({ values: ['new'] })).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
    expect(calls).toHaveLength(3)
    const none = equipped(model, { budget: createBudget({ calls: 0 }) }).doEmbed({ values: ['a'] })
    await expect(none).rejects.toThrow('my/embedder: budget of 0 calls')
  })

  test('money is what the counted tokens cost, and unknown where nobody counted or knows the price', async () => {
    const prices = { 'my/embedder': { usdPerMillionTokensIn: 1_000_000, usdPerMillionTokensOut: 0 } }
    const budget = createBudget({ usd: 100 })
    const priced = equipped(scripted().model, { prices, budget })
    const answer = await priced.doEmbed({ values: ['aa', 'b'] })
    expect([embeddingMetadata(answer)?.spentUsd, budget.spent.usd]).toEqual([3, 3])
    await expect(equipped(scripted().model, { budget }).doEmbed({ values: ['a'] })).rejects.toMatchObject({
      code: 'dspx/price-unknown',
      data: { model: 'my/embedder' },
    })
    const uncounted = scripted({ instead: (_, { values }) => ({ embeddings: values.map(vectorOf), warnings: [] }) })
    const told = await equipped(uncounted.model, { prices, budget }).doEmbed({ values: ['four'] })
    expect([embeddingMetadata(told)?.spentUsd, told.usage, budget.spent.usd]).toEqual([undefined, undefined, 7])
  })
})

describe('a cassette', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedding-cassette-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('answers what was recorded, errors too, needs no key, and says what differs in what was not', async () => {
    const path = join(folder, 'texts.jsonl')
    const key = 'sk-test-0123456789'
    const reply = (embedding: readonly number[]) => ({
      status: 200,
      body: {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding }],
        model: 'm',
        usage: { prompt_tokens: 1, total_tokens: 1 },
      },
    })
    const refusal = { status: 400, body: { error: { message: 'no', type: 'x', param: null, code: null } } }
    await using server = await serveProvider(reply([1, 2]), refusal)
    const env = { OPENAI_API_KEY: key, OPENAI_BASE_URL: server.url }
    const recording = createModels({ env, cassette: { path, mode: 'record' } }).embedding('openai/e')
    const first = await recording.doEmbed({ values: ['a'] })
    await expect(recording.doEmbed({ values: ['bad'] })).rejects.toMatchObject({ code: 'dspx/model-failed' })
    expect(readFileSync(path, 'utf8')).not.toContain(key)
    const replayed = createModels({ env: {}, cassette: { path, mode: 'replay' } }).embedding('openai/e')
    expect((await replayed.doEmbed({ values: ['a'] })).embeddings).toEqual(first.embeddings)
    await expect(replayed.doEmbed({ values: ['bad'] })).rejects.toMatchObject({ code: 'dspx/model-failed' })
    const missed = replayed.doEmbed({ values: ['ab'] })
    await expect(missed).rejects.toMatchObject({ code: 'dspx/cassette-miss' })
    await expect(missed).rejects.toThrow('differs in values[0] at character 1: recorded "a", asked "ab"')
    expect(server.requests).toHaveLength(2)
  })
})
