import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { defineSpace, group } from './group.ts'
import { jsonSchemaDialect, jsonSchemaOf } from './json-schema.ts'
import { schemaDepthMax, spaceFromJsonSchema } from './json-schema-space.ts'
import { permutation, subset } from './list-variable.ts'
import { text } from './named-choice.ts'
import { schemaOf } from './space-schema.ts'
import { bool, choice, float, int } from './variable.ts'

const tuning = defineSpace({
  rate: float(1e-4, 1, { log: true, unit: '1/s', help: 'how fast' }),
  tenth: float(0, 1, { step: 0.1 }),
  odd: int(1, 9, { step: 2 }),
  even: int(0, 8, { step: 2 }),
  fast: bool({ default: true }),
  kind: choice([1, 'auto', false], { hints: ['auto'] }),
  words: text(['Be brief.', 'Think.']),
  tools: subset(['a', 'b', 'c'], { minSize: 1, maxSize: 2 }),
  order: permutation(['x', 'y']),
  retriever: group({ k: int(1, 20, { when: { kind: ['auto', 1] } }) }),
}).constrain(
  'not both',
  (c) => !(c.fast && c.odd === 9),
  () => 'odd is below 9 where fast',
)

describe('jsonSchemaOf', () => {
  test('writes draft 2020-12 with ranges, enumerations, lists and conditions', () => {
    expect(jsonSchemaOf(tuning)).toMatchObject({
      $schema: jsonSchemaDialect,
      type: 'object',
      additionalProperties: false,
      required: ['rate', 'tenth', 'odd', 'even', 'fast', 'kind', 'words', 'tools', 'order'],
      properties: {
        rate: {
          type: 'number',
          minimum: 1e-4,
          maximum: 1,
          description: 'how fast',
          'x-mabeam': { log: true, unit: '1/s' },
        },
        odd: { type: 'integer', minimum: 1, maximum: 9, 'x-mabeam': { step: 2 } },
        even: { type: 'integer', multipleOf: 2 },
        kind: { enum: [1, 'auto', false], default: 1 },
        tools: { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true, minItems: 1, maxItems: 2 },
      },
      allOf: [
        {
          if: { properties: { kind: { enum: ['auto', 1] } }, required: ['kind'] },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { required: ['retriever.k'] },
          else: { properties: { 'retriever.k': false } },
        },
      ],
      'x-mabeam': { constraints: ['not both'] },
    })
  })

  test('comes back as the same variables', () => {
    const back = spaceFromJsonSchema(JSON.parse(JSON.stringify(jsonSchemaOf(tuning))))
    expect(back.toJSON()).toEqual({ ...JSON.parse(JSON.stringify(tuning)), constraints: [] })
  })
})

