/**
 * Keys of model calls: SHA-256 over the model, the prompt and the parameters. The constant front of a prompt (system
 * message and demonstrations, frozen and shared by adapters) is hashed once and remembered by identity, so that a key
 * costs what the question costs and not what 64 demonstrations cost.
 */

import { createHash, type Hash } from 'node:crypto'
import type { ModelCall, Prompt, PromptMessage } from '../language-model.ts'

/** The hash state after a constant front. */
interface HashedFront {
  readonly messages: readonly PromptMessage[]
  readonly hash: Hash
}

/** Changes when what goes into a key changes. */
const keyVersion = 1

/**
 * A function from calls to keys (64 hex digits) for one model.
 *
 * Ensures: equal keys for calls that are equal in everything but signal and headers (and, at temperature 0, the seed).
 * @example callKeys('openai/gpt-4.1-mini')({ prompt }) // 'b5bb9d80…'
 */
export function callKeys(modelId: string): (call: ModelCall) => string {
  const fronts = new WeakMap<PromptMessage, HashedFront>()
  return (call) => {
    const { prompt } = call
    const last = prompt.at(-1)
    const hash = frontHash(modelId, prompt, fronts)
    if (last !== undefined) addMessage(hash, last)
    return hash.update(JSON.stringify(parametersOf(call))).digest('hex')
  }
}

/** A hash of all messages but the last one, free to be added to. */
function frontHash(modelId: string, prompt: Prompt, fronts: WeakMap<PromptMessage, HashedFront>): Hash {
  const count = prompt.length - 1
  const end = prompt[count - 1]
  const known = end && fronts.get(end)
  if (known && sameMessages(known.messages, prompt, count)) return known.hash.copy()
  const hash = createHash('sha256').update(`mabeam-call/${keyVersion}\n${JSON.stringify(modelId)}\n`)
  for (let i = 0; i < count; i++) addMessage(hash, prompt[i] as PromptMessage)
  const messages = prompt.slice(0, Math.max(0, count))
  if (end && messages.every(isConstant)) {
    fronts.set(end, { messages, hash })
    return hash.copy()
  }
  return hash
}

function sameMessages(known: readonly PromptMessage[], prompt: Prompt, count: number): boolean {
  if (known.length !== count) return false
  for (let i = 0; i < count; i++) if (known[i] !== prompt[i]) return false
  return true
}

/** Frozen through and through, so that identity means equality for ever. */
function isConstant(message: PromptMessage): boolean {
  if (!Object.isFrozen(message) || message.providerOptions !== undefined) return false
  if (typeof message.content === 'string') return true
  return (
    Object.isFrozen(message.content) && message.content.every((part) => part.type === 'text' && isConstantText(part))
  )
}

function isConstantText(part: { readonly providerOptions?: unknown }): boolean {
  return Object.isFrozen(part) && part.providerOptions === undefined
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
