import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'

const parses = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('jsonFault', () => {
  test('finds no fault in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        expect(jsonFault(JSON.stringify(value, undefined, indent))).toBeUndefined()
      }),
    )
  })

  test('finds a fault in a damaged text exactly when JSON.parse does, or a key stands twice', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b\\n"',
      '"',
      '\\',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      ' ',
      '\n',
      'true',
      'nul',
      '\u0001',
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), (parts) => {
        const text = parts.join('')
        const fault = jsonFault(text)
        if (fault?.expected === 'each key once') return
        expect(fault === undefined).toBe(parses(text))
      }),
      { numRuns: 3_000 },
    )
  })

  test('a cut text is faulty where it ends', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value)
        const short = text.slice(0, cut % text.length)
        expect(jsonFault(short)).toBeDefined()
      }),
    )
  })

  test.each([
    ['{\n  "a": 1,\n  "b": oops\n}', 3, 8, 'a value', '"oops"'],
    ['{"a": 1,}', 1, 9, 'a key in double quotes', '"}"'],
    ['{"a": 1 "b": 2}', 1, 9, '"," or "}"', '"\\""'],
    ["{'a': 1}", 1, 2, 'a key in double quotes', '"\'"'],
    ['{"a": 1', 1, 8, '"," or "}"', 'the end of the file'],
    ['{"a": 1}\r\n{', 2, 1, 'the end of the file', '"{"'],
    ['{"a": 01}', 1, 7, 'a value', '"01"'],
    ['{"a": [1 2]}', 1, 10, '"," or "]"', '"2"'],
    ['{"a" 1}', 1, 6, '":"', '"1"'],
    ['{"a": "x\ny"}', 1, 9, 'a closing double quote', '"\\n"'],
    ['{"a": 1,\n"a": 2}', 2, 1, 'each key once', '"a" again'],
    ['', 1, 1, 'a value', 'the end of the file'],
  ])('%j is faulty at line %i, column %i: expected %s, got %s', (text, line, column, expected, got) => {
    expect(jsonFault(text)).toEqual({ line, column, expected, got })
  })

  test('values may be nested 64 deep and no deeper', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`
    expect(jsonFault(nested(64))).toBeUndefined()
    expect(jsonFault(nested(65))?.expected).toBe('values nested at most 64 deep')
    expect(jsonFault(nested(100_000))?.expected).toBe('values nested at most 64 deep')
  })
})
