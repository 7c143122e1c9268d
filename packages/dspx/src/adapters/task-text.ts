/** What every adapter tells a model about a signature: its fields, their types and meaning, and the instructions. */

import type { PromptMessage } from '../models/language-model.ts'
import type { Field } from '../signatures/field.ts'
import type { Demo, Signature } from '../signatures/signature.ts'

/** A system message: the fields, the format (one paragraph by the adapter), the instructions. */
export function taskText(signature: Signature, demos: readonly Demo[], format: string): string {
  const required = signature.outputs.filter(({ optional }) => !optional)
  const partial = demos.some((demo) => required.some(({ name }) => !Object.hasOwn(demo.outputs, name)))
  return [
    `Your input fields are:\n${fieldList(signature.inputs)}`,
    `Your output fields are:\n${fieldList(signature.outputs)}`,
    format,
    ...(partial ? ['The examples may leave out fields; your answer holds every one.'] : []),
    `In adhering to this structure, your objective is:\n${signature.instructions}`,
  ].join('\n\n')
}

/** A system message that nobody changes. */
export function systemMessage(content: string): PromptMessage {
  return Object.freeze({ role: 'system', content })
}

/** A user or assistant message of one text that nobody changes. */
export function textMessage(role: 'user' | 'assistant', text: string): PromptMessage {
  const content = [Object.freeze({ type: 'text' as const, text })]
  Object.freeze(content)
  return Object.freeze({ role, content })
}

function fieldList(fields: readonly Field[]): string {
  return fields.map((field, i) => `${i + 1}. ${fieldLine(field)}`).join('\n')
}

function fieldLine({ name, typeText, optional, description }: Field): string {
  const line = `\`${name}\` (${typeText}${optional ? ', may be left out' : ''})`
  return description === '' ? line : `${line}: ${description}`
}
