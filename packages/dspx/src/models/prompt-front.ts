/**
 * The constant front of prompts: all messages but the last, system message and demonstrations, which adapters freeze and share.
 * What is computed of it is remembered by identity, so that a call costs what its question costs and not what 64 demonstrations
 * cost.
 */

import type { Prompt, PromptMessage } from './language-model.ts'

/** Computes `of` the messages before the last one; once for a front that is frozen through and through. */
export function ofFront<T>(of: (front: readonly PromptMessage[]) => T): (prompt: Prompt) => T {
  const known = new WeakMap<PromptMessage, { readonly front: readonly PromptMessage[]; readonly value: T }>()
  return (prompt) => {
    const count = prompt.length - 1
    const end = prompt[count - 1]
    const found = end && known.get(end)
    if (found && sameMessages(found.front, prompt, count)) return found.value
    const front = prompt.slice(0, Math.max(0, count))
    const value = of(front)
    if (end && front.every(isConstant)) known.set(end, { front, value })
    return value
  }
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
