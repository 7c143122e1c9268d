/** A JSON Schema as a type of the grammar of signature strings: the way back from `type-grammar.ts`. */

import { isRecord } from '../record.ts'
import type { JsonSchema } from './field.ts'

/** What of a schema the grammar has no words for. */
export class Unsaid extends Error {}

/**
 * The type in the grammar. Throws: {@link Unsaid} with the part that cannot be said, to be told with the field's name.
 *
 * @example grammarType({ type: 'integer', minimum: 1 }) // => 'int(1..)'
 */
export function grammarType(schema: JsonSchema): string {
  const { description: _, ...rest } = schema
  if (rest.enum !== undefined || rest.const !== undefined) return valuesText(rest)
  switch (rest.type) {
    case 'string':
      return only(rest, ['type', 'format']) && rest.format !== undefined ? dateText(rest) : 'string'
    case 'boolean':
      return only(rest, ['type']) && 'boolean'
    case 'number':
    case 'integer':
      return numberText(rest)
    case 'array':
      return arrayText(rest)
    case 'object':
      return objectText(rest)
    default:
      throw new Unsaid(JSON.stringify(rest))
  }
}

/** A description in quotes with a space in front; empty for none. */
export function descriptionText(description: string): string {
  return description === '' ? '' : ` '${description.replaceAll("'", "''")}'`
}

/** True; throws for a keyword that is not among those known. */
function only(schema: JsonSchema, known: readonly string[]): true {
  const unknown = Object.keys(schema).find((key) => !known.includes(key))
  if (unknown !== undefined) throw new Unsaid(JSON.stringify({ [unknown]: schema[unknown] }))
  return true
}

function dateText({ format }: JsonSchema): string {
  if (format !== 'date') throw new Unsaid(JSON.stringify({ format }))
  return 'date'
}

function valuesText(schema: JsonSchema): string {
  only(schema, ['type', 'enum', 'const'])
  const values: readonly unknown[] = Array.isArray(schema.enum) ? schema.enum : [schema.const]
  const plain = (value: unknown): value is string =>
    typeof value === 'string' && value !== '' && value.trim() === value && !/["\r\n]/.test(value)
  const odd = values.find((value) => !plain(value))
  if (odd !== undefined || values.length === 0 || new Set(values).size < values.length) {
    throw new Unsaid(`the value ${JSON.stringify(odd)}`)
  }
  return values.map((value) => `"${value}"`).join(' | ')
}

function numberText(schema: JsonSchema): string {
  only(schema, ['type', 'minimum', 'maximum'])
  const word = schema.type === 'integer' ? 'int' : 'number'
  const minimum = schema.minimum === Number.MIN_SAFE_INTEGER ? undefined : schema.minimum
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum
  return minimum === undefined && maximum === undefined ? word : `${word}(${minimum ?? ''}..${maximum ?? ''})`
}

function arrayText(schema: JsonSchema): string {
  only(schema, ['type', 'items'])
  const items = schema.items as JsonSchema | undefined
  if (!isSchema(items)) throw new Unsaid(JSON.stringify(schema))
  if (items.description !== undefined)
    throw new Unsaid(`the description ${JSON.stringify(items.description)} of an item`)
  const text = grammarType(items)
  return text.startsWith('"') ? `(${text})[]` : `${text}[]`
}

function objectText(schema: JsonSchema): string {
  only(schema, ['type', 'properties', 'required', 'additionalProperties'])
  const { properties, required, additionalProperties } = schema
  const members = isSchema(properties) ? Object.entries(properties) : []
  if (members.length === 0 || (additionalProperties !== undefined && additionalProperties !== false)) {
    throw new Unsaid(JSON.stringify(schema))
  }
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  const parts = members.map(([name, member]) => {
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) throw new Unsaid(`the name ${JSON.stringify(name)}`)
    const { description } = member as JsonSchema
    const said = typeof description === 'string' ? descriptionText(description) : ''
    return `${name}${needed.includes(name) ? '' : '?'}: ${grammarType(member as JsonSchema)}${said}`
  })
  return `{ ${parts.join(', ')} }`
}

function isSchema(value: unknown): value is JsonSchema {
  return isRecord(value)
}