describe('spaceFromJsonSchema', () => {
  test('reads what others write: bounds, enumerations, alternatives, nested objects, references, conditions', () => {
    const one = spaceFromJsonSchema({
      type: 'object',
      $defs: { model: { enum: ['small', 'large'] } },
      required: ['t'],
      properties: {
        t: { type: 'number', minimum: 0, maximum: 2, default: 0.7, description: 'temperature' },
        n: { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10, multipleOf: 3 },
        on: { type: 'boolean' },
        model: { $ref: '#/$defs/model' },
        mode: { anyOf: [{ const: 'a' }, { type: 'string', const: 'b' }] },
        tags: { type: 'array', items: { enum: ['p', 'q'] }, uniqueItems: true },
        r: {
          type: 'object',
          properties: { k: { type: 'integer', minimum: 1, maximum: 2 }, deep: { type: 'boolean' } },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          allOf: [{ if: { properties: { k: { const: 2 } } }, then: { required: ['deep'] } }],
        },
      },
    })
    expect(one.defaults).toEqual({
      t: 0.7,
      n: 6,
      on: false,
      model: 'small',
      mode: 'a',
      tags: [],
      'r.k': 2,
      'r.deep': false,
    })
    expect(one.variables.n).toMatchObject({ min: 3, max: 9, step: 3 })
    expect(one.variables['r.deep']).toMatchObject({ when: { 'r.k': [2] } })
  })

  test('takes a schema that can say itself as JSON Schema', () => {
    const schema = { type: 'object', properties: { on: { type: 'boolean' } } }
    const standard = { '~standard': { version: 1, vendor: 'test', jsonSchema: { input: () => schema } } }
    expect(spaceFromJsonSchema(standard).defaults).toEqual({ on: false })
    expect(spaceFromJsonSchema(schemaOf(tuning) as never).toJSON().variables).toEqual(tuning.toJSON().variables)
  })

  const nested = (depth: number): object =>
    depth === 0 ? { type: 'boolean' } : { type: 'object', properties: { o: nested(depth - 1) } }

  test.each([
    [{ type: 'string' }, 'schema.type: expected "object", got "string"'],
    [{ type: 'object' }, 'schema.properties: expected an object, got "nothing"'],
    [
      { type: 'object', properties: { n: { type: 'number', minimum: 0 } } },
      'schema.properties.n.maximum: expected a number, since a variable has two ends, got nothing',
    ],
    [{ type: 'object', properties: { n: { type: 'string' } } }, 'schema.properties.n: expected a bounded number'],
    [
      { type: 'object', properties: { n: { type: 'boolean', pattern: 'x' } } },
      'schema.properties.n.pattern: expected no such keyword',
    ],
    [
      { type: 'object', properties: { n: { type: 'number', exclusiveMinimum: 0, maximum: 1 } } },
      'schema.properties.n.exclusiveMinimum: expected none, but minimum, for a number, got 0',
    ],
    [
      { type: 'object', properties: { n: { type: 'array', items: { enum: [1] } } } },
      'schema.properties.n.uniqueItems: expected true',
    ],
    [
      { type: 'object', properties: { n: { $ref: 'http://elsewhere' } } },
      'schema.properties.n.$ref: expected a reference inside the schema',
    ],
    [
      { type: 'object', properties: { n: { $ref: '#/properties/n' } } },
      'schema.properties.n.$ref: expected a reference inside the schema',
    ],
    [nested(schemaDepthMax + 2), `objects at most ${schemaDepthMax} deep`],
  ])('refuses what a space cannot hold, with its path (%#)', (schema, message) => {
    expect(() => spaceFromJsonSchema(schema as never)).toThrow(
      expect.objectContaining({ code: 'ml/unreadable', message: expect.stringContaining(message) }),
    )
  })

  test('reads objects up to the limit of depth', () => {
    expect(() => spaceFromJsonSchema(nested(schemaDepthMax + 1) as never)).not.toThrow()
  })
})

describe('schemaOf', () => {
  const { validate, jsonSchema } = schemaOf(tuning)['~standard']

  test('gives the stored configuration of a valid one', () => {
    const config = tuning.sample(seededRandom(2))
    expect(validate(config)).toEqual({ value: config })
  })

  test('says all that is wrong, with path, expectation and what was got', () => {
    expect(validate({ ...tuning.defaults, rate: 2, tools: [], kin: 1 })).toEqual({
      issues: [
        { path: ['kin'], message: 'expected "kind", got "kin"' },
        { path: ['rate'], message: 'expected a number from 0.0001 to 1, got 2' },
        { path: ['tools'], message: 'expected a list of 1 to 2 of "a", "b", "c", each at most once, got []' },
      ],
    })
    expect(validate(null)).toEqual({
      issues: [{ path: [], message: 'expected an object with a value for each variable, got null' }],
    })
    expect(validate({ ...tuning.defaults, kind: false })).toEqual({
      issues: [{ path: ['retriever.k'], message: 'expected nothing unless kind is "auto" or 1, got 11' }],
    })
    expect(validate({ ...tuning.defaults, odd: 9 })).toEqual({
      issues: [{ path: [], message: 'expected odd is below 9 where fast' }],
    })
  })

  test('writes JSON Schema for the targets it knows and refuses others', () => {
    expect(jsonSchema.input({ target: 'draft-2020-12' }).$schema).toBe(jsonSchemaDialect)
    expect(jsonSchema.output({ target: 'draft-07' }).$schema).toContain('draft-07')
    expect(() => jsonSchema.input({ target: 'openapi-3.0' })).toThrow('expected draft-2020-12 or draft-07')
  })
})
