import { expect, test } from 'vitest'
import { textAnswer } from '../testing/index.ts'
import { checkPrices, findPrice, listPrices, priceUsd } from './price-table.ts'

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
    expect(price.usdPerMillionTokensOut).toBeGreaterThan(price.usdPerMillionTokensIn)
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
