/**
 * Keys of model calls: SHA-256 over the model, the prompt and the parameters. The constant front of a prompt (system
 * message and demonstrations, frozen and shared by adapters) is hashed once and remembered by identity, so that a key
 * costs what the question costs and not what 64 demonstrations cost.
 */

import { createHash, type Hash } from 'node:crypto'
import type { ModelCall, PromptMessage } from '../language-model.ts'
import { ofFront } from '../prompt-front.ts'

/** Changes when what goes into a key changes. */
const keyVersion = 1

/**
 * A function from calls to keys (64 hex digits) for one model.
 *
 * Ensures: equal keys for calls that are equal in everything but signal and headers (and, at temperature 0, the seed).
 * @example callKeys('openai/gpt-4.1-mini')({ prompt }) // 'b5bb9d80…'
 */
export function callKeys(modelId: string): (call: ModelCall) => string {
  const begun = () => createHash('sha256').update(`mabeam-call/${keyVersion}\n${JSON.stringify(modelId)}\n`)
  const hashOfFront = ofFront((front) => {
    const hash = begun()
    for (const message of front) addMessage(hash, message)
    return hash
  })
  return (call) => {
    const { prompt } = call
    const last = prompt.at(-1)
    const hash = prompt.length > 1 ? hashOfFront(prompt).copy() : begun()
    if (last !== undefined) addMessage(hash, last)
    return hash.update(JSON.stringify(parametersOf(call))).digest('hex')
  }
}

function addMessage(hash: Hash, message: PromptMessage): void {
  hash.update(`${JSON.stringify(message)}\n`)
}

function parametersOf(call: ModelCall): { readonly [name: string]: unknown } {
  const {
    prompt: _,
    abortSignal: __,
    headers: ___,
    includeRawChunks: ____,
    seed,
    providerOptions,
    ...parameters
  } = call
  const names = Object.keys(parameters).sort() as (keyof typeof parameters)[]
  const sorted: { [name: string]: unknown } = {}
  for (const name of names) if (parameters[name] !== undefined) sorted[name] = parameters[name]
  const others = providerOptions && ownOptionsLeftOut(providerOptions)
  if (others !== undefined) sorted.providerOptions = others
  if (call.temperature !== 0 && seed !== undefined) sorted.seed = seed
  return sorted
}

/** How a call uses the cache is no part of what is asked. */
function ownOptionsLeftOut(options: NonNullable<ModelCall['providerOptions']>): object | undefined {
  const { mabeam: _, ...others } = options
  return Object.keys(others).length === 0 ? undefined : others
}
