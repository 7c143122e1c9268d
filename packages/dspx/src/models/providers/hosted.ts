/**
 * Hosted providers: OpenAI, Anthropic, Google, Groq, and any server that speaks OpenAI's chat completions. A provider's package is
 * loaded when it is first asked.
 */

import { assert } from '@mabeam/foundation'
import type { EmbeddingModel } from '../embeddings/embedding-model.ts'
import { missingSetting } from '../errors.ts'
import type { LanguageModel } from '../language-model.ts'
import { lazyEmbedding, lazyModel } from './lazy-model.ts'

/** Where keys and addresses come from. */
export interface Environment {
  readonly [name: string]: string | undefined
}

/** A model of a provider and what it was made with. */
export interface HostedModel {
  readonly model: LanguageModel
  /** Whose answers these are: the same name on another server is another model. */
  readonly scope: string
  /** What errors must not show. */
  readonly secrets: readonly string[]
}

/** What a provider is asked with, where it is not in the environment. */
export interface ProviderSettings {
  /** @default the provider's variable of the environment */
  readonly apiKey?: string
  /** @default the provider's variable of the environment, or its own address */
  readonly baseUrl?: string
  /** Sent with each request. @default none */
  readonly headers?: { readonly [name: string]: string }
  /** Which interface of OpenAI is spoken: chat completions, or responses. @default 'chat' */
  readonly api?: 'chat' | 'responses'
}

/** The names of the providers, the first part of a model id. */
export type ProviderName = 'openai' | 'anthropic' | 'google' | 'groq' | 'compatible'

/** What a provider's package is given. */
interface Access {
  readonly apiKey: string
  readonly baseURL: string
  readonly headers?: Record<string, string>
}

interface Provider {
  readonly keyVariables: readonly string[]
  readonly isKeyNeeded: boolean
  readonly urlVariable: string
  /** Absent where every server has its own. */
  readonly defaultUrl?: string
  readonly load: (name: string, access: Access, api: 'chat' | 'responses') => Promise<LanguageModel>
  readonly loadEmbedding?: (name: string, access: Access) => Promise<EmbeddingModel>
}

const providers: { readonly [name in ProviderName]: Provider } = {
  openai: {
    keyVariables: ['OPENAI_API_KEY'],
    isKeyNeeded: true,
    urlVariable: 'OPENAI_BASE_URL',
    defaultUrl: 'https://api.openai.com/v1',
    load: async (name, access, api) => {
      const provider = (await import('@ai-sdk/openai')).createOpenAI(access)
      return api === 'chat' ? provider.chat(name) : provider.responses(name)
    },
    loadEmbedding: async (name, access) => (await import('@ai-sdk/openai')).createOpenAI(access).embeddingModel(name),
  },
  anthropic: {
    keyVariables: ['ANTHROPIC_API_KEY'],
    isKeyNeeded: true,
    urlVariable: 'ANTHROPIC_BASE_URL',
    defaultUrl: 'https://api.anthropic.com/v1',
    load: async (name, access) => (await import('@ai-sdk/anthropic')).createAnthropic(access)(name),
  },
  google: {
    keyVariables: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
    isKeyNeeded: true,
    urlVariable: 'GOOGLE_BASE_URL',
    defaultUrl: 'https://generativelanguage.googleapis.com/v1beta',
    load: async (name, access) => (await import('@ai-sdk/google')).createGoogle(access)(name),
    loadEmbedding: async (name, access) => (await import('@ai-sdk/google')).createGoogle(access).embeddingModel(name),
  },
  groq: {
    keyVariables: ['GROQ_API_KEY'],
    isKeyNeeded: true,
    urlVariable: 'GROQ_BASE_URL',
    defaultUrl: 'https://api.groq.com/openai/v1',
    load: async (name, access) => (await import('@ai-sdk/groq')).createGroq(access)(name),
  },
  compatible: {
    keyVariables: ['MABEAM_COMPATIBLE_KEY'],
    isKeyNeeded: false,
    urlVariable: 'MABEAM_COMPATIBLE_URL',
    load: async (name, access) => (await compatibleProvider(access))(name),
    loadEmbedding: async (name, access) => (await compatibleProvider(access)).embeddingModel(name),
  },
}

async function compatibleProvider({ apiKey, ...access }: Access) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const settings = { name: 'compatible', supportsStructuredOutputs: true, includeUsage: true }
  return createOpenAICompatible({ ...access, ...settings, ...(apiKey && { apiKey }) })
}

/** All names of {@link ProviderName}. */
export const providerNames = Object.keys(providers) as readonly ProviderName[]

/** Whether this is the name of a provider. */
export function isProvider(name: string): name is ProviderName {
  return Object.hasOwn(providers, name)
}

/** What a hosted model is made of. */
export interface HostedRequest {
  readonly provider: ProviderName
  readonly name: string
  readonly env: Environment
  readonly settings: ProviderSettings
}

/** A model of a provider; nothing is asked or loaded yet. Throws: `dspx/missing-setting`. */
export function hostedModel(request: HostedRequest): HostedModel {
  const { provider, name, settings } = request
  const { apiKey, baseURL, headers } = accessOf(request)
  const access = { apiKey, baseURL, ...(headers && { headers }) }
  const { api = 'chat' } = settings
  const scope = api === 'chat' ? baseURL : `${baseURL}#${api}`
  const load = () => providers[provider].load(name, access, api)
  return { model: lazyModel({ provider, modelId: name }, load), scope, secrets: secretsOf(access) }
}

/** An embedding model of a provider and what it was made with. */
export interface HostedEmbedding {
  readonly model: EmbeddingModel
  readonly scope: string
  readonly secrets: readonly string[]
}

/** Whether the provider has embedding models. */
export function embedsTexts(provider: ProviderName): boolean {
  return providers[provider].loadEmbedding !== undefined
}

/** An embedding model of a provider that has some. Throws: `dspx/missing-setting`. */
export function hostedEmbedding(request: HostedRequest): HostedEmbedding {
  const { provider, name } = request
  const { loadEmbedding } = providers[provider]
  assert(loadEmbedding !== undefined, `${provider} has embedding models`)
  const access = accessOf(request)
  const model = lazyEmbedding({ provider, modelId: name }, () => loadEmbedding(name, access))
  return { model, scope: access.baseURL, secrets: secretsOf(access) }
}

function accessOf({ provider, name, env, settings }: HostedRequest): Access {
  const { keyVariables, isKeyNeeded, urlVariable, defaultUrl } = providers[provider]
  const [variable = ''] = keyVariables
  const id = `"${provider}/${name}"`
  const found = settings.apiKey || keyVariables.map((one) => env[one]?.trim()).find(Boolean)
  if (!found && isKeyNeeded) throw missingSetting(variable, `an API key for ${id}`, localHint)
  const baseURL = settings.baseUrl || env[urlVariable]?.trim() || defaultUrl
  if (!baseURL) {
    const expected = `the base URL of an OpenAI-compatible server for ${id}, such as http://127.0.0.1:8000/v1,`
    throw missingSetting(urlVariable, expected, localHint)
  }
  return { apiKey: found ?? '', baseURL, ...(settings.headers && { headers: { ...settings.headers } }) }
}

/** The key, and what headers carry that are for proving who one is, with and without the scheme in front. */
function secretsOf({ apiKey, headers = {} }: Access): string[] {
  const carried = Object.entries(headers).filter(([name]) => /key|token|auth|secret|cookie/i.test(name))
  return [apiKey, ...carried.flatMap(([, value]) => [value, value.replace(/^\S+\s+/, '')])]
}

const localHint = 'set it, or use a local model such as "local/small"'
