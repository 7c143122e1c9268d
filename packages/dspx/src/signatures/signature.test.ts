import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { plainField } from './schema-field.ts'
import { signature, signatureJson, withInstructions, withOutputFirst } from './signature.ts'

describe('signature from a string', () => {
  test('reads names, types, values and what may be left out', () => {
    const made = signature('text, count: number -> team: "billing" | "tech, web", urgent: boolean, note?')
    expect(made.inputs.map(({ name, kind }) => [name, kind])).toEqual([
      ['text', 'text'],
      ['count', 'number'],
    ])
    expect(made.outputs.map(({ name, kind, values, optional }) => [name, kind, values, optional])).toEqual([
      ['team', 'enum', ['billing', 'tech, web'], undefined],
      ['urgent', 'boolean', undefined, undefined],
      ['note', 'text', undefined, true],
    ])
  })

  test('has instructions of its own or those it is given', () => {
    expect(signature('a -> b, c').instructions).toBe('Given the fields `a`, produce the fields `b`, `c`.')
    expect(signature('a -> b', 'Translate.').instructions).toBe('Translate.')
    expect(() => signature('a -> b', { instructions: 'Do.' } as never)).toThrow('text as instructions')
  })

  test.each(['__proto__ -> b', 'a -> constructor', 'a -> toString', 'a -> completed', 'a -> Completed', 'a$ -> b'])(
    '%s is refused for its field name',
    (text) => expect(() => signature(text)).toThrow('a field name'),
  )

  test('a long name or text is refused', () => {
    expect(() => signature(`a -> ${'x'.repeat(64)}`)).not.toThrow()
    expect(() => signature(`a -> ${'x'.repeat(65)}`)).toThrow('at most 64 long')
    expect(() => signature(`a -> ${'x, '.repeat(2_000)}`)).toThrow('at most 4000 characters')
  })
})

describe('signature from schemas', () => {
  test('zod says kind, values, description and range', () => {
    const made = signature({
      name: 'triage',
      inputs: { text: z.string().describe('the ticket') },
      outputs: {
        team: z.enum(['billing', 'tech']).describe('who acts first'),
        one: z.literal('only'),
        two: z.union([z.literal('x'), z.literal('y')]),
        urgent: z.boolean(),
        stars: z.number().int().min(1).max(5),
        tags: z.array(z.string()),
        note: z.string().optional(),
      },
    })
    expect(made.inputs[0]).toMatchObject({ name: 'text', kind: 'text', description: 'the ticket' })
    expect(made.outputs.map(({ kind, typeText }) => [kind, typeText])).toEqual([
      ['enum', '"billing" | "tech"'],
      ['enum', '"only"'],
      ['enum', '"x" | "y"'],
      ['boolean', 'boolean'],
      ['number', 'integer from 1 to 5'],
      ['json', 'JSON of the schema {"type":"array","items":{"type":"string"}}'],
      ['text', 'string'],
    ])
    expect(made.outputs.map(({ optional }) => optional ?? false)).toEqual([...Array(6).fill(false), true])
  })

  test('a Standard Schema without JSON Schema is probed for its kind', () => {
    const only = (type: string) => ({
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) => (typeof value === type ? { value } : { issues: [{ message: `not a ${type}` }] }),
      },
    })
    const made = signature({
      inputs: { a: only('string') },
      outputs: { n: only('number'), b: only('boolean'), o: only('object'), t: z.string().transform((x) => x.length) },
    })
    expect([...made.inputs, ...made.outputs].map(({ kind }) => kind)).toEqual([
      'text',
      'number',
      'boolean',
      'json',
      'text',
    ])
  })

  test('what is no schema, an asynchronous schema, and no fields at all are refused by name', () => {
    expect(() => signature({ inputs: { a: 'string' as never }, outputs: { b: z.string() } })).toThrow(
      'a schema (zod or any Standard Schema) for field a',
    )
    const later = { '~standard': { version: 1 as const, vendor: 'test', validate: async () => ({ value: 1 }) } }
    expect(() => signature({ inputs: { a: later }, outputs: { b: z.string() } })).toThrow('field a: expected a schema')
    expect(() => signature({ inputs: {}, outputs: { b: z.string() } })).toThrow('at least one input field')
    expect(() => signature({ inputs: { a: z.string() }, outputs: {} })).toThrow('at least one output field')
  })
})

describe('a signature made from another', () => {
  const base = signature('text -> team: "a" | "b"')

  test('keeps its fields when the instructions change', () => {
    expect(withInstructions(base, 'Now!')).toEqual({ ...base, instructions: 'Now!' })
    expect(withInstructions(base, base.instructions)).toBe(base)
  })

  test('gets an output in front once', () => {
    const reasoning = plainField('reasoning', 'text')
    const reasoned = withOutputFirst(base, reasoning)
    expect(reasoned.outputs.map(({ name }) => name)).toEqual(['reasoning', 'team'])
    expect(withOutputFirst(reasoned, reasoning)).toBe(reasoned)
    expect(() => withOutputFirst(signature('reasoning -> team'), reasoning)).toThrow('no input with the name')
  })

  test('is plain data in an artefact', () => {
    expect(JSON.parse(JSON.stringify(signatureJson(base)))).toEqual({
      name: 'text -> team',
      instructions: 'Given the fields `text`, produce the fields `team`.',
      inputs: [{ name: 'text', description: '', kind: 'text' }],
      outputs: [{ name: 'team', description: '', kind: 'enum', values: ['a', 'b'] }],
    })
  })
})
