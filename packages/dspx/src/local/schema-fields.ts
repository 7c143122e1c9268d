/** Output fields from a JSON schema, given with the call or written into the prompt. */

import { isRecord } from '../record.ts'
import type { OutputField } from './output-fields.ts'

interface Schema {
  readonly [key: string]: unknown
}

/** How deep objects are followed. */
const depthMax = 6

/** The members of an object schema as fields; empty for anything else. */
export function schemaFields(schema: unknown): readonly OutputField[] {
  return isRecord(schema) ? membersOf(schema, 0) : []
}

/** A schema as one field. */
export function schemaField(name: string, schema: object): OutputField {
  return fieldOf(name, schema as Schema, 0)
}

/** The first JSON schema that is written into a text. */
export function schemaIn(text: string): object | undefined {
  return writtenSchema(
    text,
    (value) => typeof value.type === 'string' || Array.isArray(value.enum) || isRecord(value.properties),
  )
}

/** The first JSON schema of an object that is written into a text. */
export function objectSchemaIn(text: string): object | undefined {
  return text.includes('"properties"') ? writtenSchema(text, (value) => isRecord(value.properties)) : undefined
}

/** Braces at which a schema may begin; texts full of them are not searched to the end. */
const bracesMax = 50

function writtenSchema(text: string, isWanted: (value: Schema) => boolean): object | undefined {
  let start = text.indexOf('{')
  for (let tried = 0; start >= 0 && tried < bracesMax; tried++) {
    const end = closingBrace(text, start)
    const value = end < 0 ? undefined : parsed(text.slice(start, end + 1))
    if (isRecord(value) && isWanted(value)) return value
    start = text.indexOf('{', start + 1)
  }
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // these braces are prose: the next ones may hold the schema
  }
}

function membersOf(schema: Schema, depth: number): readonly OutputField[] {
  if (!isRecord(schema.properties) || depth > depthMax) return []
  return Object.entries(schema.properties).flatMap(([name, member]) =>
    isRecord(member) ? [fieldOf(name, member, depth)] : [],
  )
}

function fieldOf(name: string, given: Schema, depth: number): OutputField {
  const schema = withoutNull(given)
  const description = typeof given.description === 'string' ? given.description : ''
  const values = enumerated(schema)
  const base = { name, values: [], description }
  if (values !== undefined) return { ...base, values: values.map(String), literals: values, kind: 'label' }
  switch (schema.type) {
    case 'boolean':
      return { ...base, kind: 'boolean', values: ['true', 'false'] }
    case 'integer':
    case 'number':
      return { ...base, kind: 'number', numbers: numbersOf(schema) }
    case 'array':
      return { ...base, kind: 'list', items: fieldOf(name, isRecord(schema.items) ? schema.items : {}, depth + 1) }
    case 'object':
      return { ...base, kind: 'object', members: membersOf(schema, depth + 1) }
    default:
      return {
        ...base,
        kind: /^(?:reasoning|rationale|explanation|thoughts?|thinking)$/i.test(name) ? 'reasoning' : 'text',
      }
  }
}

function withoutNull(schema: Schema): Schema {
  const alternatives = schema.anyOf ?? schema.oneOf
  if (Array.isArray(alternatives)) {
    const rest = alternatives.filter((one): one is Schema => isRecord(one) && one.type !== 'null')
    return rest.length === 1 ? (rest[0] as Schema) : schema
  }
  if (Array.isArray(schema.type)) return { ...schema, type: schema.type.find((one) => one !== 'null') }
  return schema
}

type Literal = string | number | boolean

function enumerated(schema: Schema): readonly Literal[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum.filter(isLiteral)
  if (isLiteral(schema.const)) return [schema.const]
  const alternatives = schema.anyOf ?? schema.oneOf
  if (!Array.isArray(alternatives)) return undefined
  const constants = alternatives.flatMap((one) => (isRecord(one) && isLiteral(one.const) ? [one.const] : []))
  return constants.length === alternatives.length ? constants : undefined
}

function numbersOf(schema: Schema): { min?: number; max?: number; integer: boolean } {
  return {
    integer: schema.type === 'integer',
    ...(typeof schema.minimum === 'number' && { min: schema.minimum }),
    ...(typeof schema.maximum === 'number' && { max: schema.maximum }),
  }
}

function closingBrace(text: string, start: number): number {
  let depth = 0
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return i
  }
  return -1
}

function isLiteral(value: unknown): value is Literal {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
