/** What every adapter tells a model about a signature: its fields, their types and meaning, and the instructions. */

import type { LanguageModelV4FilePart } from '@ai-sdk/provider'
import type { PromptMessage } from '../models/language-model.ts'
import type { Field } from '../signatures/field.ts'
import { isMedia } from '../signatures/media.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { valueText } from './field-value.ts'
import { mediaText } from './media-parts.ts'

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

/** A message of one text, and of a user's media, that nobody changes. */
export function textMessage(
  role: 'user' | 'assistant',
  text: string,
  media: readonly LanguageModelV4FilePart[] = [],
): PromptMessage {
  const content = [Object.freeze({ type: 'text' as const, text }), ...media]
  Object.freeze(content)
  return Object.freeze({ role, content })
}

/** A signature put to a model that answers as it likes: fields as lines `name: value`, no format asked for. */
export function freeText(signature: Signature): {
  readonly task: string
  inputs(values: Values): string
  outputs(values: Values): string
} {
  const lines = (fields: readonly Field[]) => (values: Values) =>
    fields
      .filter(({ name }) => Object.hasOwn(values, name) && values[name] !== undefined)
      .map((field) => {
        const value = values[field.name]
        return `${field.name}: ${isMedia(field) ? mediaText(field, value) : valueText(field, value)}`
      })
      .join('\n')
  const task = [
    `You are given:\n${fieldList(signature.inputs)}`,
    `Your answer says, in your own words and without a format:\n${fieldList(signature.outputs)}`,
    `Your objective is:\n${signature.instructions}`,
  ].join('\n\n')
  return { task, inputs: lines(signature.inputs), outputs: lines(signature.outputs) }
}

function fieldList(fields: readonly Field[]): string {
  return fields.map((field, i) => `${i + 1}. ${fieldLine(field)}`).join('\n')
}

function fieldLine({ name, typeText, optional, description }: Field): string {
  const line = `\`${name}\` (${typeText}${optional ? ', may be left out' : ''})`
  return description === '' ? line : `${line}: ${description}`
}
