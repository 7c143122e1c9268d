/** The outputs of a signature as one JSON Schema that strict providers take. */

import type { JSONSchema7 } from '@ai-sdk/provider'
import { isRecord } from '../record.ts'
import type { Field, JsonSchema } from '../signatures/field.ts'
import type { Signature } from '../signatures/signature.ts'

/**
 * Every key required and no others, also in objects inside, as strict providers ask; what may be left out may be null
 * instead. `undefined` where a field takes what such a schema cannot say: anything, objects with any keys, references.
 */
export function outputSchema({ outputs }: Signature): JSONSchema7 | undefined {
  const properties: { [name: string]: JsonSchema } = {}
  for (const field of outputs) {
    const schema = strictSchema(field.jsonSchema)
    if (schema === undefined) return undefined
    properties[field.name] = propertyOf(field, schema)
  }
  const required = outputs.map(({ name }) => name)
  return { type: 'object', properties, required, additionalProperties: false } as JSONSchema7
}

function propertyOf({ optional, description }: Field, schema: JsonSchema): JsonSchema {
  const described = description === '' ? schema : { ...schema, description }
  return optional ? orNull(described) : described
}

function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] }
}

function strictSchema(schema: JsonSchema): JsonSchema | undefined {
  if (Object.keys(schema).some((key) => unsayable.has(key))) return undefined
  if (Array.isArray(schema.anyOf)) {
    const anyOf = schema.anyOf.map((one: JsonSchema) => strictSchema(one))
    return anyOf.every((one) => one !== undefined) ? { ...schema, anyOf } : undefined
  }
  if (schema.type === 'array') {
    const items = isRecord(schema.items) ? strictSchema(schema.items) : undefined
    return items && { ...schema, items }
  }
  if (schema.type === 'object') return strictObject(schema)
  return schema.type === undefined && schema.enum === undefined && schema.const === undefined ? undefined : schema
}

const unsayable = new Set(['$ref', 'oneOf', 'allOf', 'not', 'patternProperties', 'propertyNames', 'prefixItems'])

function strictObject(schema: JsonSchema): JsonSchema | undefined {
  const { properties: given, required, additionalProperties } = schema
  const isOpen = additionalProperties !== undefined && additionalProperties !== false
  if (!isRecord(given) || isOpen) return undefined
  const needed = Array.isArray(required) ? required : []
  const properties: { [name: string]: JsonSchema } = {}
  for (const [name, member] of Object.entries(given)) {
    const strict = strictSchema(member as JsonSchema)
    if (strict === undefined) return undefined
    properties[name] = needed.includes(name) ? strict : orNull(strict)
  }
  return { ...schema, properties, required: Object.keys(properties), additionalProperties: false }
}
