/** What a proposing model is shown: fields, rows, attempts and what went on, as bounded text. */

import type { Example, FieldValues } from '../../datasets/example.ts'
import type { Field } from '../../signatures/field.ts'
import { isMedia } from '../../signatures/media.ts'
import type { Signature } from '../../signatures/signature.ts'
import { fieldLabels } from '../../text/example-text.ts'
import type { RewriteContext, SeenStep } from '../proposer.ts'

/** The most characters that are shown of one row. */
export const rowCharsMax = 4_000

/** One line for each field: name, values, description. */
export function fieldsText({ inputs, outputs }: Signature): string {
  const line = (side: string) => (field: Field) => {
    const labels = fieldLabels(field)
    const values = labels.length === 0 ? field.kind : `one of ${labels.join(', ')}`
    return `${side} ${field.name} (${values})${field.description ? `: ${field.description}` : ''}`
  }
  return [...inputs.map(line('input')), ...outputs.map(line('output'))].join('\n')
}

/** Labelled rows. */
export function labeledText(rows: readonly Example[], { inputs, outputs }: Signature): string {
  const shown = rows.map((row) => bounded(`${valuesText(row.inputs, inputs)}\n=> ${valuesText(row.outputs, outputs)}`))
  return shown.join('\n\n') || 'none'
}

/** Attempts with their scores, best first. */
export function triedText(tried: RewriteContext['tried']): string {
  return (
    tried.map(({ instructions, score }) => bounded(`score ${score.toFixed(3)}:\n${instructions}`)).join('\n\n') ||
    'none'
  )
}

/** What was asked, said and wanted. */
export function seenText(seen: readonly SeenStep[]): string {
  const texts = seen.map(({ inputs, outputs, expected, score, feedback, error }) => {
    const lines = [`inputs: ${JSON.stringify(inputs)}`]
    if (outputs !== undefined) lines.push(`said: ${JSON.stringify(outputs)}`)
    if (error !== undefined) lines.push(`failed: ${error}`)
    if (Object.keys(expected).length > 0) lines.push(`right: ${JSON.stringify(expected)}`)
    lines.push(`score: ${score.toFixed(2)}`)
    if (feedback !== undefined) lines.push(`feedback: ${feedback}`)
    return bounded(lines.join('\n'))
  })
  return texts.join('\n\n') || 'none'
}

function valuesText(values: FieldValues, fields: readonly Field[]): string {
  const known = fields.filter((field) => !isMedia(field) && values[field.name] !== undefined)
  return known.map(({ name }) => `${name}: ${JSON.stringify(values[name])}`).join('\n')
}

function bounded(text: string): string {
  return text.length <= rowCharsMax ? text : `${text.slice(0, rowCharsMax)} …`
}
