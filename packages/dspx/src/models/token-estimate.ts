/** How many tokens a call may take, before it is made: a bound for budgets, a guess for rates. */

import type { LanguageModelV4FilePart } from '@ai-sdk/provider'
import { checkCall } from './call-check.ts'
import type { ModelCall, PromptMessage } from './language-model.ts'
import { ofFront } from './prompt-front.ts'

/** Declared for what the message itself takes: roles and separators. */
const tokensPerMessage = 16
/** Declared for a picture, a sound or a document: more than providers charge for one picture. */
const tokensPerFile = 6_000

/**
 * An upper bound of the tokens of a prompt: one for each UTF-8 byte of its text, since the tokenizers of today's models work on
 * bytes and no token is less than one. Each file is a declared number of tokens, or a third of its bytes where that is more.
 *
 * Ensures: at least as many as a byte-level tokenizer counts of text.
 */
export function promptTokensMax(call: ModelCall): number {
  checkCall('promptTokensMax', call)
  const { bytes, declared } = promptSize(call)
  return bytes + declared
}

/** What a prompt is likely to take: a token for every four bytes, as English text has. */
export function promptTokensLikely(call: ModelCall): number {
  checkCall('promptTokensLikely', call)
  const { bytes, declared } = promptSize(call)
  return Math.ceil(bytes / 4) + declared
}

interface Size {
  readonly bytes: number
  /** Tokens that are declared and not counted. */
  readonly declared: number
}

function promptSize({ prompt, tools, responseFormat }: ModelCall): Size {
  const front = frontSize(prompt)
  const last = sizeOf(prompt.slice(-1))
  let bytes = front.bytes + last.bytes
  if (tools) bytes += Buffer.byteLength(JSON.stringify(tools))
  if (responseFormat?.type === 'json') bytes += Buffer.byteLength(JSON.stringify(responseFormat))
  return { bytes, declared: front.declared + last.declared }
}

const frontSize = ofFront(sizeOf)

function sizeOf(messages: readonly PromptMessage[]): Size {
  let bytes = 0
  let declared = 0
  for (const message of messages) {
    bytes += messageBytes(message)
    declared += tokensPerMessage + fileTokens(message)
  }
  return { bytes, declared }
}

function messageBytes({ content }: PromptMessage): number {
  if (typeof content === 'string') return Buffer.byteLength(content)
  let bytes = 0
  for (const part of content) {
    if (part.type === 'text' || part.type === 'reasoning') bytes += Buffer.byteLength(part.text)
    else if (part.type !== 'file') bytes += Buffer.byteLength(JSON.stringify(part))
  }
  return bytes
}

function fileTokens({ content }: PromptMessage): number {
  if (typeof content === 'string') return 0
  let tokens = 0
  for (const part of content)
    if (part.type === 'file') tokens += Math.max(tokensPerFile, Math.ceil(fileBytes(part) / 3))
  return tokens
}

function fileBytes({ data }: LanguageModelV4FilePart): number {
  if (data.type === 'data') return data.data.length
  return data.type === 'text' ? Buffer.byteLength(data.text) : 0
}
