/** Models by id: `local/small`, `openai/…`, `anthropic/…`, `compatible/…`, each with usage, cache, retry and timeout around it. */

import {
  type Clock,
  checkOptions,
  type KeyedText,
  type Random,
  type RetryPolicy,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import { localModel } from '../local/local-model.ts'
import { type LocalSize, localModelVersion, localSizes } from '../local/sizes.ts'
import { unknownModel } from './errors.ts'
import type { LanguageModel } from './language-model.ts'
import { cacheMiddleware } from './middleware/cache.ts'
import { latencyMiddleware } from './middleware/latency.ts'
import { retryMiddleware } from './middleware/retry.ts'
import { timeoutDefaults, timeoutMiddleware } from './middleware/timeout.ts'
import { usageMiddleware } from './middleware/usage.ts'
import { findPrice, listPrices, type Prices } from './price-table.ts'
import { type Environment, type HostedModel, hostedProviders } from './providers/hosted.ts'
import { failureMiddleware } from './providers/provider-failure.ts'

/** Where programs get their models. Called at every bind; the same id gives the same model. */
export interface Models {
  /** Throws: `dspx/unknown-model`, `dspx/missing-setting`. */
  get(id: string): LanguageModel
}

/** What models are made with. */
export interface ModelsOptions {
  /** Where answers are kept; closed by whoever opened it. @default none: every call is made */
  readonly cache?: KeyedText
  /** @default retryPolicyDefaults of foundation */
  readonly retry?: RetryPolicy
  /** How long one attempt may take. @default 60_000 */
  readonly timeoutMs?: number
  /** Keys and addresses of providers. @default process.env */
  readonly env?: Environment
  /** Prices by model id, in front of {@link listPrices}. @default {} */
  readonly prices?: Prices
  /** Models of your own by id: anything that the AI SDK has a provider for. @default {} */
  readonly custom?: { readonly [id: string]: LanguageModel }
  /** Local models wait for as long as they are declared to take. @default false */
  readonly realLatency?: boolean
  /** @default systemClock */
  readonly clock?: Clock
  /** Jitter of retries, and draws of local models without a seed. @default seededRandom('models') */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** Defaults of {@link ModelsOptions}, but for the environment, which is read when models are made. */
export const modelsDefaults = {
  retry: {},
  timeoutMs: timeoutDefaults.timeoutMs,
  prices: {},
  custom: {},
  realLatency: false,
  clock: systemClock,
  telemetry: silentTelemetry,
} as const satisfies ModelsOptions

type Settings = Required<Omit<ModelsOptions, 'cache'>> & Pick<ModelsOptions, 'cache'>

/**
 * Models by id. From the outside in each has: usage and price, cache, retry, timeout, latency, failures, provider.
 * Streams (`doStream`) go straight to the provider.
 *
 * @example createModels({ cache: memoryCacheStore({ entriesMax: 10_000 }) }).get('local/small')
 */
export function createModels(options: ModelsOptions = {}): Models {
  checkOptions('createModels', options, modelsRules)
  const settings = { env: process.env, random: seededRandom('models'), ...modelsDefaults, ...options }
  const made = new Map<string, LanguageModel>()
  return {
    get: (id) => {
      const known = made.get(id)
      if (known) return known
      const model = equip(id, find(id, settings), settings)
      made.set(id, model)
      return model
    },
  }
}

const modelsRules = {
  cache: rule.optional(rule.object()),
  retry: rule.optional(rule.object()),
  timeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
  env: rule.optional(rule.object()),
  prices: rule.optional(rule.object()),
  custom: rule.optional(rule.object()),
  realLatency: rule.optional(rule.boolean()),
  clock: rule.optional(rule.object()),
  random: rule.optional(rule.object()),
  telemetry: rule.optional(rule.object()),
}

function find(id: string, settings: Settings): HostedModel {
  const { custom, env, clock, random, realLatency } = settings
  const own = Object.hasOwn(custom, id) ? custom[id] : undefined
  const localScope = `local/${localModelVersion}`
  if (own) {
    const scope = own.provider === 'local' ? `${localScope}/${own.modelId}` : `${own.provider}/${own.modelId}`
    return { model: own, scope, secrets: [] }
  }
  const slash = typeof id === 'string' ? id.indexOf('/') : -1
  const provider = slash < 0 ? '' : id.slice(0, slash)
  const name = slash < 0 ? '' : id.slice(slash + 1)
  if (provider === 'local') {
    const sizes = Object.keys(localSizes)
    if (!sizes.includes(name)) throw unknownModel(id, `one of ${sizes.map((size) => `local/${size}`).join(', ')}`)
    return { model: localModel(name as LocalSize, { realLatency, clock, random }), scope: localScope, secrets: [] }
  }
  const hosted = Object.hasOwn(hostedProviders, provider) ? hostedProviders[provider] : undefined
  if (hosted === undefined || name === '') {
    const known = ['local', ...Object.keys(hostedProviders)].map((one) => `${one}/…`)
    throw unknownModel(id, `an id such as ${[...known, ...Object.keys(custom)].join(', ')}`)
  }
  return hosted(name, env)
}

function equip(id: string, { model, scope, secrets }: HostedModel, settings: Settings): LanguageModel {
  const { cache, retry, timeoutMs, prices, clock, random, telemetry } = settings
  const price = findPrice(prices, id) ?? findPrice(listPrices, id)
  const layers = [
    failureMiddleware({ modelId: id, secrets, clock }),
    latencyMiddleware({ clock }),
    timeoutMiddleware({ timeoutMs, clock }),
    retryMiddleware({ policy: retry, clock, random, telemetry }),
    ...(cache ? [cacheMiddleware({ store: cache, scope })] : []),
    usageMiddleware({ telemetry, ...(price && { price }) }),
  ]
  return layers.reduce((inner, layer) => layer(inner), named(model, id))
}

/** The model under the id by which programs, errors and cache keys know it. */
function named(model: LanguageModel, id: string): LanguageModel {
  return {
    specificationVersion: 'v4',
    provider: 'mabeam',
    modelId: id,
    get supportedUrls() {
      return model.supportedUrls
    },
    doGenerate: (call) => model.doGenerate(call),
    doStream: (call) => model.doStream(call),
  }
}
