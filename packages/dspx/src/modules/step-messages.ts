/**
 * A step of tool calls as the messages in which it goes back to its model: what the model said and thought, with what its provider
 * wants to see again (signatures, ids of items), the calls, and their results.
 *
 * Source: the AI SDK provider specification, version 4: metadata of content comes back as the options of its part.
 */

import type { ModelAnswer, PromptMessage } from '../models/language-model.ts'
import { finishName, toolNameCharsMax } from '../tools/tool.ts'
import type { ReactStep } from './trajectory.ts'

/** What an assistant message holds. */
export type AssistantContent = Extract<PromptMessage, { role: 'assistant' }>['content']
type AssistantPart = AssistantContent[number]
type AnswerPart = ModelAnswer['content'][number]
type CallPart = Extract<AnswerPart, { type: 'tool-call' }>

/** A step, and the content of the answer that it was. */
export interface CalledStep extends ReactStep {
  readonly said: AssistantContent
}

/** The calls of tools of ours in an answer: not those that its provider has carried out. */
export function toolCallsIn({ content }: ModelAnswer): CallPart[] {
  return content.filter((part) => part.type === 'tool-call' && !part.providerExecuted) as CallPart[]
}

/** How calls are written when they go back. */
export interface SaidOptions {
  /** The input of a call as an object. */
  readonly inputOf: (input: string) => object
  /** Ids of calls in the steps before. */
  readonly usedIds: ReadonlySet<string>
  /** For calls without an id of their own. */
  readonly step: number
}

/**
 * The content of an answer as it goes back. An id that is empty or used already is made anew by its place, and a name that no
 * tool could have is shortened to one: providers refuse both.
 */
export function saidContent({ content }: ModelAnswer, options: SaidOptions): AssistantContent {
  const used = new Set(options.usedIds)
  const said: AssistantContent = []
  for (const part of content) {
    const back = part.type === 'tool-call' ? calledPart(part, options, used) : saidPart(part)
    if (back === undefined) continue
    const providerOptions = 'providerMetadata' in part ? part.providerMetadata : undefined
    said.push(providerOptions === undefined ? back : { ...back, providerOptions })
  }
  return said
}

/**
 * What of an answer that was cut off goes back: its text. Thoughts whose end, and signature, did not come are refused by providers.
 */
export function cutContent({ content }: ModelAnswer): AssistantContent {
  return content.flatMap((part) =>
    part.type === 'text' && part.text !== '' ? [{ type: 'text', text: part.text }] : [],
  )
}

/** The steps as messages. Requires: `calls` of a step in the order of its own calls in `said`. */
export function stepMessages(steps: readonly CalledStep[]): PromptMessage[] {
  return steps.flatMap(({ said, calls, fault }) => {
    const messages: PromptMessage[] = said.length > 0 ? [{ role: 'assistant', content: said }] : []
    const asked = said.filter(isOwnCall)
    const results = calls.flatMap((call, i) => {
      const part = asked[i]
      return part === undefined ? [] : [resultPart(part, call)]
    })
    if (results.length > 0) messages.push({ role: 'tool', content: results })
    if (fault !== undefined) messages.push({ role: 'user', content: [{ type: 'text', text: `${fault} Go on.` }] })
    return messages
  })
}

/** The ids of calls in steps. */
export function callIds(steps: readonly CalledStep[]): Set<string> {
  return new Set(
    steps.flatMap(({ said }) => said.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))),
  )
}

/** The characters that a step has in a prompt beside its words, calls and observations: thoughts, and what providers want back. */
export function unsaidChars({ said }: CalledStep): number {
  return said.reduce((sum, part) => {
    const thought = part.type === 'reasoning' ? part.text.length : 0
    return sum + thought + (part.providerOptions === undefined ? 0 : JSON.stringify(part.providerOptions).length)
  }, 0)
}

function isOwnCall(part: AssistantPart): part is Extract<AssistantPart, { type: 'tool-call' }> {
  return part.type === 'tool-call' && part.providerExecuted !== true && part.toolName !== finishName
}

function calledPart(
  { toolCallId, toolName, input, providerExecuted }: CallPart,
  { inputOf, step }: SaidOptions,
  used: Set<string>,
): AssistantPart {
  const isNew = toolCallId !== '' && !used.has(toolCallId)
  const id = isNew ? toolCallId : `step_${step + 1}_call_${used.size + 1}`
  used.add(id)
  const call = { type: 'tool-call' as const, toolCallId: id, toolName: wireName(toolName), input: inputOf(input) }
  return providerExecuted ? { ...call, providerExecuted } : call
}

/** What is no part of an assistant message (sources, asked approvals) does not go back. */
function saidPart(part: Exclude<AnswerPart, CallPart>): AssistantPart | undefined {
  switch (part.type) {
    case 'text':
      return part.text === '' && part.providerMetadata === undefined ? undefined : { type: 'text', text: part.text }
    case 'reasoning':
      return { type: 'reasoning', text: part.text }
    case 'reasoning-file':
      return { type: 'reasoning-file', data: part.data, mediaType: part.mediaType }
    case 'file':
      return { type: 'file', data: part.data, mediaType: part.mediaType }
    case 'custom':
      return { type: 'custom', kind: part.kind }
    case 'tool-result': {
      const { toolCallId, toolName, result, isError } = part
      return {
        type: 'tool-result',
        toolCallId,
        toolName,
        output: { type: isError ? 'error-json' : 'json', value: result },
      }
    }
    default:
      return undefined
  }
}

function resultPart(
  { toolCallId, toolName, providerOptions }: Extract<AssistantPart, { type: 'tool-call' }>,
  { outcome, observation }: ReactStep['calls'][number],
) {
  const type = outcome === 'given' ? ('text' as const) : ('error-text' as const)
  const result = { type: 'tool-result' as const, toolCallId, toolName, output: { type, value: observation } }
  return providerOptions === undefined ? result : { ...result, providerOptions }
}

/** Names that models make up go back as providers accept names. */
function wireName(name: string): string {
  return name.slice(0, toolNameCharsMax).replace(/[^A-Za-z0-9_-]/g, '_') || 'unnamed'
}
