/**
 * Fields from schemas. Kind, allowed values and description come from the schema's JSON Schema, which zod and others
 * offer through the Standard JSON Schema interface; a schema without one is probed with a sample of each kind.
 */

import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { asynchronousSchema, invalidSignature } from './errors.ts'
import type { Field, FieldKind, JsonSchema, MediaKind } from './field.ts'
import { mediaFieldSchema, mediaJsonSchema, mediaKindOf } from './media.ts'
import { expectedText, typeSchema } from './type-check.ts'

/** The most characters a field name may have. */
export const fieldNameCharsMax = 64

/**
 * Throws `dspx/invalid-signature` for a name that is not a plain word, that every object has (`constructor`), or that
 * an adapter needs (`completed`).
 */
export function checkFieldName(owner: string, name: string, at?: number): void {
  const plain = /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && name.length <= fieldNameCharsMax
  if (!plain) {
    const expected = `a field name of letters, digits and _ that starts with a letter, at most ${fieldNameCharsMax} long`
    throw invalidSignature(owner, expected, name, at)
  }
  if (name in Object.prototype || name === 'prototype' || name.toLowerCase() === 'completed') {
    throw invalidSignature(owner, 'a field name that is not reserved', name, at)
  }
}

/** What may be said of a field besides its type. */
export interface FieldMore {
  readonly optional?: boolean
  readonly description?: string
}

/** A field of text, number or boolean. */
export function plainField(name: string, kind: 'text' | 'number' | 'boolean', more: FieldMore = {}): Field {
  return typedField(name, { type: kind === 'text' ? 'string' : kind }, more)
}

/** A field of a type of the grammar of signature strings. */
export function typedField(name: string, type: JsonSchema, more: FieldMore = {}): Field {
  const values = valuesOf(type)
  return {
    name,
    description: more.description ?? '',
    kind: values ? 'enum' : kindOf(type),
    ...(values && { values }),
    ...(more.optional && { optional: true }),
    schema: typeSchema(type, more.optional ?? false),
    jsonSchema: type,
    typeText: expectedText(type),
  }
}

/** A field of images, sounds or files. */
export function mediaField(
  name: string,
  media: { readonly kind: MediaKind; readonly list: boolean },
  more: FieldMore = {},
): Field {
  const { kind, list } = media
  const optional = more.optional ?? false
  return {
    name,
    description: more.description ?? '',
    kind,
    ...(list && { list }),
    ...(optional && { optional }),
    schema: mediaFieldSchema(kind, { list, optional }),
    jsonSchema: list ? { type: 'array', items: mediaJsonSchema } : mediaJsonSchema,
    typeText: list ? `${kind}s` : kind,
  }
}

/** A field of any Standard Schema. */
export function fieldFromSchema(name: string, schema: StandardSchemaV1): Field {
  if (typeof (schema as Partial<StandardSchemaV1> | undefined)?.['~standard']?.validate !== 'function') {
    throw invalidSignature('signature', `a schema (zod or any Standard Schema) for field ${name}`, schema)
  }
  checkFieldName('signature', name)
  const media = mediaKindOf(schema)
  if (media !== undefined) return mediaField(name, { kind: media, list: false })
  const jsonSchema = jsonSchemaOf(schema) ?? probe(name, schema)
  const { description } = jsonSchema
  const values = valuesOf(jsonSchema)
  return {
    name,
    description: typeof description === 'string' ? description : '',
    kind: values ? 'enum' : kindOf(jsonSchema),
    ...(values && { values }),
    ...(accepts(name, schema, undefined) && { optional: true }),
    schema,
    jsonSchema,
    typeText: values ? valuesText(values) : expectedText(jsonSchema),
  }
}

/**
 * Validates and transforms one value. A value so deep that its schema cannot go through it is an issue, no crash.
 *
 * Throws: `dspx/asynchronous-schema`.
 * @example checkField(field, 'billing') // => { value: 'billing' }
 */
export function checkField(field: Field, value: unknown): StandardSchemaV1.Result<unknown> {
  const result = validated(field, value)
  if (result instanceof Promise) {
    result.catch(() => {})
    throw asynchronousSchema(field.name)
  }
  return result
}

function validated(field: Field, value: unknown): ReturnType<StandardSchemaV1['~standard']['validate']> {
  try {
    return field.schema['~standard'].validate(value)
  } catch (thrown) {
    if (thrown instanceof RangeError) return { issues: [{ message: 'nested too deeply' }] }
    throw thrown
  }
}

/** What a field must hold, to complete "expected …". */
export function expectedOf(field: Field, issues?: readonly StandardSchemaV1.Issue[]): string {
  const first = issues?.[0]
  const path = first?.path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  const said = first && `${path ? `${path}: ` : ''}${first.message}`
  const isNews = said !== undefined && said !== `expected ${field.typeText}`
  const why = isNews && field.kind !== 'enum' ? ` (${said})` : ''
  return field.kind === 'enum' ? `one of ${field.typeText}` : `${field.typeText}${why}`
}

function valuesText(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(' | ')
}

/** What the schema accepts, if it can say so in JSON Schema. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const standard = (schema as Partial<StandardJSONSchemaV1<unknown>> & StandardSchemaV1)['~standard']
  if (typeof standard?.jsonSchema?.input !== 'function') return undefined
  try {
    const { $schema: _, ...rest } = standard.jsonSchema.input({ target: 'draft-07' })
    return rest
  } catch {
    return undefined // a schema without a counterpart (transform, custom): probed instead
  }
}

/** The kind of a schema that has no JSON Schema: the first sample it accepts decides. */
function probe(name: string, schema: StandardSchemaV1): JsonSchema {
  if (accepts(name, schema, 'text')) return { type: 'string' }
  if (accepts(name, schema, 1)) return { type: 'number' }
  if (accepts(name, schema, true)) return { type: 'boolean' }
  return {}
}

function accepts(name: string, schema: StandardSchemaV1, sample: unknown): boolean {
  const result = schema['~standard'].validate(sample)
  if (result instanceof Promise) {
    result.catch(() => {})
    throw asynchronousSchema(name)
  }
  return !result.issues
}

function valuesOf(schema: JsonSchema): readonly string[] | undefined {
  const strings = (list: unknown): list is string[] =>
    Array.isArray(list) && list.length > 0 && list.every((value) => typeof value === 'string')
  if (strings(schema.enum)) return schema.enum
  if (typeof schema.const === 'string') return [schema.const]
  if (!Array.isArray(schema.anyOf)) return undefined
  const constants = schema.anyOf.map((one: JsonSchema) => one.const)
  return strings(constants) ? constants : undefined
}

function kindOf(schema: JsonSchema): FieldKind {
  if (schema.type === 'string') return 'text'
  if (schema.type === 'number' || schema.type === 'integer') return 'number'
  return schema.type === 'boolean' ? 'boolean' : 'json'
}
