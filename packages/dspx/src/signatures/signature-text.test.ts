import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { checkField } from './schema-field.ts'
import { signature } from './signature.ts'
import { signatureText } from './signature-text.ts'

const outputOf = (type: string) => {
  const [field] = signature(`a -> b: ${type}`).outputs
  if (field === undefined) throw new Error('expected an output')
  return field
}

describe('types of a signature string', () => {
  test.each([
    ['string', 'text', { type: 'string' }, 'string'],
    ['date', 'text', { type: 'string', format: 'date' }, 'date as YYYY-MM-DD'],
    ['int(1..5)', 'number', { type: 'integer', minimum: 1, maximum: 5 }, 'integer from 1 to 5'],
    ['number(-0.5..)', 'number', { type: 'number', minimum: -0.5 }, 'number from -0.5'],
    ['number( .. 1e3 )', 'number', { type: 'number', maximum: 1000 }, 'number to 1000'],
    ['int(0..1)', 'number', { type: 'integer', minimum: 0, maximum: 1 }, 'integer from 0 to 1'],
    ['("a" | "b")', 'enum', { type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
    ['string[]', 'json', { type: 'array', items: { type: 'string' } }, 'JSON of the schema'],
  ])('%s', (type, kind, jsonSchema, typeText) => {
    const field = outputOf(type)
    expect(field).toMatchObject({ kind, jsonSchema })
    expect(field.typeText).toContain(typeText)
  })

  test('an object says its members, their descriptions and what may be left out', () => {
    expect(outputOf("{ name: string 'as on the invoice', amount?: number(0..) }[]").jsonSchema).toEqual({
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', description: 'as on the invoice' },
          amount: { type: 'number', minimum: 0 },
        },
        required: ['name'],
        additionalProperties: false,
      },
    })
  })

  test('a description follows in single quotes, with or without a type', () => {
    const made = signature(`mail 'it''s as received', kind?: "a" | "b" 'which' -> b`)
    expect(made.inputs.map(({ description }) => description)).toEqual(["it's as received", 'which'])
  })

  test.each([
    ['int(0.5..1.5)', [1], [0, 0.5, 1.5, 2]],
    ['int(1..1)', [1], [0, 2]],
    ['int(1..5)', [1, 5], [0, 6, 1.5, '1', NaN, null, undefined, 2 ** 60]],
    ['number(0..)', [0, 0.5], [-1, NaN, Infinity, '0']],
    [
      'date',
      ['2024-02-29', '2000-02-29', '2026-12-31'],
      ['2026-02-29', '2100-02-29', '2026-13-01', '26-1-1', '2026-01-01T00:00', 5],
    ],
    ['("a" | "b")[]', [[], ['a', 'b']], [['c'], 'a', null, { 0: 'a' }]],
    ['{ a: int, b?: string[] }', [{ a: 1 }, { a: 1, b: ['x'] }], [{}, { a: 1, b: [1] }, { a: '1' }, [], 'x']],
  ])('%s takes what it says and nothing else', (type, right, wrong) => {
    for (const value of right) expect(checkField(outputOf(type), value)).toEqual({ value })
    for (const value of wrong) expect(checkField(outputOf(type), value).issues, JSON.stringify(value)).toBeDefined()
  })

  test('members that an object does not declare are left out, and an issue names its path', () => {
    const field = outputOf('{ a: { b: int }[] }')
    expect(checkField(field, { a: [{ b: 1, c: 2 }], d: 3, __proto__: { x: 1 } })).toEqual({ value: { a: [{ b: 1 }] } })
    expect(checkField(field, { a: [{ b: 1 }, {}] }).issues).toEqual([
      { message: 'expected integer', path: ['a', 1, 'b'] },
    ])
  })

  test('six levels are taken and seven refused, however they are written', () => {
    expect(() => signature('a -> b: int[][][][][][]')).not.toThrow()
    expect(() => signature('a -> b: int[][][][][][][]')).toThrow('at most 6 deep')
    expect(() => signature('a -> b: {c:{c:{c:{c:{c:int[]}}}}}')).not.toThrow()
    expect(() => signature('a -> b: {c:{c:{c:{c:{c:int[][]}}}}}')).toThrow('at most 6 deep')
    expect(() => signature('a -> b: {c:{c:{c:{c:{c:{c:{c:int}}}}}}}')).toThrow('at most 6 deep')
    expect(() => signature('a -> b: ({c:int[][][][][]})[]')).toThrow('at most 6 deep')
    expect(() => signature(`a -> b: ${'('.repeat(3_900)}`)).toThrow('one pair of parentheses')
    expect(() => signature(`a -> b: ${'{a:'.repeat(1_300)}`)).toThrow('at most 6 deep')
  })
})

describe('signatureText', () => {
  test('writes one form, whatever was written', () => {
    const text = `a,b ?: int( 1 .. ) 'it''s' , p: image [ ] -> c:( "x"|"y" )[ ], d :{e,f?:( "z" )}`
    expect(signatureText(signature(text))).toBe(
      `a: string, b?: int(1..) 'it''s', p: image[] -> c: ("x" | "y")[], d: { e: string, f?: "z" }`,
    )
  })

  const schemas = signature({
    inputs: { text: z.string().describe('the ticket') },
    outputs: {
      team: z.enum(['a', 'b']),
      stars: z.number().int().min(1).max(5).optional(),
      rows: z.array(z.object({ name: z.string(), ok: z.boolean().optional() })),
    },
  })

  test('refuses fields of schemas, which may hold more than the text', () => {
    expect(() => signatureText(schemas)).toThrow(
      expect.objectContaining({
        code: 'dspx/inexpressible-signature',
        data: expect.objectContaining({ field: 'text' }),
      }),
    )
  })

  test('writes them as their JSON Schema says where it is asked to', () => {
    expect(signatureText(schemas, { schemas: 'described' })).toBe(
      `text: string 'the ticket' -> team: "a" | "b", stars?: int(1..5), rows: { name: string, ok?: boolean }[]`,
    )
  })

  test.each([
    ['a length', z.string().min(3)],
    ['a pattern', z.iso.date()],
    ['anything', z.json()],
    ['a record', z.record(z.string(), z.number())],
    ['a tuple', z.tuple([z.string(), z.number()])],
    ['a value with spaces around it', z.enum([' x '])],
    ['a number as value', z.literal(5)],
    ['an empty object', z.object({})],
    ['a key that is no name', z.object({ 'a b': z.string() })],
    ['an exclusive bound', z.number().gt(0)],
    ['null', z.string().nullable()],
    ['items with a description', z.array(z.string().describe('each'))],
  ])('has no words for %s, and says so', (_, schema) => {
    const made = signature({ inputs: { a: z.string() }, outputs: { b: schema } })
    expect(() => signatureText(made, { schemas: 'described' })).toThrow(
      expect.objectContaining({ code: 'dspx/inexpressible-signature', data: expect.objectContaining({ field: 'b' }) }),
    )
  })
})

test('types of other languages are told by their name here', () => {
  const told = (text: string, mend: string) => expect(() => signature(text)).toThrow(mend)
  told('q -> ok: bool', '(bool is boolean here)')
  told('q -> n: float', '(float is number here)')
  told('q -> tags: list[str]', 'such as string[] here)')
  told("q -> team: Literal['a', 'b']", '(Literal is values such as "a" | "b" here)')
  expect(() => signature('q -> team: constructor' as string)).toThrow(
    /as the type of team at position 11, got "constructor"$/,
  )
})
