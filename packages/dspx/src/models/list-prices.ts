/**
 * List prices of some hosted models. They are copies and grow old: each says how old it is and whose word it is, and
 * `createModels({ prices })` overrides them. A model that is not here has no price, nor has one whose price depends on the length of
 * the prompt, which a `Price` cannot say.
 */

import type { Price } from './price-table.ts'

/**
 * Whose word a list price is: `provider`, a page of the provider itself; `copy`, a dated transcription of that page by others;
 * `trackers`, published comparisons that agree with each other.
 */
export type PriceSource = 'provider' | 'copy' | 'trackers'

/** A price of {@link listPrices}. */
export interface ListPrice extends Price {
  /** The month that the source is from, such as `2026-11`; of a page without a date the earliest it can be. */
  readonly asOf: string
  readonly source: PriceSource
  /** Where the provider tells its prices. Look there before you rely on them. */
  readonly url: string
}

const pages = {
  openai: 'https://developers.openai.com/api/docs/pricing',
  anthropic: 'https://platform.claude.com/docs/en/about-claude/pricing',
  google: 'https://ai.google.dev/gemini-api/docs/pricing',
  groq: 'https://console.groq.com/docs/models',
} as const

type Row = readonly [
  modelId: `${keyof typeof pages}/${string}`,
  said: `${number}-${number} ${PriceSource}`,
  usd: readonly [usdIn: number, usdOut: number, usdCacheRead?: number, usdCacheWrite?: number],
]

/**
 * Sources: openai, where it says `provider`, the page of the model below developers.openai.com/api/docs/models, or the overview there,
 * from which the cached input of gpt-5.4, gpt-5.4-mini and gpt-5.5 is missing: that is of trackers. anthropic, its price page and the
 * pages of its models; cache reads and writes of the 5.5 models are of trackers. google, `copy` is github.com/api-evangelist/gemini,
 * read from the provider on 2026-09-20. Of google and groq cached input counts in full.
 */
const rows: readonly Row[] = [
  ['openai/gpt-4o', '2026-06 trackers', [2.5, 10, 1.25]],
  ['openai/gpt-4o-mini', '2026-06 trackers', [0.15, 0.6, 0.075]],
  ['openai/gpt-4.1', '2026-06 trackers', [2, 8, 0.5]],
  ['openai/gpt-4.1-mini', '2026-06 trackers', [0.4, 1.6, 0.1]],
  ['openai/gpt-4.1-nano', '2026-06 trackers', [0.1, 0.4, 0.025]],
  ['openai/gpt-5', '2026-06 trackers', [1.25, 10, 0.125]],
  ['openai/gpt-5-mini', '2026-06 trackers', [0.25, 2, 0.025]],
  ['openai/gpt-5-nano', '2026-09 provider', [0.05, 0.4, 0.005]],
  ['openai/gpt-5.4', '2026-06 provider', [2.5, 15, 0.25]],
  ['openai/gpt-5.4-mini', '2026-06 provider', [0.75, 4.5, 0.075]],
  ['openai/gpt-5.4-nano', '2026-06 provider', [0.2, 1.25, 0.02]],
  ['openai/gpt-5.5', '2026-06 provider', [5, 30, 0.5]],
  ['openai/text-embedding-3-small', '2026-09 provider', [0.02, 0]],
  ['openai/text-embedding-3-large', '2026-09 provider', [0.13, 0]],
  ['anthropic/claude-haiku-4-5', '2026-10 provider', [1, 5, 0.1, 1.25]],
  ['anthropic/claude-sonnet-4-5', '2026-10 provider', [3, 15, 0.3, 3.75]],
  ['anthropic/claude-sonnet-4-6', '2026-10 provider', [3, 15, 0.3, 3.75]],
  ['anthropic/claude-sonnet-5', '2026-10 provider', [2, 10, 0.2, 2.5]],
  ['anthropic/claude-sonnet-5-5', '2026-10 provider', [2, 10, 0.1, 2.5]],
  ['anthropic/claude-opus-4-5', '2026-10 provider', [5, 25, 0.5, 6.25]],
  ['anthropic/claude-opus-4-6', '2026-10 provider', [5, 25, 0.5, 6.25]],
  ['anthropic/claude-opus-4-7', '2026-10 provider', [5, 25, 0.5, 6.25]],
  ['anthropic/claude-opus-4-8', '2026-10 provider', [5, 25, 0.5, 6.25]],
  ['anthropic/claude-opus-5', '2026-10 provider', [5, 25, 0.5, 6.25]],
  ['anthropic/claude-opus-5-5', '2026-10 provider', [4, 20, 0.2, 5]],
  ['google/gemini-2.5-flash', '2026-10 trackers', [0.3, 2.5]],
  ['google/gemini-2.5-flash-lite', '2026-10 trackers', [0.1, 0.4]],
  ['google/gemini-3.5-flash', '2026-09 copy', [1.5, 9]],
  ['google/gemini-3.5-flash-lite', '2026-10 trackers', [0.3, 2.5]],
  ['groq/llama-3.1-8b-instant', '2026-11 trackers', [0.05, 0.08]],
  ['groq/llama-3.3-70b-versatile', '2026-11 trackers', [0.59, 0.79]],
  ['groq/openai/gpt-oss-20b', '2026-11 trackers', [0.075, 0.3]],
  ['groq/openai/gpt-oss-120b', '2026-11 trackers', [0.15, 0.6]],
]

/** List prices: standard tier, short context, five-minute prompt cache, text. */
export const listPrices: { readonly [modelId: string]: ListPrice } = Object.fromEntries(rows.map(listPrice))

/** How old {@link listPrices} are: of each provider the month of the oldest. */
export const pricesAsOf: { readonly [provider in keyof typeof pages]: string } = {
  openai: oldest('openai'),
  anthropic: oldest('anthropic'),
  google: oldest('google'),
  groq: oldest('groq'),
}

function oldest(provider: keyof typeof pages): string {
  const months = rows.filter(([id]) => id.startsWith(`${provider}/`)).map(([, said]) => said.slice(0, 7))
  return months.sort()[0] ?? ''
}

function listPrice([modelId, said, usd]: Row): readonly [modelId: string, price: ListPrice] {
  const [usdIn, usdOut, usdRead, usdWrite] = usd
  const [asOf = '', source = ''] = said.split(' ')
  const [provider = ''] = modelId.split('/')
  const price: ListPrice = {
    usdPerMillionTokensIn: usdIn,
    usdPerMillionTokensOut: usdOut,
    ...(usdRead !== undefined && { usdPerMillionTokensCacheRead: usdRead }),
    ...(usdWrite !== undefined && { usdPerMillionTokensCacheWrite: usdWrite }),
    asOf,
    source: source as PriceSource,
    url: pages[provider as keyof typeof pages],
  }
  return [modelId, price]
}
