/** Signatures of the predictors inside of a module: the inputs that were asked, and what the module adds. */

import { invalidSignature } from '../signatures/errors.ts'
import type { Field } from '../signatures/field.ts'
import { isMedia } from '../signatures/media.ts'
import type { Signature } from '../signatures/signature.ts'

/** What a module adds. */
export interface InnerSignatureOptions {
  readonly name: string
  readonly instructions: string
  /** @default all inputs of the signature */
  readonly shown?: readonly Field[]
  readonly inputs?: readonly Field[]
  readonly outputs: readonly Field[]
}

/** Throws `dspx/invalid-signature` where a field that is added has the name of one that was asked. */
export function innerSignature(asked: Signature, options: InnerSignatureOptions): Signature {
  const { name, instructions, shown = asked.inputs, inputs = [], outputs } = options
  const all = [...shown, ...inputs, ...outputs]
  const twice = all.find((field, i) => all.findIndex((one) => one.name === field.name) < i)
  if (twice) throw invalidSignature(name, 'no field with the name of one that the module adds', twice.name)
  return { name, instructions, inputs: [...shown, ...inputs], outputs }
}

/** Fields in lines, for instructions. */
export function fieldLines(fields: readonly Field[]): string {
  return fields
    .map(({ name, typeText, optional, description }) => {
      const line = `- ${name}: ${typeText}${optional ? ', may be left out' : ''}`
      return description === '' ? line : `${line}; ${description}`
    })
    .join('\n')
}

/** What code can be given of inputs: not what is shown to a model beside the text. */
export function plainInputs(fields: readonly Field[]): Field[] {
  return fields.filter((field) => !isMedia(field))
}
