/** The inputs of demonstrations, as the choice among them reads and compares them. */

import { checkField } from '../signatures/schema-field.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import { exampleText } from '../text/example-text.ts'

/** Reads the inputs of each demonstration once, when they are first looked at. */
export function inputsReader(asked: Signature, demos: readonly Demo[]): (at: number) => Values {
  const read: (Values | undefined)[] = []
  return (at) => {
    read[at] ??= readInputs(asked, demos[at]?.inputs ?? {})
    return read[at]
  }
}

/** The inputs as the text that nearness is measured by; images, sounds and files say nothing. */
export function demoText({ inputs: fields }: Signature, inputs: Values): string {
  return exampleText({ inputs: inputs as Demo['inputs'] }, fields)
}

/** Inputs as their fields leave them, as those of a question are; what does not fit its field stays as it is. */
export function readInputs({ inputs: fields }: Signature, inputs: Values): Values {
  const read: { [name: string]: unknown } = {}
  for (const field of fields) {
    const value = Object.hasOwn(inputs, field.name) ? inputs[field.name] : undefined
    const result = checkField(field, value)
    const kept = result.issues ? value : result.value
    if (kept !== undefined) read[field.name] = kept
  }
  return read
}
