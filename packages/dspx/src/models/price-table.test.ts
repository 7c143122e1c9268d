import { collectTelemetry } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { createBudget } from './budget/budget.ts'
import { type ListPrice, listPrices, pricesAsOf } from './list-prices.ts'
import { modelCard } from './model-card.ts'
import { createModels, type Models } from './models.ts'
import { checkPrice, checkPrices, findPrice, priceUsd } from './price-table.ts'

test('a price is found by id, and by id without its date', () => {
  expect(findPrice(listPrices, 'openai/gpt-4o')?.usdPerMillionTokensIn).toBe(2.5)
  for (const id of ['openai/gpt-4o-2024-08-06', 'openai/gpt-4o-latest', 'anthropic/claude-haiku-4-5-20251001']) {
    expect(findPrice(listPrices, id)).toBe(listPrices[id.replace(/-(latest|2[-\d]+)$/, '')])
    expect(findPrice(listPrices, id)).toBeDefined()
  }
})

test('another model of the same family has no price, nor has a name that every object has', () => {
  for (const id of ['openai/gpt-4o-audio', 'anthropic/claude-haiku-5-5', 'gpt-4o', 'constructor', '__proto__']) {
    expect(findPrice(listPrices, id)).toBeUndefined()
  }
})

test('reading from the prompt cache never costs more than reading anew', () => {
  for (const price of Object.values(listPrices)) {
    expect(price.usdPerMillionTokensCacheRead ?? 0).toBeLessThan(price.usdPerMillionTokensIn)
    const isOfTexts = price.usdPerMillionTokensOut === 0 // embeddings have no output
    expect(isOfTexts || price.usdPerMillionTokensOut > price.usdPerMillionTokensIn).toBe(true)
  }
})

test('tokens that the provider did not count have no price', () => {
  const { usage } = textAnswer('x', 1_000_000)
  const price = { usdPerMillionTokensIn: 3, usdPerMillionTokensOut: 0 }
  expect(priceUsd(price, usage)).toBe(3)
  expect(priceUsd(price, { ...usage, inputTokens: { ...usage.inputTokens, total: undefined } })).toBeUndefined()
})

test('the first model without a price is named, unless it is local or its price is given', () => {
  const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 }
  checkPrices(['local/small', 'openai/gpt-4o-2024-08-06', 'mine/best'], { 'mine/best': price })
  expect(() => checkPrices(['local/small', 'compatible/llama', 'mine/best'])).toThrow(
    expect.objectContaining({
      code: 'dspx/price-unknown',
      message: expect.stringContaining('got "compatible/llama" without one'),
      data: { model: 'compatible/llama' },
    }),
  )
})

test('every list price says how old it is, whose word it is, and where to look', () => {
  for (const [id, { asOf, source, url }] of Object.entries(listPrices)) {
    expect([id, asOf]).toEqual([id, expect.stringMatching(/^2026-(0[1-9]|1[0-2])$/)])
    expect(['provider', 'copy', 'trackers']).toContain(source)
    expect(url).toMatch(/^https:\/\//)
  }
  for (const [provider, asOf] of Object.entries(pricesAsOf)) {
    const months = Object.entries(listPrices).flatMap(([id, price]) =>
      id.startsWith(`${provider}/`) ? [price.asOf] : [],
    )
    expect(months.length).toBeGreaterThan(0)
    expect(months.every((month) => month >= asOf)).toBe(true)
  }
})

test('a list price may be given as one of your own, which is taken before it', async () => {
  const price = findPrice(listPrices, 'openai/gpt-4o') as ListPrice
  checkPrice('mine', price)
  const prices = { 'openai/gpt-4o': { usdPerMillionTokensIn: 7, usdPerMillionTokensOut: 8 } }
  const env = { OPENAI_API_KEY: 'k' }
  const priceOf = (models: Models) => modelCard(models.get('openai/gpt-4o'))?.price
  expect(priceOf(createModels({ env }))).toBe(price)
  expect(priceOf(createModels({ env, prices }))).toBe(prices['openai/gpt-4o'])
  expect(priceOf(createModels({ env, prices: { 'mine/x': price } }))).toBe(price)
})

test('a model without a price under a budget of money is one clear error, before anything is asked or tried again', async () => {
  const model = scriptedModel(['x'])
  const telemetry = collectTelemetry()
  const models = createModels({ env: {}, custom: { 'my/model': model }, telemetry })
  const asked = predict('q -> a').run({ q: 'x' }, { lm: 'my/model', models, budget: createBudget({ usd: 1 }) })
  await expect(asked).rejects.toMatchObject({ code: 'dspx/price-unknown', data: { model: 'my/model' } })
  await expect(asked).rejects.toThrow('got "my/model" without one; give it one')
  expect(model.calls).toHaveLength(0)
  expect(telemetry.named('dspx.call-retried')).toHaveLength(0)
})
