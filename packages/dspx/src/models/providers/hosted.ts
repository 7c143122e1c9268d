/** Hosted providers: `openai/…`, `anthropic/…`, and `compatible/…` for any server that speaks OpenAI's chat completions. */

import { missingSetting } from '../errors.ts'
import type { LanguageModel } from '../language-model.ts'
import { lazyModel } from './lazy-model.ts'

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

/** Makes the model `name` of one provider. Throws: `dspx/missing-setting`. */
export type HostedProvider = (name: string, env: Environment) => HostedModel

const localHint = 'set it, or use a local model such as "local/small"'

/** The providers by the first part of a model id. */
export const hostedProviders: { readonly [provider: string]: HostedProvider } = {
  openai: (name, env) => {
    const apiKey = required(env, 'OPENAI_API_KEY', `an API key for "openai/${name}"`)
    const baseURL = env.OPENAI_BASE_URL || 'https://api.openai.com/v1'
    const load = async () => (await import('@ai-sdk/openai')).createOpenAI({ apiKey, baseURL }).chat(name)
    return { model: lazyModel({ provider: 'openai', modelId: name }, load), scope: baseURL, secrets: [apiKey] }
  },
  anthropic: (name, env) => {
    const apiKey = required(env, 'ANTHROPIC_API_KEY', `an API key for "anthropic/${name}"`)
    const baseURL = env.ANTHROPIC_BASE_URL || 'https://api.anthropic.com/v1'
    const load = async () => (await import('@ai-sdk/anthropic')).createAnthropic({ apiKey, baseURL })(name)
    return { model: lazyModel({ provider: 'anthropic', modelId: name }, load), scope: baseURL, secrets: [apiKey] }
  },
  compatible: (name, env) => {
    const expected = `the base URL of an OpenAI-compatible server for "compatible/${name}", such as http://127.0.0.1:8000/v1,`
    const baseURL = required(env, 'MABEAM_COMPATIBLE_URL', expected)
    const apiKey = env.MABEAM_COMPATIBLE_KEY || ''
    const settings = { name: 'compatible', baseURL, supportsStructuredOutputs: true, ...(apiKey && { apiKey }) }
    const load = async () => (await import('@ai-sdk/openai-compatible')).createOpenAICompatible(settings)(name)
    return { model: lazyModel({ provider: 'compatible', modelId: name }, load), scope: baseURL, secrets: [apiKey] }
  },
}

function required(env: Environment, variable: string, expected: string): string {
  const value = env[variable]?.trim()
  if (!value) throw missingSetting(variable, expected, localHint)
  return value
}
