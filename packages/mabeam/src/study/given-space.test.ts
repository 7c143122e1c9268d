import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choice, float, int, space } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limitsIn, objectivesIn, readSpace } from './given-space.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mabeam-space-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function read(json: unknown) {
  writeFileSync(join(folder, 'space.json'), typeof json === 'string' ? json : JSON.stringify(json))
  return (await readSpace('space.json', folder)).toJSON()
}

const written = space({
  lr: float(1e-5, 1, { log: true }),
  act: choice(['relu', 'gelu']),
  k: int(1, 4, { when: { act: ['relu'] } }),
})

describe('readSpace', () => {
  test('reads what a space gives, and its variables alone', async () => {
    expect(await read(written.toJSON())).toEqual(written.toJSON())
    expect(await read(written.toJSON().variables)).toEqual(written.toJSON())
  })

  test('reads a JSON Schema of an object', async () => {
    const schema = {
      type: 'object',
      properties: { k: { type: 'integer', minimum: 1, maximum: 4 }, mode: { enum: ['a', 'b'] } },
    }
    expect(Object.keys((await read(schema)).variables)).toEqual(['k', 'mode'])
  })

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['a type that is none', { x: { type: 'flot' } }],
    ['an empty range', { x: { type: 'float', min: 2, max: 1 } }],
    ['no variables', {}],
    ['a space of a later version', { version: 99, variables: {} }],
  ])('refuses %s, naming the file', async (_, json) => {
    await expect(read(json)).rejects.toMatchObject({
      code: 'mabeam/space-unreadable',
      message: expect.stringMatching(/^space\.json: /),
    })
  })
})

test.each([
  [
    '{"x": oops}',
    'space.json: expected a space as JSON, could not read it: line 1, column 7: expected a value, got "oops"',
  ],
  ['{\n"x": {"type": "int"},\n"x": {"type": "int"}}', 'line 3, column 1: expected each key once, got "x" again'],
])('a space that is no JSON is told where it breaks: %j', async (json, message) => {
  await expect(read(json)).rejects.toMatchObject({ message: expect.stringContaining(message) })
})

describe('objectivesIn', () => {
  test('reads names with directions, in order', () => {
    expect(objectivesIn('accuracy:max, costUsd:min')).toEqual({ accuracy: 'max', costUsd: 'min' })
    expect(Object.keys(objectivesIn('b:min,a:maximise'))).toEqual(['b', 'a'])
    expect(objectivesIn('llm:loss:min')).toEqual({ 'llm:loss': 'min' })
  })

  test.each(['', 'a', 'a:', ':max', 'a:up', 'a:max,', 'a:max,a:min'])('refuses %j', (text) => {
    expect(() => objectivesIn(text)).toThrow(/--objectives: expected/)
  })
})

describe('limitsIn', () => {
  test('reads bounds from above and below', () => {
    expect(limitsIn('latencyMs<=500, accuracy >= -0.5')).toEqual([
      { name: 'latencyMs', atMost: 500 },
      { name: 'accuracy', atLeast: -0.5 },
    ])
  })

  test.each(['', 'a', 'a<5', 'a<=', 'a<=x', '<=5', 'a<=1,'])('refuses %j', (text) => {
    expect(() => limitsIn(text)).toThrow(/--limits: expected/)
  })
})
