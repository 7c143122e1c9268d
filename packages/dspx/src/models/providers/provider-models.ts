/** Models of providers by function: `openai('gpt-4.1-mini')`, with our layers around them, ready to be run with. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { type CassetteOptions, createCassette } from '../cassette/cassette.ts'
import { equippedModel, type LayerOptions, layerRules, layerSettings } from '../equipped-model.ts'
import type { LanguageModel } from '../language-model.ts'
import { listPrices } from '../list-prices.ts'
import { findPrice, type Price } from '../price-table.ts'
import type { RateLimiter } from '../rates/rate-limiter.ts'
import { hostedModel, type ProviderName, type ProviderSettings } from './hosted.ts'
import { unasked } from './unasked-model.ts'

/** How one model of a provider is asked. */
export interface ProviderOptions extends LayerOptions, Omit<ProviderSettings, 'api'> {
  /** @default that of {@link listPrices}, where it is there */
  readonly price?: Price
  /** Shared by the models that the provider counts together. @default none */
  readonly limiter?: RateLimiter
  /** @default none */
  readonly cassette?: CassetteOptions
}

/** The same for OpenAI. */
export interface OpenaiOptions extends ProviderOptions, Pick<ProviderSettings, 'api'> {}

/** The same for a server of your own. */
export interface CompatibleOptions extends ProviderOptions {
  /** Such as `http://127.0.0.1:8000/v1`. @default `MABEAM_COMPATIBLE_URL` of the environment */
  readonly baseUrl?: string
}

/**
 * A model of OpenAI. The key is `OPENAI_API_KEY` of the environment, or `apiKey`.
 *
 * Answers: `finishReason.unified` is `stop`, `length`, `tool-calls`, or `content-filter`, as which a refusal counts; its words are the
 * text. Usage counts cached input and reasoning.
 * Throws: `dspx/missing-setting`. The model throws `dspx/model-failed` (with `reason`), `dspx/model-timeout`, `dspx/stream-broken`.
 * @example await triage.run({ mail }, { lm: openai('gpt-4.1-mini') })
 */
export function openai(name: string, options: OpenaiOptions = {}): LanguageModel {
  return providerModel('openai', name, options)
}

/**
 * A model of Anthropic. The key is `ANTHROPIC_API_KEY` of the environment, or `apiKey`.
 *
 * Answers: a refusal is `content-filter`; the end of the context is `length`. Throws: as {@link openai}.
 */
export function anthropic(name: string, options: ProviderOptions = {}): LanguageModel {
  return providerModel('anthropic', name, options)
}

/**
 * A model of Google's Gemini. The key is `GOOGLE_GENERATIVE_AI_API_KEY` or `GEMINI_API_KEY` of the environment, or `apiKey`.
 *
 * Answers: `SAFETY`, `RECITATION` and their like are `content-filter`. Throws: as {@link openai}.
 */
export function google(name: string, options: ProviderOptions = {}): LanguageModel {
  return providerModel('google', name, options)
}

/** A model of Groq. The key is `GROQ_API_KEY` of the environment, or `apiKey`. Throws: as {@link openai}. */
export function groq(name: string, options: ProviderOptions = {}): LanguageModel {
  return providerModel('groq', name, options)
}

/**
 * A model of any server that speaks OpenAI's chat completions. A key is sent where one is given or `MABEAM_COMPATIBLE_KEY` is set.
 *
 * Throws: as {@link openai}.
 * @example compatible('llama', { baseUrl: 'http://127.0.0.1:8000/v1' })
 */
export function compatible(name: string, options: CompatibleOptions = {}): LanguageModel {
  return providerModel('compatible', name, options)
}

function providerModel(provider: ProviderName, name: string, options: OpenaiOptions): LanguageModel {
  if (typeof name !== 'string' || name === '') throw invalidOption(provider, 'name', 'the name of a model', name)
  checkOptions(provider, options, provider === 'openai' ? { ...providerRules, api } : providerRules)
  const { price = findPrice(listPrices, `${provider}/${name}`), limiter } = options
  const cassette = options.cassette && createCassette(options.cassette)
  const hosted =
    cassette?.mode === 'replay'
      ? unasked(provider, name)
      : hostedModel({ provider, name, env: process.env, settings: options })
  const own = { ...(price && { price }), ...(limiter && { limiter }), ...(cassette && { cassette }) }
  return equippedModel({ id: `${provider}/${name}`, ...hosted, ...own }, layerSettings(options))
}

const api = rule.optional(rule.oneOf(['chat', 'responses']))

const providerRules = {
  ...layerRules,
  apiKey: rule.optional(rule.string()),
  baseUrl: rule.optional(rule.string()),
  headers: rule.optional(rule.object()),
  price: rule.optional(rule.object()),
  limiter: rule.optional(rule.having('begin', 'pause')),
  cassette: rule.optional(rule.object()),
}
