/**
 * One value as text and back. Reading is tolerant in form (space, case, quotes, code fences, broken JSON) and strict in
 * substance: what the field's schema does not accept is `dspx/unparsable-answer`. Whatever was mended is said.
 */

import { isRecord } from '../record.ts'
import type { Field, JsonSchema } from '../signatures/field.ts'
import { unwritableValue } from './errors.ts'
import { endsOpen, findJson, strictJson } from './loose-json.ts'
import { mended, type Repairs, readAs } from './repairs.ts'
import { scalarOf } from './scalar-text.ts'

/**
 * A value as it stands in a message: text as it is, everything else as JSON. Text that reading would change
 * (space around it, quotes around it) is written as a JSON string.
 *
 * Throws: as {@link jsonText}.
 * @example valueText(plainField('note', 'text'), ' two words ') // => '" two words "'
 */
export function valueText(field: Field, value: unknown): string {
  if (typeof value !== 'string' || field.kind === 'json') return jsonText(field, value)
  return value === value.trim() && !value.startsWith('"') && !value.startsWith('```') ? value : JSON.stringify(value)
}

/** A value as JSON. Throws: `dspx/invalid-input` for circles, functions and whatever else JSON has no words for. */
export function jsonText({ name }: Field, value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (thrown) {
    throw unwritableValue(name, thrown, value)
  }
  if (text === undefined) throw unwritableValue(name, undefined, value)
  return text
}

/** A value read from text; what {@link valueText} wrote, or what a model wrote instead. */
export function valueOfText(field: Field, text: string, repairs: Repairs): unknown {
  const trimmed = text.trim()
  if (field.kind === 'json') return jsonOf(field, trimmed, repairs)
  const plain = textOf(trimmed)
  const value = field.kind === 'text' ? plain : scalarOf(field, plain)
  if (value !== trimmed && valueText(field, value) !== trimmed) readAs(repairs, field.name, [trimmed, value])
  return value
}

/** A value that came as JSON, brought into the kind of its field where that is beyond doubt. */
export function valueOfJson(field: Field, value: unknown, repairs: Repairs): unknown {
  const read = plainOfJson(field, value, repairs)
  if (read !== value) readAs(repairs, field.name, [value, read])
  return field.kind === 'json' ? withoutNulls(field.jsonSchema, read) : read
}

function plainOfJson(field: Field, value: unknown, repairs: Repairs): unknown {
  if (field.kind === 'json') {
    const isText = typeof value === 'string' && !accepts(field.jsonSchema, 'string')
    return isText ? jsonOf(field, value.trim(), repairs) : value
  }
  if (typeof value === 'string') return field.kind === 'text' ? value : scalarOf(field, value.trim())
  if (field.kind !== 'text' && field.kind !== 'enum') return value
  const plain = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return field.kind === 'enum' && typeof plain === 'string' ? scalarOf(field, plain) : plain
}

/** Text in JSON quotes without them, text in a code fence without it, any other as it is. */
function textOf(trimmed: string): string {
  if (trimmed.startsWith('"') && trimmed.endsWith('"')) {
    const inner = strictJson(trimmed)
    return typeof inner === 'string' ? inner : trimmed
  }
  if (!trimmed.startsWith('```') || !trimmed.endsWith('\n```')) return trimmed
  const fenced = /^```[\w-]*[ \t]*\n/.exec(trimmed)
  return fenced ? trimmed.slice(fenced[0].length, -4) : trimmed
}

function jsonOf(field: Field, trimmed: string, repairs: Repairs): unknown {
  const found = findJson(trimmed, (value) => typeof value !== 'object' || value === null || fits(field, value))
  if (endsOpen(found?.cut)) return trimmed
  if (found?.repair !== undefined) mended(repairs, field.name, found.repair)
  const value = found === undefined ? (elementsOf(field, trimmed, repairs) ?? trimmed) : found.value
  return withoutNulls(field.jsonSchema, value)
}

/** A list where a list is wanted, an object where an object is; anything where the schema does not say. */
function fits({ jsonSchema }: Field, value: unknown): boolean {
  if (jsonSchema.type === 'array') return Array.isArray(value)
  return jsonSchema.type === 'object' ? isRecord(value) : true
}

/** `<item>a</item><item>b</item>`, or lines with bullets, where a list of text is wanted. */
function elementsOf({ name, jsonSchema }: Field, text: string, repairs: Repairs): readonly string[] | undefined {
  const items = jsonSchema.type === 'array' ? (jsonSchema.items as JsonSchema | undefined) : undefined
  if (items?.type !== 'string') return undefined
  const tagged = [...text.matchAll(/<(\w+)>([^<]*)<\/\1>\s*/g)]
  const isTagged = tagged.length > 0 && tagged.reduce((length, [whole]) => length + whole.length, 0) === text.length
  const lines = isTagged ? [] : text.split(/\n+/)
  const isBulleted = lines.length > 0 && lines.every((line) => /^\s*[-*•]\s+\S/.test(line))
  if (!isTagged && !isBulleted) return undefined
  const found = isTagged
    ? tagged.map((match) => match[2] as string)
    : lines.map((line) => line.replace(/^\s*[-*•]/, ''))
  mended(repairs, name, `read ${found.length} ${isTagged ? 'elements' : 'lines with bullets'} as a list`)
  return found.map((one) => one.trim())
}

/** Members that are null and may be left out, left out: strict providers know no other way to leave out a member. */
function withoutNulls(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value) && isRecord(schema.items)) {
    const { items } = schema
    return value.map((item) => withoutNulls(items, item))
  }
  if (!isRecord(value) || !isRecord(schema.properties)) return value
  const { properties, required } = schema
  const kept: { [name: string]: unknown } = {}
  for (const [name, member] of Object.entries(value)) {
    const of = Object.hasOwn(properties, name) ? (properties[name] as JsonSchema) : undefined
    const isSpare = member === null && of !== undefined && !(required as readonly string[] | undefined)?.includes(name)
    if (isSpare && !accepts(of, 'null')) continue
    Object.defineProperty(kept, name, {
      value: of === undefined ? member : withoutNulls(of, member),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return kept
}

/** Whether a schema says that it takes a type; one that says nothing takes all. */
function accepts({ type, anyOf, oneOf, ...rest }: JsonSchema, wanted: 'string' | 'null'): boolean {
  const alternatives = anyOf ?? oneOf
  if (Array.isArray(alternatives)) return alternatives.some((one: JsonSchema) => accepts(one, wanted))
  if (Array.isArray(type)) return type.includes(wanted)
  return type === undefined ? !('enum' in rest || 'const' in rest || 'properties' in rest) : type === wanted
}
