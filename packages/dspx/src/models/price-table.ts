/**
 * List prices of some hosted models, to turn tokens into money. They are copies and grow old: `pricesAsOf` says when and
 * from what they were taken, and `createModels({ prices })` overrides them. A model that is not here has no price, and its
 * cost is `null`; so has one whose price depends on the length of the prompt, which a `Price` cannot say.
 */

import { checkOptions, type OptionRule, rule } from '@mabeam/foundation'
import { priceUnknown } from './errors.ts'
import type { ModelAnswer } from './language-model.ts'

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
 * How old {@link listPrices} are and where they are from. Check with the provider before you rely on them.
 *
 * Source: anthropic, the provider's own price pages, cache rates of the 5.5 models from later price trackers; openai, published
 * comparisons that agree with each other, not the provider's own page; google, transcriptions of the provider's page, text only and
 * without cache rates, so that cached input counts in full; groq, price trackers that agree with each other, likewise.
 */
export const pricesAsOf = { anthropic: '2026-10', openai: '2026-06', google: '2026-10', groq: '2026-11' } as const

/** List prices as of {@link pricesAsOf}: standard tier, short context, five-minute prompt cache. */
export const listPrices: Prices = {
  'openai/gpt-4o': price([2.5, 10], [1.25]),
  'openai/gpt-4o-mini': price([0.15, 0.6], [0.075]),
  'openai/gpt-4.1': price([2, 8], [0.5]),
  'openai/gpt-4.1-mini': price([0.4, 1.6], [0.1]),
  'openai/gpt-4.1-nano': price([0.1, 0.4], [0.025]),
  'openai/gpt-5': price([1.25, 10], [0.125]),
  'openai/gpt-5-mini': price([0.25, 2], [0.025]),
  'openai/gpt-5-nano': price([0.05, 0.4], [0.005]),
  'openai/gpt-5.4': price([2.5, 15], [0.25]),
  'openai/gpt-5.4-mini': price([0.75, 4.5], [0.075]),
  'openai/gpt-5.4-nano': price([0.2, 1.25], [0.02]),
  'openai/gpt-5.5': price([5, 30], [0.5]),
  'anthropic/claude-haiku-4-5': price([1, 5], [0.1, 1.25]),
  'anthropic/claude-sonnet-4-5': price([3, 15], [0.3, 3.75]),
  'anthropic/claude-sonnet-4-6': price([3, 15], [0.3, 3.75]),
  'anthropic/claude-sonnet-5': price([2, 10], [0.2, 2.5]),
  'anthropic/claude-sonnet-5-5': price([2, 10], [0.1, 2.5]),
  'anthropic/claude-opus-4-5': price([5, 25], [0.5, 6.25]),
  'anthropic/claude-opus-4-6': price([5, 25], [0.5, 6.25]),
  'anthropic/claude-opus-4-7': price([5, 25], [0.5, 6.25]),
  'anthropic/claude-opus-4-8': price([5, 25], [0.5, 6.25]),
  'anthropic/claude-opus-5': price([5, 25], [0.5, 6.25]),
  'anthropic/claude-opus-5-5': price([4, 20], [0.2, 5]),
  'google/gemini-2.5-flash': price([0.3, 2.5]),
  'google/gemini-2.5-flash-lite': price([0.1, 0.4]),
  'google/gemini-3.5-flash': price([1.5, 9]),
  'google/gemini-3.5-flash-lite': price([0.3, 2.5]),
  'groq/llama-3.1-8b-instant': price([0.05, 0.08]),
  'groq/llama-3.3-70b-versatile': price([0.59, 0.79]),
  'groq/openai/gpt-oss-20b': price([0.075, 0.3]),
  'groq/openai/gpt-oss-120b': price([0.15, 0.6]),
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

function price(
  usd: readonly [usdIn: number, usdOut: number],
  usdCache: readonly [read?: number, write?: number] = [],
): Price {
  const [usdIn, usdOut] = usd
  const [usdRead, usdWrite] = usdCache
  return {
    usdPerMillionTokensIn: usdIn,
    usdPerMillionTokensOut: usdOut,
    ...(usdRead !== undefined && { usdPerMillionTokensCacheRead: usdRead }),
    ...(usdWrite !== undefined && { usdPerMillionTokensCacheWrite: usdWrite }),
  }
}
