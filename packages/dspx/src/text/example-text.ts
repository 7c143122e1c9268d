/** An example seen as text with labels, for statistics over rows. */

import type { Example } from '../datasets/example.ts'
import type { Field } from '../signatures/field.ts'
import { isMedia } from '../signatures/media.ts'

/** The inputs of an example as one text; what is not text stands as JSON, images, sounds and files not at all. */
export function exampleText(example: Pick<Example, 'inputs'>, inputs: readonly Field[]): string {
  return inputs
    .flatMap((field) => {
      const value = example.inputs[field.name]
      return value === undefined || isMedia(field) ? [] : [typeof value === 'string' ? value : jsonText(value)]
    })
    .join('\n')
}

/** A schema may make of an input what JSON does not hold. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? ''
}

/** The values a field can take, where they are few and known; else none. */
export function fieldLabels(field: Field): readonly string[] {
  if (field.kind === 'boolean') return ['true', 'false']
  return field.kind === 'enum' ? (field.values ?? []) : []
}
