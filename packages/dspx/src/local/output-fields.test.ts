import { describe, expect, test } from 'vitest'
import type { Demonstration } from './demonstrations.ts'
import { type FieldSource, outputFields } from './output-fields.ts'
import { PromptMemory } from './prompt-memory.ts'

const source = (change: Partial<FieldSource>): FieldSource => ({
  instruction: '',
  demonstrations: [],
  asked: [],
  inputNames: [],
  ...change,
})

const answered = (input: string, outputs: { [name: string]: string }): Demonstration => ({
  input,
  outputs: new Map(Object.entries(outputs)),
  names: Object.keys(outputs),
  style: 'markers',
  tokens: 1,
})

const list = `Your output fields are:
1. \`team\` ("billing" | "tech"): who acts
2. \`score\` (number from 1 to 5): how bad it is
3. \`count\` (integer)
4. \`ok\` (boolean)
5. \`tags\` (JSON of the schema {"type":"array","items":{"type":"string","enum":["x","y"]}})
6. \`place\` (JSON of the schema {"type":"object","properties":{"city":{"type":"string"}}})
7. \`rationale\` (string)
8. \`note\` (string): what else`

describe('outputFields', () => {
  test('reads names, kinds, values and bounds from a list of fields', () => {
    expect(outputFields(source({ instruction: list }), new PromptMemory())).toMatchObject([
      { name: 'team', kind: 'label', values: ['billing', 'tech'] },
      { name: 'score', kind: 'number', numbers: { min: 1, max: 5, integer: false } },
      { name: 'count', kind: 'number', numbers: { integer: true } },
      { name: 'ok', kind: 'boolean', values: ['true', 'false'] },
      { name: 'tags', kind: 'list', items: { kind: 'label', values: ['x', 'y'] } },
      { name: 'place', kind: 'object', members: [{ name: 'city', kind: 'text' }] },
      { name: 'rationale', kind: 'reasoning' },
      { name: 'note', kind: 'text' },
    ])
  })

  test('keeps apart what one sentence says of several fields', () => {
    const instruction = 'Respond in JSON with "team" (one of: a1, b1), "level" (low | high) and "ok" (true or false).'
    expect(outputFields(source({ instruction }), new PromptMemory())).toMatchObject([
      { name: 'team', values: ['a1', 'b1'] },
      { name: 'level', values: ['low', 'high'] },
      { name: 'ok', kind: 'boolean' },
    ])
  })

  test('takes the answers of demonstrations as values when they are short and recur outside the inputs', () => {
    const demonstrations = [answered('charged twice', { team: 'A' }), answered('a crash', { team: 'B' })]
    expect(outputFields(source({ demonstrations }), new PromptMemory())).toMatchObject([
      { name: 'team', kind: 'label', values: ['A', 'B'] },
    ])
  })

  test('takes answers that stand in their inputs as phrases, and digits as numbers', () => {
    const demonstrations = [answered('I live in Rome, 5 years', { city: 'Rome', years: '5' })]
    expect(outputFields(source({ demonstrations }), new PromptMemory())).toMatchObject([
      { name: 'city', kind: 'text' },
      { name: 'years', kind: 'number', numbers: { integer: true } },
    ])
  })

  test('writes true and false as demonstrations do', () => {
    const demonstrations = [answered('x', { ok: 'Yes' }), answered('y', { ok: 'No' })]
    const instruction = 'Your output fields are:\n1. `ok` (bool)'
    expect(outputFields(source({ instruction, demonstrations }), new PromptMemory())).toMatchObject([
      { kind: 'boolean', values: ['Yes', 'No'] },
    ])
  })

  test('goes by the schema of the call before anything else', () => {
    const schema = {
      type: 'object',
      properties: { team: { anyOf: [{ const: 'a' }, { const: 'b' }] }, n: { type: ['integer', 'null'] } },
    }
    expect(outputFields(source({ instruction: list, schema }), new PromptMemory())).toMatchObject([
      { name: 'team', kind: 'label', values: ['a', 'b'] },
      { name: 'n', kind: 'number' },
    ])
  })

  test('has one field without a name when the prompt names none', () => {
    expect(outputFields(source({ instruction: 'Answer yes or no: is it good?' }), new PromptMemory())).toMatchObject([
      { name: '' },
    ])
  })
})
