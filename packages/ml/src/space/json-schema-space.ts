/**
 * A space from JSON Schema: of this package, or of anything that describes an object of bounded numbers, booleans,
 * enumerations, lists of enumerated items, and objects of these. What it says and a space can't hold is refused with its path.
 */

import { show } from '@mabeam/foundation'
import { unreadable } from '../errors.ts'
import type { AnyVariables } from './config.ts'
import type { Scalar, When } from './description.ts'
import type { JsonSchema } from './json-schema.ts'
import { type Space, space } from './space.ts'
import { variableFromJSON } from './space-json.ts'
import type { AnyVariable } from './variable.ts'

/** A schema library's schema that can say itself as JSON Schema, as zod's. */
export interface StandardJsonSchema {
  readonly '~standard': {
    readonly jsonSchema: { readonly input: (options: { readonly target: 'draft-2020-12' }) => JsonSchema }
  }
}

/** The deepest that objects may stand in each other. */
export const schemaDepthMax = 16

/**
 * The space that a schema describes; objects in it give names such as `retriever.k`.
 *
 * Throws: `ml/unreadable` with the path of what a space can't hold, what was expected and what was got; what the making of
 * variables and spaces throws.
 * @example spaceFromJsonSchema({ type: 'object', properties: { k: { type: 'integer', minimum: 1, maximum: 9 } } })
 * @example spaceFromJsonSchema(z.object({ mode: z.enum(['fast', 'good']), temperature: z.number().min(0).max(1) }))
 */
export function spaceFromJsonSchema(schema: JsonSchema | StandardJsonSchema): Space {
  const standard = (schema as Partial<StandardJsonSchema> | null)?.['~standard']
  const given = standard ? standard.jsonSchema?.input({ target: 'draft-2020-12' }) : schema
  const root = asSchema('schema', given)
  const variables = Object.fromEntries(objectVariables({ root, path: 'schema', depth: 0 }, root, ''))
  return space(variables as AnyVariables) as unknown as Space
}

interface Place {
  readonly root: JsonSchema
  readonly path: string
  readonly depth: number
}

const annotations = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'x-mabeam',
] as const

function objectVariables(place: Place, schema: JsonSchema, prefix: string): [string, AnyVariable][] {
  const { path, depth } = place
  if (depth > schemaDepthMax) throw unreadable(path, `objects at most ${schemaDepthMax} deep`, depth)
  if (schema.type !== 'object') throw unreadable(`${path}.type`, '"object"', schema.type)
  onlyKeys(path, schema, ['type', 'properties', 'required', 'additionalProperties', 'allOf'])
  const conditions = conditionsOf(place, schema.allOf)
  return Object.entries(asSchema(`${path}.properties`, schema.properties)).flatMap(
    ([key, one]): [string, AnyVariable][] => {
      const at = { ...place, path: `${path}.properties.${key}`, depth: depth + 1 }
      const inner = resolved(at, asSchema(at.path, one))
      const name = `${prefix}${key}`
      if (inner.type === 'object') {
        if (conditions.has(key)) throw unreadable(`${path}.allOf`, 'conditions for values, not for objects', key)
        return objectVariables(at, inner, `${name}.`)
      }
      const when = conditions.get(key)
      const own = (inner['x-mabeam'] as { readonly when?: When } | undefined)?.when
      const condition =
        own ??
        (when && Object.fromEntries(Object.entries(when).map(([parent, values]) => [`${prefix}${parent}`, values])))
      return [[name, variableOf(at, inner, { name, when: condition })]]
    },
  )
}

function variableOf(
  { path }: Place,
  schema: JsonSchema,
  { name, when }: { readonly name: string; readonly when: When | undefined },
): AnyVariable {
  const { default: chosen, description: help } = schema
  const extra = schema['x-mabeam'] === undefined ? {} : asSchema(`${path}.x-mabeam`, schema['x-mabeam'])
  const said = { ...extra, ...(help === undefined ? {} : { help }), ...(when ? { when } : {}) }
  const more = chosen === undefined ? said : { ...said, default: chosen }
  const values = enumerated(schema)
  if (values) {
    onlyKeys(path, schema, ['type', 'enum', 'const', 'anyOf', 'oneOf'])
    return variableFromJSON(name, { ...more, type: 'choice', values })
  }
  if (schema.type === 'boolean') {
    onlyKeys(path, schema, ['type'])
    return variableFromJSON(name, { ...more, type: 'bool' })
  }
  if (schema.type === 'integer' || schema.type === 'number') return rangeOf(path, schema, { name, more })
  if (schema.type === 'array') return listOf(path, schema, { name, more })
  throw unreadable(
    path,
    'a bounded number, a boolean, an enumeration, a list of enumerated items or an object',
    show(schema),
  )
}

interface Said {
  readonly name: string
  readonly more: JsonSchema
}

