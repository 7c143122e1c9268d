/**
 * One value as text and back. Reading is tolerant in form (space, case, quotes, code fences, broken JSON) and strict in
 * substance: what the field's schema does not accept is `dspx/unparsable-answer`.
 */

import { jsonrepair } from 'jsonrepair'
import type { Field } from '../signatures/field.ts'
import { checkField, expectedOf } from '../signatures/schema-field.ts'
import type { Signature } from '../signatures/signature.ts'
import type { ReadAnswer } from './answer-reader.ts'
import { unparsableAnswer } from './errors.ts'

/**
 * A value as it stands in a chat message: text as it is, everything else as JSON. Text that reading would change
 * (space around it, quotes around it) is written as a JSON string.
 *
 * @example valueText(plainField('note', 'text'), ' two words ') // => '" two words "'
 */
export function valueText(field: Field, value: unknown): string {
  if (typeof value !== 'string' || field.kind === 'json') return JSON.stringify(value) ?? 'null'
  return value === value.trim() && !value.startsWith('"') && !value.startsWith('```') ? value : JSON.stringify(value)
}

/** A value read from text; what {@link valueText} wrote, or what a model wrote instead. */
export function valueOfText(field: Field, text: string): unknown {
  const trimmed = text.trim()
  switch (field.kind) {
    case 'text':
      return textOf(trimmed)
    case 'json':
      return jsonOf(trimmed)
    default:
      return scalarOf(field, textOf(trimmed))
  }
}

/** A value that came as JSON, brought into the kind of its field where that is beyond doubt. */
export function valueOfJson(field: Field, value: unknown): unknown {
  if (typeof value === 'string')
    return field.kind === 'text' || field.kind === 'json' ? value : scalarOf(field, value.trim())
  if (field.kind === 'text' || field.kind === 'enum') {
    const plain = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
    return field.kind === 'enum' && typeof plain === 'string' ? scalarOf(field, plain) : plain
  }
  return value
}

/**
 * The outputs of a signature from what an answer held for each field.
 *
 * Throws: `dspx/unparsable-answer` for a field that is missing or that its schema refuses.
 */
export function checkOutputs(signature: Signature, found: (field: Field) => unknown): ReadAnswer {
  const outputs: { [name: string]: unknown } = {}
  for (const field of signature.outputs) {
    const value = found(field)
    if (value === undefined && field.optional) continue
    if (value === undefined) throw unparsableAnswer(signature.name, field.name, expectedOf(field), undefined)
    const result = checkField(field, value)
    if (result.issues) throw unparsableAnswer(signature.name, field.name, expectedOf(field, result.issues), value)
    outputs[field.name] = result.value
  }
  return { outputs, repairs: [] }
}

/**
 * JSON as models write it: in code fences, with prose around, slightly broken. `undefined` when there is none.
 *
 * @example looseJson('Sure:\n```json\n{"a": 1,}\n```') // => { a: 1 }
 */
export function looseJson(text: string): unknown {
  const inner = withoutFence(text.trim())
  const strict = strictJson(inner)
  if (strict !== undefined) return strict
  const start = inner.search(/[{[]/)
  if (start < 0) return undefined
  const end = Math.max(inner.lastIndexOf('}'), inner.lastIndexOf(']'))
  const cut = end > start ? inner.slice(start, end + 1) : inner.slice(start)
  return strictJson(cut) ?? repairedJson(cut)
}

/** The text inside a code fence that spans it all or stands inside prose; the text itself when there is none. */
function withoutFence(text: string): string {
  if (!text.includes('```') || text.startsWith('{') || text.startsWith('[')) return text
  const match = /```[\w-]*[ \t]*\n([\s\S]*?)\n?```/.exec(text)
  return match?.[1]?.trim() ?? text
}

function strictJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined // not an error: the next reading is tried
  }
}

function repairedJson(text: string): unknown {
  try {
    return JSON.parse(jsonrepair(text)) as unknown
  } catch {
    return undefined // beyond repair: the caller says which field is missing
  }
}

/** Text in JSON quotes without them, text in a code fence without it, any other as it is. */
function textOf(trimmed: string): string {
  if (trimmed.startsWith('"') && trimmed.endsWith('"')) {
    const inner = strictJson(trimmed)
    return typeof inner === 'string' ? inner : trimmed
  }
  const fenced = /^```[\w-]*[ \t]*\n([\s\S]*)\n```$/.exec(trimmed)
  return fenced ? (fenced[1] as string) : trimmed
}

function jsonOf(trimmed: string): unknown {
  const strict = strictJson(trimmed)
  return strict === undefined ? (looseJson(trimmed) ?? trimmed) : strict
}

function scalarOf(field: Field, text: string): unknown {
  if (field.kind === 'number') return numberOf(text) ?? text
  if (field.kind === 'boolean') return booleanOf(text) ?? text
  return allowedOf(field.values ?? [], text) ?? text
}

function numberOf(text: string): number | undefined {
  const plain = bare(text).replace(/^\+/, '')
  const joined = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain
  return /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(joined) ? Number(joined) : undefined
}

function booleanOf(text: string): boolean | undefined {
  const word = bare(text).toLowerCase()
  if (word === 'true' || word === 'yes') return true
  return word === 'false' || word === 'no' ? false : undefined
}

/** The one allowed value that is the same but for case, space, hyphens and marks around it. */
function allowedOf(values: readonly string[], text: string): string | undefined {
  if (values.includes(text)) return text
  const key = looseKey(text)
  const same = values.filter((value) => looseKey(value) === key)
  return same.length === 1 ? same[0] : undefined
}

function looseKey(text: string): string {
  return bare(text)
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
}

/** Without the marks that models put around an answer: quotes, stars, backticks, a full stop. */
function bare(text: string): string {
  return text.replace(/^[\s"'`*]+/, '').replace(/[\s"'`*]+$|[\s"'`*]*\.[\s"'`*]*$/, '')
}
