/** Prices of models, to turn tokens into money: those of the user, then {@link listPrices}. A model without one has the cost `null`. */

import { checkOptions, type OptionRule, rule } from '@mabeam/foundation'
import { priceUnknown } from './errors.ts'
import type { ModelAnswer } from './language-model.ts'
import { listPrices } from './list-prices.ts'

/** What a model costs, in US dollars for a million tokens. */
export interface Price {
  readonly usdPerMillionTokensIn: number
  readonly usdPerMillionTokensOut: number
  /** Input that the provider read from its prompt cache. @default usdPerMillionTokensIn */
  readonly usdPerMillionTokensCacheRead?: number
  /** Input that the provider wrote to its prompt cache. @default usdPerMillionTokensIn */
  readonly usdPerMillionTokensCacheWrite?: number
}

/** Prices by model id, such as `openai/gpt-4.1-mini`. */
export interface Prices {
  readonly [modelId: string]: Price
}

/**
 * The price of a model: by its id, or by its id without a date (`openai/gpt-4o-2024-08-06`) or `-latest`.
 *
 * @example findPrice(listPrices, 'openai/gpt-4o-2024-08-06')?.usdPerMillionTokensIn // => 2.5
 */
export function findPrice(prices: Prices, modelId: string): Price | undefined {
  checkOptions('findPrice', { prices, modelId }, { prices: rule.record(), modelId: rule.string() })
  if (Object.hasOwn(prices, modelId)) return prices[modelId]
  const undated = modelId.replace(/-(latest|\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  return Object.hasOwn(prices, undated) ? prices[undated] : undefined
}

/**
 * Whether cost can be an objective: every model has a price, in `prices` or {@link listPrices}; `local/…` models declare
 * their own. Called before a study, whose trials would each find out otherwise.
 *
 * Throws: `dspx/price-unknown` for the first model without one.
 * @example checkPrices(['local/small', 'openai/gpt-4.1-mini'])
 */
export function checkPrices(models: readonly string[], prices: Prices = {}): void {
  checkOptions('checkPrices', { models, prices }, { models: modelsRule, prices: rule.record() })
  const isPriced = (id: string) => id.startsWith('local/') || findPrice(prices, id) || findPrice(listPrices, id)
  const unpriced = models.find((id) => !isPriced(id))
  if (unpriced !== undefined) throw priceUnknown(unpriced)
}

const modelsRule: OptionRule = {
  expected: 'an array of ids of models',
  test: (value) => Array.isArray(value) && value.every((id) => typeof id === 'string' && id !== ''),
  optional: false,
}

/** Throws: `foundation/invalid-option`, `foundation/unknown-name`; a wrong price would make every sum NaN, and a budget blind. */
export function checkPrice(owner: string, price: Price): void {
  checkOptions(owner, price, priceRules)
}

const priceRules = {
  usdPerMillionTokensIn: rule.number(0),
  usdPerMillionTokensOut: rule.number(0),
  usdPerMillionTokensCacheRead: rule.optional(rule.number(0)),
  usdPerMillionTokensCacheWrite: rule.optional(rule.number(0)),
  // what list prices say beside: one of them may be given where a price is asked for
  asOf: rule.optional(rule.string()),
  source: rule.optional(rule.string()),
  url: rule.optional(rule.string()),
}

/** What an answer cost; `undefined` when the provider did not count its tokens. */
export function priceUsd(price: Price, { inputTokens, outputTokens }: ModelAnswer['usage']): number | undefined {
  if (inputTokens.total === undefined || outputTokens.total === undefined) return undefined
  const cacheRead = inputTokens.cacheRead ?? 0
  const cacheWrite = inputTokens.cacheWrite ?? 0
  const plain = inputTokens.noCache ?? inputTokens.total - cacheRead - cacheWrite
  const { usdPerMillionTokensIn: usdIn, usdPerMillionTokensOut: usdOut } = price
  const { usdPerMillionTokensCacheRead: usdRead = usdIn, usdPerMillionTokensCacheWrite: usdWrite = usdIn } = price
  return (plain * usdIn + cacheRead * usdRead + cacheWrite * usdWrite + outputTokens.total * usdOut) / 1e6
}
