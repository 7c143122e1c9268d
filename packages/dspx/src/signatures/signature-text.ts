/**
 * The grammar of signature strings, at run time:
 *
 *     signature = fields "->" fields        field = name ["?"] [":" type]
 *     fields    = field {"," field}         type  = "string" | "number" | "boolean" | value {"|" value}
 *     value     = '"' any characters but '"' and line breaks '"'
 */

import { invalidSignature } from './errors.ts'
import type { Field } from './field.ts'
import { checkFieldName, enumField, plainField } from './schema-field.ts'

/** The most characters a signature string may have. */
export const signatureTextCharsMax = 4_000

/**
 * The fields in a signature string. Throws: `dspx/invalid-signature` naming the position (from 0), the expectation and
 * what stands there.
 */
export function parseSignatureText(text: string): { readonly inputs: Field[]; readonly outputs: Field[] } {
  if (text.length > signatureTextCharsMax) {
    throw invalidSignature('signature', `at most ${signatureTextCharsMax} characters`, `${text.length} characters`)
  }
  const cursor: Cursor = { text, at: 0 }
  const inputs = parseFields(cursor)
  if (!take(cursor, /->/y)) throw unexpected(cursor, '"," or "->"')
  const outputs = parseFields(cursor)
  if (cursor.at < text.length) throw unexpected(cursor, '"," or the end')
  return { inputs, outputs }
}

interface Cursor {
  readonly text: string
  at: number
}

function parseFields(cursor: Cursor): Field[] {
  const fields = [parseField(cursor)]
  while (take(cursor, /,/y)) fields.push(parseField(cursor))
  return fields
}

function parseField(cursor: Cursor): Field {
  skipSpace(cursor)
  const start = cursor.at
  const name = take(cursor, /[A-Za-z_$][\w$]*/y)
  if (!name) throw unexpected(cursor, 'a field name')
  checkFieldName('signature', name, start)
  const optional = take(cursor, /\?/y) !== undefined
  return take(cursor, /:/y) ? parseType(cursor, name, optional) : plainField(name, 'text', { optional })
}

function parseType(cursor: Cursor, name: string, optional: boolean): Field {
  skipSpace(cursor)
  if (cursor.text[cursor.at] === '"') return enumField(name, parseValues(cursor), { optional })
  const start = cursor.at
  const word = take(cursor, /[A-Za-z]\w*/y)
  if (word === 'string') return plainField(name, 'text', { optional })
  if (word === 'number' || word === 'boolean') return plainField(name, word, { optional })
  cursor.at = start
  throw unexpected(cursor, `string, number, boolean or values such as "a" | "b" as the type of ${name}`)
}

function parseValues(cursor: Cursor): string[] {
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
  return values
}

/** Skips space, then takes what `pattern` (sticky) matches, if it does. */
function take(cursor: Cursor, pattern: RegExp): string | undefined {
  skipSpace(cursor)
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

function skipSpace(cursor: Cursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1
}

function unexpected(cursor: Cursor, expected: string) {
  const rest = cursor.text.slice(cursor.at, cursor.at + 24)
  return invalidSignature('signature', expected, rest === '' ? 'the end' : rest, cursor.at)
}
