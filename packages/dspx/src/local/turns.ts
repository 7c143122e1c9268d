/** The turns of a prompt as plain text: what the local model reads, whichever tool rendered it. */

import type { LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'

/** One turn of a conversation. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** What the model cannot read in a prompt, by name, for warnings. */
export interface ReadTurns {
  readonly turns: readonly Turn[]
  readonly unsupported: ReadonlySet<string>
}

/** The turns of a prompt. Parts that are no text are left out and named. */
export function turnsOf(prompt: LanguageModelV4Prompt): ReadTurns {
  const turns: Turn[] = []
  const unsupported = new Set<string>()
  for (const message of prompt) {
    if (message.role === 'tool') unsupported.add('tool results')
    else turns.push({ role: message.role, text: textOf(message, unsupported) })
  }
  return { turns, unsupported }
}

function textOf(message: Exclude<LanguageModelV4Message, { role: 'tool' }>, unsupported: Set<string>): string {
  if (message.role === 'system') return message.content
  const only = message.content[0]
  if (message.content.length === 1 && only?.type === 'text') return only.text
  const texts: string[] = []
  for (const part of message.content) {
    if (part.type === 'text' || part.type === 'reasoning') texts.push(part.text)
    else unsupported.add(`${part.type} parts`)
  }
  return texts.join('\n')
}
