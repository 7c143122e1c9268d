/** An example seen as text with labels, for statistics over rows. */

import type { Example } from '../datasets/example.ts'
import type { Field } from '../signatures/field.ts'

/** The inputs of an example as one text; what is not text stands as JSON. */
export function exampleText(example: Example, inputs: readonly Field[]): string {
  return inputs
    .flatMap(({ name }) => {
      const value = example.inputs[name]
      return value === undefined ? [] : [typeof value === 'string' ? value : JSON.stringify(value)]
    })
    .join('\n')
}

/** The values a field can take, where they are few and known; else none. */
export function fieldLabels(field: Field): readonly string[] {
  if (field.kind === 'boolean') return ['true', 'false']
  return field.kind === 'enum' ? (field.values ?? []) : []
}
