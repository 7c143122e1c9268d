/** Code that a model wrote, and the outputs of a signature from the data that such code gives. */

import type { Json } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import { checkField, expectedOf } from '../signatures/schema-field.ts'
import type { Signature, Values } from '../signatures/signature.ts'
import { observationText } from '../tools/observation-text.ts'

/** Outputs, or the sentence that says what is wrong with them. */
export type CodeOutputs = { readonly outputs: Values } | { readonly fault: string }

/** Every output by its name, checked by its schema; for a single output its bare value will do. */
export function codeOutputs({ outputs: fields }: Signature, value: Json | undefined): CodeOutputs {
  const [first] = fields
  const isNamed = isRecord(value)
  const members: Values =
    isNamed && fields.some(({ name }) => Object.hasOwn(value, name))
      ? (value as Values)
      : fields.length === 1 && first && value !== undefined
        ? { [first.name]: value }
        : {}
  const outputs: { [name: string]: unknown } = {}
  for (const field of fields) {
    const given = Object.hasOwn(members, field.name) ? members[field.name] : undefined
    if ((given === undefined || given === null) && field.optional) continue
    const result = checkField(field, given)
    if (result.issues) {
      return {
        fault: `output ${field.name}: expected ${expectedOf(field, result.issues)}, got ${observationText(given, 200)}`,
      }
    }
    outputs[field.name] = result.value
  }
  return { outputs }
}

/** Code without the fences that models put around it. */
export function bareCode(text: string): string {
  const fenced = /```[a-z]*[ \t]*\r?\n([\s\S]*?)```/i.exec(text) ?? /^\s*```[a-z]*[ \t]*\r?\n([\s\S]*)$/i.exec(text)
  return fenced?.[1] ?? text
}
