/** A model with all our layers around it, in the order that makes each of them see what it should. */

import {
  type Clock,
  checkRetryPolicy,
  definedOptions,
  type KeyedText,
  type OptionRule,
  type Random,
  type RetryPolicy,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import type { Budget } from './budget/budget.ts'
import { checkCall, checkModel } from './call-check.ts'
import type { Cassette } from './cassette/cassette.ts'
import type { LanguageModel, Middleware, ModelCall } from './language-model.ts'
import { attemptMiddleware } from './middleware/attempt.ts'
import { budgetMiddleware } from './middleware/budget.ts'
import { cacheMiddleware, scopedName } from './middleware/cache.ts'
import { callKeys } from './middleware/call-key.ts'
import { cassetteLayer } from './middleware/cassette.ts'
import { latencyMiddleware } from './middleware/latency.ts'
import { ownSignal } from './middleware/own-signal.ts'
import { rateLimitMiddleware } from './middleware/rate-limit.ts'
import { retryMiddleware } from './middleware/retry.ts'
import { timeoutDefaults, timeoutMiddleware } from './middleware/timeout.ts'
import { usageMiddleware } from './middleware/usage.ts'
import { describeModel, modelCard } from './model-card.ts'
import type { Price } from './price-table.ts'
import { failureMiddleware } from './providers/provider-failure.ts'
import type { RateLimiter } from './rates/rate-limiter.ts'

/** What the layers are made with. */
export interface LayerOptions {
  /** Where answers are kept; closed by whoever opened it. @default none: every call is made */
  readonly cache?: KeyedText
  /** Part of every cache key: another one begins anew, and leaves what was kept as it is. @default none */
  readonly cacheSalt?: string
  /** @default retryPolicyDefaults of foundation */
  readonly retry?: RetryPolicy
  /** How long one attempt may take; of a stream, the wait for its first content. @default 60_000 */
  readonly timeoutMs?: number
  /** How long a stream that has begun may say nothing. @default 30_000 */
  readonly idleTimeoutMs?: number
  /** What calls may spend, at each attempt over the network. @default no limit */
  readonly budget?: Budget
  /** @default systemClock */
  readonly clock?: Clock
  /** Jitter of retries, and draws of local models without a seed. @default seededRandom('models') */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** Defaults of {@link LayerOptions}. */
export const layerDefaults = {
  retry: {},
  timeoutMs: timeoutDefaults.timeoutMs,
  idleTimeoutMs: timeoutDefaults.idleTimeoutMs,
  clock: systemClock,
  telemetry: silentTelemetry,
} as const satisfies LayerOptions

/** What {@link LayerOptions} must be. */
export const layerRules = {
  cache: rule.optional(rule.having('get', 'set')),
  cacheSalt: rule.optional(rule.string()),
  retry: rule.optional(rule.object()),
  timeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
  idleTimeoutMs: rule.optional(rule.int(1, 2 ** 31 - 1)),
  budget: rule.optional(rule.having('reserve')),
  clock: rule.optional(rule.having('monotonicMs', 'setTimer')),
  random: rule.optional(rule.object()),
  telemetry: rule.optional(rule.having('emit')),
} as const satisfies { readonly [option in keyof LayerOptions]-?: OptionRule }

/** {@link LayerOptions} with their defaults. */
export type LayerSettings = Required<Omit<LayerOptions, 'cache' | 'cacheSalt' | 'budget'>> &
  Pick<LayerOptions, 'cache' | 'cacheSalt' | 'budget'>

/** The options with their defaults; those that are there and say nothing are as good as absent. Throws for an impossible retry policy. */
export function layerSettings(options: LayerOptions): LayerSettings {
  if (options.retry !== undefined) checkRetryPolicy(options.retry)
  const { random = seededRandom('models'), ...given } = definedOptions(options)
  return { ...layerDefaults, ...given, random }
}

/** The model inside, and what belongs to it alone. */
export interface BareModel {
  /** As programs, errors and cache keys know it. */
  readonly id: string
  readonly model: LanguageModel
  readonly scope: string
  /** What errors must not show. */
  readonly secrets: readonly string[]
  readonly price?: Price
  readonly limiter?: RateLimiter
  readonly cassette?: Cassette
}

/**
 * The model with its layers. From the outside in: usage and price; cache, or the cassette in its place; retry; rate limit; budget;
 * one event an attempt; timeout; latency; failures; provider.
 */
export function equippedModel(
  bare: BareModel,
  settings: LayerSettings,
  budgets: ReadonlySet<Budget> = budgetsOf(settings),
): LanguageModel {
  const { id, price } = bare
  const { cache, telemetry } = settings
  const scope = saltedScope(bare.scope, settings)
  const { cassette } = bare
  const priced = price && { price }
  const kept = cassette ? [cassetteLayer(cassette)] : cache ? [cacheMiddleware({ store: cache, scope })] : []
  const isReplayed = cassette?.mode === 'replay'
  const layers = [
    ...(isReplayed ? [] : attemptLayers(bare, settings, budgets)),
    ...kept,
    usageMiddleware({ telemetry, ...priced }),
    ownSignal,
  ]
  const model = layers.reduce((inner, layer) => layer(inner), namedModel(bare.model, id))
  const withBudget = (budget: Budget) => equippedModel(bare, settings, new Set([...budgets, budget]))
  return describeModel(model, { scope, withBudget, ...priced })
}

/** Each once: who is under a budget twice would wait for itself when it ends. */
export function budgetsOf({ budget }: Pick<LayerSettings, 'budget'>): ReadonlySet<Budget> {
  return new Set(budget ? [budget] : [])
}

/** Whose answers these are, and of which beginning of the cache. */
export function saltedScope(scope: string, { cacheSalt }: Pick<LayerSettings, 'cacheSalt'>): string {
  return cacheSalt === undefined ? scope : `${scope}#salt=${cacheSalt}`
}

/** What is around each attempt over the network. */
function attemptLayers(bare: BareModel, settings: LayerSettings, budgets: ReadonlySet<Budget>): Middleware[] {
  const { id, secrets, price, limiter } = bare
  const { retry, timeoutMs, idleTimeoutMs, clock, random, telemetry } = settings
  return [
    failureMiddleware({ modelId: id, secrets, clock }),
    latencyMiddleware({ clock }),
    timeoutMiddleware({ timeoutMs, idleTimeoutMs, clock }),
    ...(telemetry.enabled ? [attemptMiddleware({ clock, telemetry })] : []),
    ...[...budgets].map((one) => budgetMiddleware({ budget: one, ...(price && { price }) })),
    ...(limiter ? [rateLimitMiddleware({ limiter })] : []),
    retryMiddleware({ policy: retry, clock, random, telemetry }),
  ]
}

/** The model under the id by which programs, errors and cache keys know it. */
function namedModel(model: LanguageModel, id: string): LanguageModel {
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

/**
 * The key under which a cache keeps the answer to a call: 64 hex digits. Of a model that is not of `createModels` or a provider
 * function the key is that of `cacheMiddleware` without a `scope`.
 *
 * @example await store.get(cacheKeyOf(models.get('local/small'), { prompt }))
 */
export function cacheKeyOf(model: LanguageModel, call: ModelCall): string {
  checkModel('cacheKeyOf', model)
  checkCall('cacheKeyOf', call)
  return callKeys(scopedName(model, modelCard(model)?.scope ?? ''))(call)
}
