/** Embedding models by id, without layers: `local/words`, those of providers, and the user's own. */

import type { Cassette } from '../cassette/cassette.ts'
import { unknownModel } from '../errors.ts'
import { listPrices } from '../list-prices.ts'
import { findPrice, type Prices } from '../price-table.ts'
import { type Environment, embedsTexts, hostedEmbedding, isProvider } from '../providers/hosted.ts'
import { unaskedEmbedding } from '../providers/unasked-model.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import type { EmbeddingModel } from './embedding-model.ts'
import type { BareEmbedding } from './equipped-embedding.ts'
import { wordsEmbedding } from './words-embedding.ts'

/** Where models, keys and prices come from. */
export interface EmbeddingSources {
  readonly env: Environment
  readonly prices: Prices
  readonly limiters: ReadonlyMap<string, RateLimiter>
  readonly cassette: Cassette | undefined
  readonly customEmbeddings: { readonly [id: string]: EmbeddingModel }
}

/** Throws: `dspx/unknown-model`, `dspx/missing-setting`. */
export function bareEmbedding(id: string, sources: EmbeddingSources): BareEmbedding {
  const { prices, limiters, cassette } = sources
  const [provider = ''] = String(id).split('/')
  const found = modelOf(id, provider, sources)
  const price = findPrice(prices, id) ?? findPrice(listPrices, id) ?? found.price
  const limiter = limiters.get(id) ?? limiters.get(provider)
  return { ...found, id, ...(price && { price }), ...(limiter && { limiter }), ...(cassette && { cassette }) }
}

function modelOf(id: string, provider: string, sources: EmbeddingSources): Omit<BareEmbedding, 'id'> {
  const { env, cassette, customEmbeddings } = sources
  const own = Object.hasOwn(customEmbeddings, id) ? customEmbeddings[id] : undefined
  if (own) return { model: own, scope: `${own.provider}/${own.modelId}`, secrets: [] }
  if (id === 'local/words') {
    const price = { usdPerMillionTokensIn: 0, usdPerMillionTokensOut: 0 }
    return { model: wordsEmbedding(), scope: '', secrets: [], isInstant: true, price }
  }
  const name = String(id).slice(provider.length + 1)
  if (!isProvider(provider) || name === '' || !embedsTexts(provider)) {
    const others = Object.keys(customEmbeddings).map((one) => `${one}, `)
    const expected = `local/words, ${others.join('')}or an embedding model of openai/…, google/… or compatible/…`
    throw unknownModel(id, expected)
  }
  if (cassette?.mode === 'replay') return unaskedEmbedding(provider, name)
  return hostedEmbedding({ provider, name, env, settings: {} })
}
