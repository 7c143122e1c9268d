/** Writes the answers in the format that the prompt asked for. */

import type { OutputField } from './output-fields.ts'
import type { AnswerFormat } from './prompt-reading.ts'
import { completedMarker } from './sections.ts'

/** An answer: text as it is written, and its value for JSON. */
export type AnswerValue = string | number | boolean | readonly AnswerValue[] | { readonly [name: string]: AnswerValue }

/** A field with its answer. */
export interface Answer {
  readonly field: OutputField
  readonly value: AnswerValue
}

/** The text of an answer. */
export function writeAnswer(answers: readonly Answer[], format: AnswerFormat): string {
  switch (format.style) {
    case 'markers':
      return `${answers.map(marked).join('\n\n')}\n\n[[ ## ${completedMarker} ## ]]`
    case 'headings':
      return `${answers.map(({ field, value }) => `## ${field.name}\n${written(value)}`).join('\n\n')}\n\n## ${completedMarker}`
    case 'json':
      return JSON.stringify(
        Object.fromEntries(answers.map(({ field, value }) => [field.name || 'answer', typed(field, value)])),
      )
    case 'xml':
      return answers.map(({ field, value }) => `<${field.name}>\n${escaped(value)}\n</${field.name}>`).join('\n')
    case 'labelled':
      return answers
        .map(({ field, value }, i) => (format.continues && i === 0 ? written(value) : labelled(field, value)))
        .join('\n')
    case 'bare':
      return answers.map(({ value }) => written(value)).join('\n')
  }
}

function marked({ field, value }: Answer): string {
  return `[[ ## ${field.name} ## ]]\n${written(value)}`
}

function labelled(field: OutputField, value: AnswerValue): string {
  return field.name === '' ? written(value) : `${field.name}: ${written(value)}`
}

/** In JSON a value has the type that the field declares, whatever word stands for it in text. */
function typed(field: OutputField, value: AnswerValue): AnswerValue {
  if (typeof value === 'object' && field.members) {
    const members = value as { readonly [name: string]: AnswerValue }
    return Object.fromEntries(field.members.map((member) => [member.name, typed(member, members[member.name] ?? '')]))
  }
  if (Array.isArray(value) && field.items) return value.map((item) => typed(field.items as OutputField, item))
  if (typeof value !== 'string') return value
  if (field.kind === 'boolean') return value === field.values[0]
  return field.literals?.[field.values.indexOf(value)] ?? value
}

/** In tags, `<` and `&` are written as entities. */
function escaped(value: AnswerValue): string {
  return written(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** Booleans are written in the words that the prompt uses for them. */
function written(value: AnswerValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
