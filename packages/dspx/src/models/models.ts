/** Models by id: `local/small`, `openai/…`, `anthropic/…`, `google/…`, `groq/…`, `compatible/…`, each with all our layers around it. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { localModel } from '../local/local-model.ts'
import { type LocalSize, localModelVersion, localSizes } from '../local/sizes.ts'
import { type Cassette, type CassetteOptions, createCassette } from './cassette/cassette.ts'
import { bareEmbedding } from './embeddings/bare-embedding.ts'
import type { EmbeddingModel } from './embeddings/embedding-model.ts'
import { equippedEmbedding } from './embeddings/equipped-embedding.ts'
import {
  type BareModel,
  equippedModel,
  type LayerOptions,
  type LayerSettings,
  layerRules,
  layerSettings,
} from './equipped-model.ts'
import { unknownModel } from './errors.ts'
import type { LanguageModel } from './language-model.ts'
import { listPrices } from './list-prices.ts'
import { fallbackMiddleware } from './middleware/fallback.ts'
import { describeModel, modelCard } from './model-card.ts'
import { checkPrice, findPrice, type Price, type Prices } from './price-table.ts'
import { type Environment, hostedModel, isProvider, providerNames } from './providers/hosted.ts'
import { unasked } from './providers/unasked-model.ts'
import { createRateLimiter, type RateLimiter, type RateLimitOptions } from './rates/rate-limiter.ts'

/** Where programs get their models. Called at every bind; the same id gives the same model. */
export interface Models {
  /** Throws: `dspx/unknown-model`, `dspx/missing-setting`. */
  get(id: string): LanguageModel
  /**
   * A model that turns texts into vectors: `local/words`, one of `openai/…`, `google/…`, `compatible/…`, or of your own. It has the layers
   * of language models: cache (each vector by itself) or cassette, retry, rate limit, budget, timeout, usage and events. It takes up
   * to `embeddingTextsMax` texts at once, which are split into requests that the provider takes.
   *
   * Throws: `dspx/unknown-model`, `dspx/missing-setting`.
   */
  embedding(id: string): EmbeddingModel
}

/** What models are made with. */
export interface ModelsOptions extends LayerOptions {
  /** Keys and addresses of providers. @default process.env */
  readonly env?: Environment
  /** Prices by model id, in front of {@link listPrices}. @default {} */
  readonly prices?: Prices
  /** Models of your own by id: anything that the AI SDK has a provider for. @default {} */
  readonly custom?: { readonly [id: string]: LanguageModel }
  /** Embedding models of your own by id: any of the AI SDK's. @default {} */
  readonly customEmbeddings?: { readonly [id: string]: EmbeddingModel }
  /** What providers allow, by provider (`openai`: all its models together) or by model id, which wins. @default {} */
  readonly rateLimits?: { readonly [providerOrId: string]: Omit<RateLimitOptions, 'clock'> }
  /** Ids of the models that are asked when one does not answer, by its id. @default {} */
  readonly fallbacks?: { readonly [id: string]: readonly string[] }
  /** A file that all calls are recorded to or answered from, in place of the cache. Replays need no keys. @default none */
  readonly cassette?: CassetteOptions
  /** Which interface `openai/…` models are asked by. @default 'chat' */
  readonly openaiApi?: 'chat' | 'responses'
  /** Local models wait for as long as they are declared to take. @default false */
  readonly realLatency?: boolean
}

/** Defaults of {@link ModelsOptions} that are not those of every model, but for the environment, which is read when models are made. */
export const modelsDefaults = {
  prices: {},
  custom: {},
  customEmbeddings: {},
  rateLimits: {},
  fallbacks: {},
  openaiApi: 'chat',
  realLatency: false,
} as const satisfies ModelsOptions

interface Settings extends Required<Omit<ModelsOptions, keyof LayerOptions | 'cassette'>> {
  readonly layers: LayerSettings
  readonly cassette: Cassette | undefined
  readonly limiters: ReadonlyMap<string, RateLimiter>
}

/**
 * Models by id. From the outside in each has: fallback; usage and price; cache (or cassette); retry; rate limit; budget; an event for each
 * attempt; timeout; latency; failures; provider. Whole answers and streams pass the same layers.
 *
 * @example createModels({ cache: memoryCacheStore({ entriesMax: 10_000 }) }).get('local/small')
 */
