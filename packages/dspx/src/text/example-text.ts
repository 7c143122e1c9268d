/** An example seen as text with labels, for statistics over rows. */

import type { Example } from '../datasets/example.ts'
import type { Field } from '../signatures/field.ts'
import { isMedia } from '../signatures/media.ts'

/** The inputs of an example as one text; what is not text stands as JSON, images, sounds and files not at all. */
export function exampleText(example: Example, inputs: readonly Field[]): string {
  return inputs
    .flatMap((field) => {
      const value = example.inputs[field.name]
      return value === undefined || isMedia(field) ? [] : [typeof value === 'string' ? value : JSON.stringify(value)]
    })
    .join('\n')
}

/** The values a field can take, where they are few and known; else none. */
export function fieldLabels(field: Field): readonly string[] {
  if (field.kind === 'boolean') return ['true', 'false']
  return field.kind === 'enum' ? (field.values ?? []) : []
}