function rangeOf(path: string, schema: JsonSchema, { name, more }: Said): AnyVariable {
  onlyKeys(path, schema, ['type', 'minimum', 'maximum', 'multipleOf', 'exclusiveMinimum', 'exclusiveMaximum'])
  const isInt = schema.type === 'integer'
  const bound = (key: 'minimum' | 'maximum', exclusive: 'exclusiveMinimum' | 'exclusiveMaximum', inward: number) => {
    const open = schema[exclusive]
    if (open !== undefined && !isInt) throw unreadable(`${path}.${exclusive}`, `none, but ${key}, for a number`, open)
    const value = schema[key] ?? (typeof open === 'number' ? open + inward : undefined)
    if (typeof value === 'number') return value
    throw unreadable(`${path}.${key}`, 'a number, since a variable has two ends', value)
  }
  const min = bound('minimum', 'exclusiveMinimum', 1)
  const max = bound('maximum', 'exclusiveMaximum', -1)
  const step = schema.multipleOf
  if (step === undefined || more.step !== undefined)
    return variableFromJSON(name, { ...more, type: isInt ? 'int' : 'float', min, max })
  if (typeof step !== 'number' || !(step > 0)) throw unreadable(`${path}.multipleOf`, 'a number above 0', step)
  const first = Number((Math.ceil(min / step - 1e-9) * step).toPrecision(15))
  return variableFromJSON(name, { ...more, type: isInt ? 'int' : 'float', min: first, max, step })
}

function listOf(path: string, schema: JsonSchema, { name, more }: Said): AnyVariable {
  onlyKeys(path, schema, ['type', 'items', 'uniqueItems', 'minItems', 'maxItems'])
  const items = enumerated(asSchema(`${path}.items`, schema.items))
  if (!items) throw unreadable(`${path}.items`, 'an enumeration', show(schema.items))
  if (schema.uniqueItems !== true) throw unreadable(`${path}.uniqueItems`, 'true', schema.uniqueItems)
  const { type, ...rest } = more
  if (type === 'permutation') return variableFromJSON(name, { ...rest, type, items })
  const { minItems: minSize = 0, maxItems: maxSize = items.length } = schema
  return variableFromJSON(name, { ...rest, type: 'subset', items, minSize, maxSize })
}

/** The values of an `enum`, a `const`, or alternatives that are all one of these. */
function enumerated(schema: JsonSchema): readonly Scalar[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum as readonly Scalar[]
  if (schema.const !== undefined) return [schema.const as Scalar]
  const alternatives = schema.anyOf ?? schema.oneOf
  if (!Array.isArray(alternatives)) return undefined
  const all = alternatives.map((one) =>
    typeof one === 'object' && one !== null ? enumerated(one as JsonSchema) : undefined,
  )
  return all.every((one) => one !== undefined) ? all.flat() : undefined
}

/** Conditions of the form that `jsonSchemaOf` writes, by the property they are of. */
function conditionsOf({ path }: Place, allOf: unknown): Map<string, When> {
  const conditions = new Map<string, When>()
  if (allOf === undefined) return conditions
  for (const [i, one] of (Array.isArray(allOf) ? allOf : [allOf]).entries()) {
    const at = `${path}.allOf.${i}`
    const { if: test, then: met } = asSchema(at, one)
    const names = (met as { readonly required?: readonly string[] } | undefined)?.required
    const parents = Object.entries(asSchema(`${at}.if.properties`, (test as JsonSchema | undefined)?.properties))
    if (!Array.isArray(names)) throw unreadable(`${at}.then.required`, 'a list of properties', names)
    const when = Object.fromEntries(
      parents.map(([parent, schema]) => {
        const values = enumerated(asSchema(`${at}.if.properties.${parent}`, schema))
        if (!values) throw unreadable(`${at}.if.properties.${parent}`, 'an enumeration', show(schema))
        return [parent, values]
      }),
    )
    for (const name of names) conditions.set(name, when)
  }
  return conditions
}

/** References inside the document, one after the other. */
function resolved({ root, path }: Place, schema: JsonSchema): JsonSchema {
  let now = schema
  for (let hops = 0; typeof now.$ref === 'string'; hops++) {
    const steps = now.$ref.split('/')
    if (steps[0] !== '#' || hops > schemaDepthMax)
      throw unreadable(`${path}.$ref`, 'a reference inside the schema', now.$ref)
    let found: unknown = root
    for (const step of steps.slice(1)) found = (found as JsonSchema | undefined)?.[step]
    const { $ref: _ref, ...beside } = now
    now = { ...asSchema(`${path}.$ref`, found), ...beside }
  }
  return now
}

function onlyKeys(path: string, schema: JsonSchema, known: readonly string[]): void {
  const other = Object.keys(schema).find(
    (key) => !known.includes(key) && !(annotations as readonly string[]).includes(key),
  )
  if (other !== undefined)
    throw unreadable(`${path}.${other}`, 'no such keyword, since a space does not know it', schema[other])
}

function asSchema(path: string, schema: unknown): JsonSchema {
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as JsonSchema
  throw unreadable(path, 'an object', show(schema))
}