export function createModels(options: ModelsOptions = {}): Models {
  checkOptions('createModels', options, modelsRules)
  const { cassette, rateLimits = {}, ...given } = options
  const layers = layerSettings(given)
  const limiters = new Map<string, RateLimiter>()
  for (const [name, one] of Object.entries(rateLimits)) {
    limiters.set(name, createRateLimiter({ ...one, clock: layers.clock }))
  }
  for (const [id, one] of Object.entries(given.prices ?? {})) checkPrice(`createModels: prices: ${id}`, one)
  const own = { env: process.env, ...modelsDefaults, ...definedOptions(given), rateLimits }
  const settings: Settings = { ...own, layers, limiters, cassette: cassette && createCassette(cassette) }
  const get = memoised((id) => equippedModel(bareModel(id, settings), layers))
  return {
    get: memoised((id) => withFallbacks(get, id, settings.fallbacks)),
    embedding: memoised((id) => equippedEmbedding(bareEmbedding(id, settings), layers)),
  }
}

const modelsRules = {
  ...layerRules,
  env: rule.optional(rule.object()),
  prices: rule.optional(rule.object()),
  custom: rule.optional(rule.object()),
  customEmbeddings: rule.optional(rule.object()),
  rateLimits: rule.optional(rule.object()),
  fallbacks: rule.optional(rule.object()),
  cassette: rule.optional(rule.object()),
  openaiApi: rule.optional(rule.oneOf(['chat', 'responses'])),
  realLatency: rule.optional(rule.boolean()),
}

function memoised<M>(make: (id: string) => M): (id: string) => M {
  const made = new Map<string, M>()
  return (id) => {
    const known = made.get(id) ?? make(id)
    made.set(id, known)
    return known
  }
}

/** Models that stand in have no stand-ins of their own: nobody is asked in a circle. */
function withFallbacks(
  get: (id: string) => LanguageModel,
  id: string,
  fallbacks: Settings['fallbacks'],
): LanguageModel {
  const first = get(id)
  const others = Object.hasOwn(fallbacks, id) ? (fallbacks[id] ?? []) : []
  if (others.length === 0) return first
  const joined = (each: (model: LanguageModel) => LanguageModel): LanguageModel => {
    const model = fallbackMiddleware({ models: others.map((one) => each(get(one))) })(each(first))
    const card = modelCard(first)
    const withBudget = (budget: Parameters<NonNullable<typeof card>['withBudget']>[0]) =>
      joined((one) => modelCard(one)?.withBudget(budget) ?? one)
    return card ? describeModel(model, { ...card, withBudget }) : model
  }
  return joined((one) => one)
}

function bareModel(id: string, settings: Settings): BareModel {
  const { prices, limiters, cassette, layers, realLatency } = settings
  const { own, provider, name } = parsedId(id, settings)
  const limiter = limiters.get(id) ?? limiters.get(provider)
  const given = findPrice(prices, id) ?? findPrice(listPrices, id)
  const price = given ?? (own ? undefined : declaredPrice(provider, name))
  const shared = { id, ...(price && { price }), ...(limiter && { limiter }), ...(cassette && { cassette }) }
  const localScope = `local/${localModelVersion}`
  if (own) {
    const scope = own.provider === 'local' ? `${localScope}/${own.modelId}` : `${own.provider}/${own.modelId}`
    return { ...shared, model: own, scope, secrets: [] }
  }
  if (provider === 'local') {
    const { clock, random } = layers
    const model = localModel(name as LocalSize, { realLatency, clock, random })
    return { ...shared, model, scope: localScope, secrets: [] }
  }
  return { ...shared, ...hosted(provider, name, settings) }
}

/** What kind of model an id names. Throws: `dspx/unknown-model`. */
function parsedId(id: string, { custom }: Settings) {
  const own = Object.hasOwn(custom, id) ? custom[id] : undefined
  const slash = typeof id === 'string' ? id.indexOf('/') : -1
  const provider = slash < 0 ? '' : id.slice(0, slash)
  const name = slash < 0 ? '' : id.slice(slash + 1)
  if (own) return { own, provider, name }
  if (provider === 'local') {
    const sizes = Object.keys(localSizes)
    if (!sizes.includes(name)) throw unknownModel(id, `one of ${sizes.map((size) => `local/${size}`).join(', ')}`)
  } else if (!isProvider(provider) || name === '') {
    const known = ['local', ...providerNames].map((one) => `${one}/…`)
    throw unknownModel(id, `an id such as ${[...known, ...Object.keys(custom)].join(', ')}`)
  }
  return { own, provider, name }
}

function hosted(provider: string, name: string, { env, openaiApi, cassette }: Settings) {
  if (cassette?.mode === 'replay' || !isProvider(provider)) return unasked(provider, name)
  return hostedModel({ provider, name, env, settings: provider === 'openai' ? { api: openaiApi } : {} })
}

/** What local models say themselves, for budgets, which have to know it before. */
function declaredPrice(provider: string, name: string): Price | undefined {
  if (provider !== 'local') return undefined
  const { usdPerMillionTokensIn, usdPerMillionTokensOut } = localSizes[name as LocalSize]
  return { usdPerMillionTokensIn, usdPerMillionTokensOut }
}
