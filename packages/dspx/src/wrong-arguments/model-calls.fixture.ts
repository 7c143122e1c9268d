/** Right calls of what makes and wraps models. */

import { type Clock, systemClock } from '@mabeam/foundation'
import type { TestedCall } from '@mabeam/foundation/testing'
import * as dspx from '../index.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { options } from './right-values.fixture.ts'

const model = scriptedModel(['x'])
const call: dspx.ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] }

const clock: Clock = systemClock

const prices: dspx.Prices = { 'my/model': { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 2 } }

export const modelCalls: { readonly [name: string]: TestedCall } = {
  addUsage: { call: dspx.addUsage, args: () => [dspx.noUsage, dspx.noUsage] },
  answerMetadata: {
    call: dspx.answerMetadata,
    args: () => [textAnswer('x')],
    takes: ['0: empty array', '0: empty object', '0: bare object'],
  },
  anthropic: { call: dspx.anthropic, args: () => ['m', { apiKey: 'k' }], owners: ['anthropic', 'models'] },
  attemptMiddleware: { call: dspx.attemptMiddleware, args: () => [{}], takes: options(0) },
  budgetMiddleware: { call: dspx.budgetMiddleware, args: () => [{ budget: dspx.createBudget({}) }] },
  budgeted: { call: dspx.budgeted, args: () => [model, dspx.createBudget({})] },
  cacheKeyOf: { call: dspx.cacheKeyOf, args: () => [model, call] },
  cacheMiddleware: {
    call: dspx.cacheMiddleware,
    args: () => [{ store: { get: async () => undefined, set: async () => {} } }],
  },
  cassetteMiddleware: {
    call: dspx.cassetteMiddleware,
    args: () => [{ path: 'x.jsonl', mode: 'replay' }],
    owners: ['cassette'],
  },
  checkPrices: { call: dspx.checkPrices, args: () => [['local/small'], {}], takes: ['0: empty array', ...options(1)] },
  compatible: {
    call: dspx.compatible,
    args: () => ['m', { baseUrl: 'http://127.0.0.1:1/v1' }],
    owners: ['compatible', 'models'],
  },
  createBudget: { call: dspx.createBudget, args: () => [{}], takes: ['0: empty object', '0: bare object'] },
  createModels: { call: dspx.createModels, args: () => [{ env: {} }], takes: options(0) },
  createRateLimiter: { call: dspx.createRateLimiter, args: () => [{}], takes: ['0: empty object', '0: bare object'] },
  embeddingMetadata: {
    call: dspx.embeddingMetadata,
    args: () => [{ embeddings: [], warnings: [] }],
    takes: ['0: empty object', '0: bare object'],
  },
  failureMiddleware: { call: dspx.failureMiddleware, args: () => [{}], takes: options(0) },
  fallbackMiddleware: { call: dspx.fallbackMiddleware, args: () => [{ models: [model] }] },
  findPrice: {
    call: dspx.findPrice,
    args: () => [prices, 'my/model'],
    takes: ['0: empty object', '0: bare object'],
  },
  google: { call: dspx.google, args: () => ['m', { apiKey: 'k' }], owners: ['google', 'models'] },
  groq: { call: dspx.groq, args: () => ['m', { apiKey: 'k' }], owners: ['groq', 'models'] },
  latencyMiddleware: { call: dspx.latencyMiddleware, args: () => [{ clock }] },
  localModel: { call: dspx.localModel, args: () => ['nano', {}], takes: options(1) },
  openai: { call: dspx.openai, args: () => ['m', { apiKey: 'k' }], owners: ['openai', 'models'] },
  promptTokensLikely: { call: dspx.promptTokensLikely, args: () => [call] },
  promptTokensMax: { call: dspx.promptTokensMax, args: () => [call] },
  rateLimitMiddleware: { call: dspx.rateLimitMiddleware, args: () => [{ limiter: dspx.createRateLimiter({}) }] },
  retryMiddleware: { call: dspx.retryMiddleware, args: () => [{}], takes: options(0) },
  serveLocal: { call: dspx.serveLocal, args: () => [{}], takes: options(0) },
  timeoutMiddleware: { call: dspx.timeoutMiddleware, args: () => [{}], takes: options(0) },
  usageMiddleware: { call: dspx.usageMiddleware, args: () => [{}], takes: options(0) },
}
