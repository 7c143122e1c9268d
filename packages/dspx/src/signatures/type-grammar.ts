/**
 * The types of signature strings, as JSON Schema:
 *
 *     type    = base {"[]"} | values              values = value {"|" value}
 *     base    = "string" | "boolean" | "date" | ("number" | "int") [range] | object | "(" type ")"
 *     object  = "{" field {"," field} "}"         range  = "(" [number] ".." [number] ")"
 *     value   = '"' any characters but '"' and line breaks '"'
 *
 * A field inside an object is written as one of the signature. A date is text, `2026-02-28`, so that it stays itself in
 * demonstrations and artefacts.
 */

import { invalidSignature } from './errors.ts'
import type { JsonSchema } from './field.ts'
import { skipSpace, type TextCursor, take, unexpected } from './text-cursor.ts'

/** How deep arrays and objects of one field may be nested. */
export const typeDepthMax = 6

/** A field as it stands in a string: of a signature, or inside an object. */
export interface WrittenField {
  readonly name: string
  /** Where the name stands. */
  readonly at: number
  readonly optional: boolean
  readonly description: string
  readonly type: JsonSchema
}

/** Reads one field. `readType` reads its type where one is written. */
export function parseWrittenField(cursor: TextCursor, readType: (name: string) => JsonSchema): WrittenField {
  skipSpace(cursor)
  const at = cursor.at
  const name = take(cursor, /[A-Za-z_$][\w$]*/y)
  if (!name) throw unexpected(cursor, 'a field name')
  const optional = take(cursor, /\?/y) !== undefined
  const type = take(cursor, /:/y) ? readType(name) : { type: 'string' }
  return { name, at, optional, type, description: parseDescription(cursor) }
}

/**
 * Reads a type that stands for `name`, `depth` levels inside a field. Throws: `dspx/invalid-signature` with the
 * position.
 */
export function parseType(cursor: TextCursor, name: string, depth = 0): JsonSchema {
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '"') return valuesType(cursor)
  let type = baseType(cursor, name, depth)
  for (let level = depth + depthOf(type); take(cursor, /\[\s*\]/y); ) {
    level += 1
    if (level > typeDepthMax) throw tooDeep(cursor)
    type = { type: 'array', items: type }
  }
  return type
}

function baseType(cursor: TextCursor, name: string, depth: number): JsonSchema {
  const start = cursor.at
  if (take(cursor, /\(/y)) {
    skipSpace(cursor)
    if (cursor.text[cursor.at] === '(') throw unexpected(cursor, 'one pair of parentheses around a type')
    const inner = parseType(cursor, name, depth)
    if (!take(cursor, /\)/y)) throw unexpected(cursor, '")"')
    return inner
  }
  if (take(cursor, /\{/y)) return objectType(cursor, depth + 1)
  const word = take(cursor, /[A-Za-z]\w*/y)
  if (word === 'string' || word === 'boolean') return { type: word }
  if (word === 'date') return { type: 'string', format: 'date' }
  if (word === 'number' || word === 'int') return numberType(cursor, word === 'int' ? 'integer' : 'number')
  cursor.at = start
  const media = word === 'image' || word === 'audio' || word === 'file'
  if (media) throw unexpected(cursor, `${word} to be an input by itself or with []`)
  const foreign = word?.toLowerCase() ?? ''
  const isForeign = Object.hasOwn(foreignTypes, foreign)
  const meant = isForeign ? ` (${word} is ${foreignTypes[foreign as keyof ForeignTypes]} here)` : ''
  throw unexpected(cursor, `${typeExpected(name)}${meant}`)
}

/** What types of other languages and tools are called here. */
const foreignTypes = {
  str: 'string',
  text: 'string',
  bool: 'boolean',
  float: 'number',
  double: 'number',
  integer: 'int',
  datetime: 'date or string',
  list: 'a type with [] behind it, such as string[]',
  array: 'a type with [] behind it, such as string[]',
  literal: 'values such as "a" | "b"',
  enum: 'values such as "a" | "b"',
  optional: '? behind the name of the field',
  dict: 'an object such as { name, amount: number }',
  record: 'an object such as { name, amount: number }',
  object: 'an object such as { name, amount: number }',
} as const

/** The same for the compiler. */
export type ForeignTypes = typeof foreignTypes

function typeExpected(name: string): string {
  return `string, number, boolean, int, date, image, audio, file, values such as "a" | "b", or { … } as the type of ${name}`
}

function objectType(cursor: TextCursor, depth: number): JsonSchema {
  if (depth > typeDepthMax) throw tooDeep(cursor)
  const properties: { [name: string]: JsonSchema } = {}
  const required: string[] = []
  do {
    const member = parseWrittenField(cursor, (name) => parseType(cursor, name, depth))
    if (Object.hasOwn(properties, member.name)) {
      throw invalidSignature('signature', 'every name once in an object', member.name, member.at)
    }
    if (member.name in Object.prototype) {
      throw invalidSignature('signature', 'a field name that is not reserved', member.name, member.at)
    }
    const { description } = member
    properties[member.name] = description === '' ? member.type : { ...member.type, description }
    if (!member.optional) required.push(member.name)
  } while (take(cursor, /,/y))
  if (!take(cursor, /\}/y)) throw unexpected(cursor, '"," or "}"')
  return { type: 'object', properties, required, additionalProperties: false }
}

