/**
 * List prices of well-known models, to turn tokens into money. Prices change: `pricesAsOf` says when they were written
 * down, and `createModels({ prices })` overrides them. Models that are not here have no price, and their cost is `null`.
 */

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

/** The month whose published list prices {@link listPrices} holds. Check with the provider before you rely on them. */
export const pricesAsOf = '2025-10'

/** Published list prices as of {@link pricesAsOf}: standard tier, short context. */
export const listPrices: Prices = {
  'openai/gpt-4o': price([2.5, 10], [1.25]),
  'openai/gpt-4o-mini': price([0.15, 0.6], [0.075]),
  'openai/gpt-4.1': price([2, 8], [0.5]),
  'openai/gpt-4.1-mini': price([0.4, 1.6], [0.1]),
  'openai/gpt-4.1-nano': price([0.1, 0.4], [0.025]),
  'openai/gpt-5': price([1.25, 10], [0.125]),
  'openai/gpt-5-mini': price([0.25, 2], [0.025]),
  'openai/gpt-5-nano': price([0.05, 0.4], [0.005]),
  'openai/o4-mini': price([1.1, 4.4], [0.275]),
  'anthropic/claude-3-5-haiku': price([0.8, 4], [0.08, 1]),
  'anthropic/claude-haiku-4-5': price([1, 5], [0.1, 1.25]),
  'anthropic/claude-sonnet-4': price([3, 15], [0.3, 3.75]),
  'anthropic/claude-sonnet-4-5': price([3, 15], [0.3, 3.75]),
  'anthropic/claude-opus-4': price([15, 75], [1.5, 18.75]),
  'anthropic/claude-opus-4-1': price([15, 75], [1.5, 18.75]),
}

/**
 * The price of a model: by its id, or by its id without a date (`openai/gpt-4o-2024-08-06`) or `-latest`.
 *
 * @example findPrice(listPrices, 'openai/gpt-4o-2024-08-06')?.usdPerMillionTokensIn // => 2.5
 */
export function findPrice(prices: Prices, modelId: string): Price | undefined {
  if (Object.hasOwn(prices, modelId)) return prices[modelId]
  const undated = modelId.replace(/-(latest|\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  return Object.hasOwn(prices, undated) ? prices[undated] : undefined
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

function price(usd: readonly [usdIn: number, usdOut: number], usdCache: readonly [read: number, write?: number]): Price {
  const [usdIn, usdOut] = usd
  const [usdRead, usdWrite] = usdCache
  return {
    usdPerMillionTokensIn: usdIn,
    usdPerMillionTokensOut: usdOut,
    usdPerMillionTokensCacheRead: usdRead,
    ...(usdWrite !== undefined && { usdPerMillionTokensCacheWrite: usdWrite }),
  }
}
