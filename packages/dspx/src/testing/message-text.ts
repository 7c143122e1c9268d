/** The text of a message, for tests that look at prompts. */

import type { PromptMessage } from '../models/language-model.ts'

/** The text parts of a message, joined; empty for none. */
export function messageText(message: PromptMessage | undefined): string {
  if (message === undefined) return ''
  if (message.role === 'system') return message.content
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