/** How many levels a type in parentheses already has. */
function depthOf({ type, items, properties }: JsonSchema): number {
  if (type === 'array') return 1 + depthOf(items as JsonSchema)
  if (type !== 'object') return 0
  return 1 + Math.max(...Object.values(properties as { [name: string]: JsonSchema }).map(depthOf))
}

function tooDeep(cursor: TextCursor) {
  return invalidSignature('signature', `arrays and objects at most ${typeDepthMax} deep`, 'a deeper one', cursor.at)
}

function numberType(cursor: TextCursor, type: 'integer' | 'number'): JsonSchema {
  if (!take(cursor, /\(/y)) return { type }
  skipSpace(cursor)
  const start = cursor.at
  const minimum = take(cursor, numberPattern())
  if (!take(cursor, /\.\./y)) throw unexpected(cursor, 'a range such as 1..5, 0.. or ..1')
  const maximum = take(cursor, numberPattern())
  if (!take(cursor, /\)/y)) throw unexpected(cursor, 'a number or ")"')
  const least = Number(minimum ?? -Infinity) + 0
  const most = Number(maximum ?? Infinity) + 0
  const isSaid = minimum !== undefined || maximum !== undefined
  const isBounded =
    (minimum === undefined || Number.isFinite(least)) && (maximum === undefined || Number.isFinite(most))
  const refused = (expected: string) =>
    invalidSignature('signature', expected, cursor.text.slice(start, cursor.at - 1), start)
  if (!isSaid || !isBounded || least > most) throw refused('a range from a number to one not below it')
  if (type === 'integer' && !holdsInteger(least, most)) throw refused('a range that holds an integer')
  return { type, ...(minimum !== undefined && { minimum: least }), ...(maximum !== undefined && { maximum: most }) }
}

/** One that is exact as a number, as all integers of the grammar are. */
function holdsInteger(least: number, most: number): boolean {
  return Math.max(Math.ceil(least), Number.MIN_SAFE_INTEGER) <= Math.min(Math.floor(most), Number.MAX_SAFE_INTEGER)
}

const numberPattern = () => /[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/iy

function valuesType(cursor: TextCursor): JsonSchema {
  const values: string[] = []
  do {
    skipSpace(cursor)
    const start = cursor.at
    const quoted = take(cursor, /"[^"\r\n]*"/y)
    if (!quoted) throw unexpected(cursor, 'a value in double quotes')
    const value = quoted.slice(1, -1)
    if (value.trim() !== value || value === '') {
      cursor.at = start
      throw unexpected(cursor, 'a value without spaces around it and not empty')
    }
    if (values.includes(value)) throw invalidSignature('signature', 'every value once', value, start)
    values.push(value)
  } while (take(cursor, /\|/y))
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '[') throw unexpected(cursor, 'parentheses around the values in front of []')
  return { type: 'string', enum: values }
}

/** Single quotes, so that double ones always are values; a quote inside is written twice. */
function parseDescription(cursor: TextCursor): string {
  skipSpace(cursor)
  if (cursor.text[cursor.at] !== "'") return ''
  const quoted = take(cursor, /'(?:[^']|'')*'/y)
  if (!quoted) throw unexpected(cursor, 'a description that ends with a single quote')
  return quoted.slice(1, -1).replaceAll("''", "'")
}
