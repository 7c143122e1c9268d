/** The outputs of a signature from what an answer held for each field. */

import { isRecord } from '../record.ts'
import type { Field } from '../signatures/field.ts'
import { checkField, expectedOf } from '../signatures/schema-field.ts'
import type { Signature } from '../signatures/signature.ts'
import type { ReadAnswer } from './answer-reader.ts'
import { unparsableAnswer } from './errors.ts'
import { valueOfJson, valueOfText } from './field-value.ts'
import { endsOpen, type FoundJson, findJson, jsonMembers } from './loose-json.ts'
import { mended, type Repairs } from './repairs.ts'

/** What an answer held, and what was mended to find it. */
export interface FoundValues {
  /** The value of a field as the schema may judge it; `undefined` for none. */
  readonly valueOf: (field: Field) => unknown
  readonly repairs: Repairs
}

/** The field that a name in an answer means: exactly, or but for case, or but for case and marks; if that is one. */
export type NameReading = (name: string) => string | undefined

/**
 * The outputs of a signature.
 *
 * Throws: `dspx/unparsable-answer` for a field that is missing or that its schema refuses.
 */
export function checkOutputs(signature: Signature, found: FoundValues): ReadAnswer {
  const outputs: { [name: string]: unknown } = {}
  for (const field of signature.outputs) {
    const value = found.valueOf(field)
    if (value === undefined && field.optional) continue
    if (value === undefined) throw unparsableAnswer(signature.name, field.name, expectedOf(field), undefined)
    const result = checkField(field, value)
    if (result.issues) throw unparsableAnswer(signature.name, field.name, expectedOf(field, result.issues), value)
    outputs[field.name] = result.value
  }
  return { outputs, repairs: found.repairs }
}

/** Made once for each list of outputs: answers are read far more often than signatures are made. */
const readings = new WeakMap<Signature['outputs'], NameReading>()

/** Reads names of the outputs of a signature. */
export function nameReading({ outputs }: Signature): NameReading {
  const known = readings.get(outputs)
  if (known !== undefined) return known
  const made = newNameReading(outputs)
  readings.set(outputs, made)
  return made
}

function newNameReading(outputs: Signature['outputs']): NameReading {
  const exact = new Set(outputs.map(({ name }) => name))
  const loose = new Map<string, string | undefined>()
  for (const { name } of outputs) {
    for (const key of new Set([name.toLowerCase(), looseName(name)])) {
      loose.set(key, loose.has(key) ? undefined : name)
    }
  }
  return (name) => (exact.has(name) ? name : (loose.get(name.toLowerCase()) ?? loose.get(looseName(name))))
}

/** The object in a text that holds outputs of the signature; `undefined` when there is none. */
export function findOutputsJson(signature: Signature, text: string): FoundJson | undefined {
  const read = nameReading(signature)
  return findJson(text, (value) => isRecord(value) && Object.keys(value).some((key) => read(key) !== undefined))
}

/**
 * The outputs in a JSON object. Of members with the same name the first counts; what was cut off counts only where it
 * can be told from a whole value.
 */
export function outputsOfJson(signature: Signature, found: FoundJson, repairs: Repairs): ReadAnswer {
  if (found.repair !== undefined) mended(repairs, '(all)', found.repair)
  const read = nameReading(signature)
  const values = new Map<string, unknown>()
  const members = jsonMembers(found.json)
  for (const { key, value } of members) {
    const name = read(key)
    if (name === undefined) mended(repairs, key.slice(0, 64), 'no output field; left out')
    else if (values.has(name)) mended(repairs, name, 'stood there again; the first was read')
    else {
      if (name !== key) mended(repairs, name, `read ${JSON.stringify(key)} as its name`)
      values.set(name, value)
    }
  }
  const last = members.at(-1)?.key
  const cutName = last !== undefined && endsOpen(found.cut) ? read(last) : undefined
  return checkOutputs(signature, {
    repairs,
    valueOf: (field) => {
      const value = values.get(field.name)
      if (cutName === field.name) refuseCut(signature, field, value)
      return value === null && field.optional ? undefined : valueOfJson(field, value, repairs)
    },
  })
}

/** An answer without the marks of its format: JSON is read as such; for a single output the whole text is its value. */
export function unmarkedOutputs(signature: Signature, text: string, expected: string): ReadAnswer {
  const found = text.includes('{') ? findOutputsJson(signature, text) : undefined
  if (found !== undefined) {
    const repairs: Repairs = []
    mended(repairs, '(all)', 'answered in JSON')
    return outputsOfJson(signature, found, repairs)
  }
  const [first] = signature.outputs
  if (signature.outputs.length > 1 || first === undefined || text.trim() === '') {
    throw unparsableAnswer(signature.name, first?.name ?? '', expected, text)
  }
  const repairs: Repairs = []
  mended(repairs, first.name, 'the whole answer was read as its value')
  return checkOutputs(signature, { repairs, valueOf: (field) => valueOfText(field, text, repairs) })
}

/** Half a number is another number, the beginning of a value may be another value, and half a list another list. */
export function refuseCut(signature: Signature, field: Field, value: unknown): void {
  if (field.kind !== 'number' && field.kind !== 'enum' && field.kind !== 'json') return
  throw unparsableAnswer(signature.name, field.name, `${expectedOf(field)} that is not cut off`, value)
}

function looseName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
