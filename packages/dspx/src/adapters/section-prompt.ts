/** Prompts of the formats with marks: one way to write sections, for demonstrations and for the question. */

import type { PromptMessage } from '../models/language-model.ts'
import type { Field } from '../signatures/field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import type { PreparedPrompt } from './adapter.ts'
import { mediaParts } from './media-parts.ts'
import { systemMessage, taskText, textMessage } from './task-text.ts'

/** How a format is explained and written. */
export interface SectionWriting {
  /** The paragraph of the system message that explains the format. */
  formatText(signature: Signature): string
  /** The fields that have a value, each in a section. */
  sections(signature: Signature, side: 'inputs' | 'outputs', values: Values): string
  /** What follows the sections of an answer; empty for nothing. */
  readonly completed: string
  /** What follows the inputs of the question; empty for nothing. */
  reminderText(signature: Signature): string
}

/** The constant messages once, the question anew. */
export function prepareSections(writing: SectionWriting, signature: Signature, demos: readonly Demo[]): PreparedPrompt {
  const constant: PromptMessage[] = [systemMessage(taskText(signature, demos, writing.formatText(signature)))]
  const end = writing.completed === '' ? '' : `\n\n${writing.completed}`
  for (const demo of demos) {
    const asked = writing.sections(signature, 'inputs', demo.inputs)
    constant.push(textMessage('user', asked, mediaParts(signature.inputs, demo.inputs)))
    constant.push(textMessage('assistant', `${writing.sections(signature, 'outputs', demo.outputs)}${end}`))
  }
  const reminder = writing.reminderText(signature)
  const after = reminder === '' ? '' : `\n\n${reminder}`
  return {
    ask: (inputs) => {
      const text = `${writing.sections(signature, 'inputs', inputs)}${after}`
      const content = [{ type: 'text' as const, text }, ...mediaParts(signature.inputs, inputs)]
      return { prompt: [...constant, { role: 'user', content }] }
    },
  }
}

/** The fields that have a value, written by `write` and joined. */
export function writtenFields(
  fields: readonly Field[],
  values: Values,
  write: (field: Field, value: unknown) => string,
): string[] {
  const parts: string[] = []
  for (const field of fields) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    if (value !== undefined) parts.push(write(field, value))
  }
  return parts
}
