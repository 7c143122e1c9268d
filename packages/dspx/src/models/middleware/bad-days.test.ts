/** What goes wrong around models: answers without usage, full disks, readers that are gone, secrets in long errors. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APICallError } from '@ai-sdk/provider'
import { systemClock } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { predict } from '../../programs/predictor.ts'
import { scriptedModel, textAnswer } from '../../testing/index.ts'
import { createBudget } from '../budget/budget.ts'
import type { LanguageModel, ModelAnswer, ModelCall, ModelStream } from '../language-model.ts'
import { createModels } from '../models.ts'
import { failureMiddleware, failureOf } from '../providers/provider-failure.ts'
import { createRateLimiter } from '../rates/rate-limiter.ts'
import { answerMetadata } from '../usage.ts'
import { budgeted, budgetMiddleware } from './budget.ts'
import { cacheMiddleware } from './cache.ts'
import { cassetteMiddleware } from './cassette.ts'
import { fallbackMiddleware } from './fallback.ts'
import { rateLimitMiddleware } from './rate-limit.ts'
import { retryMiddleware } from './retry.ts'
import { usageMiddleware } from './usage.ts'

const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }
const counting = (usage: unknown): LanguageModel => ({
  ...scriptedModel(['']),
  doGenerate: async () => ({ ...textAnswer('yes'), usage }) as ModelAnswer,
})
const tokens = (total: unknown) => ({ inputTokens: { total }, outputTokens: { total: 1 } })
const lastOf = async ({ stream }: ModelStream) => {
  let last: unknown
  for await (const part of stream) last = part
  return last as ModelAnswer
}

describe('what providers count wrongly', () => {
  test('an answer without usage fails its call, and leaves nothing set aside', async () => {
    const budget = createBudget({ calls: 2, tokens: 20_000 })
    await expect(budgeted(counting(undefined), budget).doGenerate(call)).rejects.toThrow('inputTokens')
    expect(budget.reserved).toEqual({ calls: 0, tokens: 0, usd: 0 })
    expect(budget.spent.calls).toBe(1)
  })

  test.each([Number.NaN, -5, Number.POSITIVE_INFINITY, '7'])('%s tokens count as what was set aside', async (total) => {
    const budget = createBudget({ tokens: 10_000 })
    const model = budgeted(counting(tokens(total)), budget)
    await model.doGenerate(call)
    expect(budget.spent.tokens).toBeGreaterThan(8_000)
    await expect(model.doGenerate(call)).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
  })

  test('a rate limiter is not blind after tokens that are no number', async () => {
    const limiter = createRateLimiter({ tokensPerMinute: 600 })
    await rateLimitMiddleware({ limiter })(counting(tokens(Number.NaN))).doGenerate(call)
    const stop = new AbortController()
    const [first, second] = [limiter.begin(300), limiter.begin(600, stop.signal)]
    await first
    expect(limiter.waiting).toBe(1)
    stop.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
  })

  test('a reservation of what is no amount is refused, and settling one counts what was set aside', async () => {
    const budget = createBudget({ tokens: 10 })
    const nan = budget.reserve('m', { calls: 1, tokens: Number.NaN, usd: 0 })
    await expect(nan).rejects.toThrow('budget.reserve: tokens: expected a number >= 0, got NaN')
    const reservation = await budget.reserve('m', { calls: 1, tokens: 4, usd: 0 })
    reservation.settle({ calls: 1, tokens: Number.NaN, usd: 0 })
    expect(budget).toMatchObject({ spent: { calls: 1, tokens: 4 }, reserved: { calls: 0, tokens: 0 } })
  })

  test('a price that is none is refused by its name', () => {
    const price = { usdPerMillionTokensIn: Number.NaN, usdPerMillionTokensOut: 1 }
    expect(() => budgetMiddleware({ budget: createBudget({ usd: 1 }), price })).toThrow('price: usdPerMillionTokensIn')
    expect(() => usageMiddleware({ price })).toThrow('price: usdPerMillionTokensIn')
    expect(() => createModels({ prices: { 'openai/x': price } })).toThrow('openai/x: usdPerMillionTokensIn')
    expect(() => createModels({ prices: { 'openai/x': { in: 1 } as never } })).toThrow('openai/x')
  })
})

describe('a cache whose disk is full', () => {
  const store = {
    get: async () => undefined,
    set: async () => {
      throw new Error('the disk is full')
    },
  }

  test('loses no answer, whole or as a stream, and each says that it was not kept', async () => {
    const telemetry = collectTelemetry()
    const cached = cacheMiddleware({ store })(scriptedModel(['yes']))
    const model = usageMiddleware({ telemetry })(cached)
    expect(answerMetadata(await model.doGenerate(call)).notKept).toBe('the disk is full')
    expect(answerMetadata(await lastOf(await model.doStream(call))).notKept).toBe('the disk is full')
    const refresh = { ...call, providerOptions: { mabeam: { cache: 'refresh' } } }
    expect(answerMetadata(await model.doGenerate(refresh)).notKept).toBe('the disk is full')
    expect(telemetry.events.map(({ metadata }) => metadata?.notKept)).toEqual(Array(3).fill('the disk is full'))
  })

  test('equal calls at the same time are one call all the same', async () => {
    const model = scriptedModel(['yes'])
    const asked = cacheMiddleware({ store })(model)
    const answers = await Promise.all(Array.from({ length: 9 }, () => asked.doGenerate(call)))
    expect(answers.map(({ content }) => content)).toEqual(Array(9).fill([{ type: 'text', text: 'yes' }]))
    expect(model.calls).toHaveLength(1)
  })
})

test('a run that is aborted while a deaf model opens its stream gives back what was set aside', async () => {
  const stop = new AbortController()
  const cancelled: unknown[] = []
  const deaf: LanguageModel = {
    ...scriptedModel(['']),
    doStream: async () => {
      stop.abort(new Error('mine'))
      return { stream: new ReadableStream({ cancel: (reason) => void cancelled.push(reason) }) }
    },
  }
  const budget = createBudget({ calls: 1 })
  const parts = predict('question -> answer').stream({ question: 'x' }, { lm: deaf, signal: stop.signal, budget })
  await expect(parts.next()).rejects.toThrow('mine')
  await new Promise((resolve) => setImmediate(resolve))
  expect(cancelled).toHaveLength(1)
  expect(budget.reserved.calls).toBe(0)
})

describe('a model of the AI SDK as it is', () => {
  const refusal = {
    message: 'Bearer abcdef is over its limit',
    url: 'http://x',
    requestBodyValues: {},
    statusCode: 429,
  }
  const limited = () => scriptedModel([new APICallError(refusal), 'yes'])
  const policy = { attemptsMax: 2, delayMinMs: 1, delayMaxMs: 1 }

  test('is tried again and stood in for where its failures are told as ours', async () => {
    const retried = retryMiddleware({ policy })(failureMiddleware()(limited()))
    expect(answerMetadata(await retried.doGenerate(call))).toMatchObject({ retries: 1 })
    const stands = fallbackMiddleware({ models: [scriptedModel(['other'])] })(failureMiddleware()(limited()))
    expect(answerMetadata(await stands.doGenerate(call)).failedModels).toMatchObject([{ reason: 'rate-limited' }])
  })

  test('fails under its own name, without secrets; options that are none are refused', async () => {
    const failed = failureMiddleware()(limited()).doGenerate(call)
    await expect(failed).rejects.toThrow('script: expected an answer, got HTTP status 429: Bearer [secret] is over')
    expect(() => failureMiddleware({ secret: 'x' } as never)).toThrow('did you mean "secrets"?')
  })
})

test('a secret that a long error repeats is hidden also where the error is cut', () => {
  const secret = '0123456789abcdef0123456789abcdef'
  for (let before = 240; before < 300; before++) {
    const options = { modelId: 'm', secrets: [secret], clock: systemClock }
    expect(failureOf(new Error(`${'x'.repeat(before)} ${secret} is no key`), options).message).not.toContain('01234')
  }
})

test('a cassette holds pictures by their digest, as bytes and as base64', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bad-days-'))
  try {
    const path = join(folder, 'cassette.jsonl')
    const bytes = Buffer.alloc(30_000, 7)
    const model = cassetteMiddleware({ path, mode: 'record' })(scriptedModel(['yes']))
    for (const data of [bytes, new Uint8Array(bytes), bytes.toString('base64')]) {
      const file = { type: 'file', mediaType: 'image/png', data: { type: 'data', data } } as const
      await model.doGenerate({ prompt: [{ role: 'user', content: [file] }] })
    }
    const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1)
    expect(lines.map((line) => JSON.parse(line).call.prompt[0].content[0].data.data.slice(0, 20))).toEqual(
      Array(3).fill('30000 bytes, sha256 '),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
