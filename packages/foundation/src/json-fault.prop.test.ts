import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What damages a text, or by chance does not. */
const damage = fc.constantFrom(
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u12', '1', '01', '-', '.5', 'e3', ' ', '\n', '\u00a0', '\ufeff'],
  ...['true', 'nul', 'oops', "'", '\u0001', '"a"', '"b\\n"'],
)

describe('jsonFault', () => {
  test('finds no fault in what JSON.stringify writes, whatever must be unique', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(jsonFault(text)).toBeUndefined()
        expect(jsonFault(text, { uniqueKeys: true, depthMax: 6 })).toBeUndefined()
      }),
    )
  })

  test('finds a fault exactly when JSON.parse does, in texts put together of parts', () => {
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 9 }), (parts) => {
        const text = parts.join('')
        expect(jsonFault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 3_000 },
    )
  })

  test('finds a fault exactly when JSON.parse does, in JSON with something put into it or cut off', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.oneof(damage, fc.constant('')), (json, seed, put) => {
        const at = seed % (json.length + 1)
        const text = json.slice(0, at) + put + (put === '' ? '' : json.slice(at))
        expect(jsonFault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 1_000 },
    )
  })

  test('a fault is at a character that may stand nowhere, or where the number, word or escape begins that it cuts', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('\u0000', '\u001f'), (json, seed, put) => {
        const damaged = seed % (json.length + 1)
        const fault = jsonFault(json.slice(0, damaged) + put + json.slice(damaged))
        expect(fault?.at).toBeLessThanOrEqual(damaged)
        expect(json.slice(fault?.at, damaged)).toMatch(/^(?:[\w.+-]*|\\(?:u\w*)?)$/)
      }),
    )
  })

  test('everything before a fault can be gone on with as JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), damage, (json, seed, put) => {
        const at = seed % (json.length + 1)
        const text = json.slice(0, at) + put + json.slice(at)
        const fault = jsonFault(text)
        if (fault === undefined) return
        const before = text.slice(0, fault.at)
        expect(fault.tokenAt).toBeLessThanOrEqual(fault.at)
        // such a text alone is faulty only where it ends, if at all
        expect(jsonFault(before)?.at ?? before.length).toBe(before.length)
      }),
    )
  })

  test.each([
    ['{\n  "a": 1,\n  "b": oops\n}', 3, 8, 'a value', '"oops"'],
    ['{"a": 1,}', 1, 9, 'a key in double quotes', '"}"'],
    ['{"a": 1 "b": 2}', 1, 9, '"," or "}"', '"\\""'],
    ["{'a': 1}", 1, 2, 'a key in double quotes', '"\'"'],
    ['{"a": 1', 1, 8, '"," or "}"', 'the end of the file'],
    ['{"a": 1]', 1, 8, '"," or "}"', '"]"'],
    ['{"a": 1}\r\n{', 2, 1, 'the end of the file', '"{"'],
    ['{"a": 01}', 1, 7, 'a value', '"01"'],
    ['{"a": NaN}', 1, 7, 'a value', '"NaN"'],
    ['{"a": [1 2]}', 1, 10, '"," or "]"', '"2"'],
    ['[1,]', 1, 4, 'a value', '"]"'],
    ['{"a" 1}', 1, 6, '":"', '"1"'],
    ['{"a": "x\ny"}', 1, 9, 'a closing double quote', '"\\n"'],
    ['{"a": "C:\\dir"}', 1, 10, 'a closing double quote', '"\\\\"'],
    ['{"a": "x', 1, 9, 'a closing double quote', 'the end of the file'],
    ['{"a": 1,\n"a": 2}', 2, 1, 'each key once', '"a" again'],
    ['{"a": 1, "\\u0061": 2}', 1, 10, 'each key once', '"a" again'],
    [']', 1, 1, 'a value', '"]"'],
    ['', 1, 1, 'a value', 'the end of the file'],
  ])('%j is faulty at line %i, column %i: expected %s, got %s', (text, line, column, expected, got) => {
    const fault = jsonFault(text, { whole: 'file', uniqueKeys: true })
    expect(fault).toMatchObject({ line, column, expected, got })
  })

  test('a string that goes wrong is also told by where it begins', () => {
    expect(jsonFault('{"a": "x')).toMatchObject({ tokenAt: 6, at: 8, got: 'the end of the text' })
    expect(jsonFault('{"a\\q": 1}')).toMatchObject({ tokenAt: 1, at: 3 })
    expect(jsonFault('{"a": oops}')).toMatchObject({ tokenAt: 6, at: 6 })
  })

  test('keys may stand twice, unless they must be unique, and the same ones in other objects always', () => {
    expect(jsonFault('{"a": 1, "a": 2}')).toBeUndefined()
    expect(jsonFault('[{"a": {"a": 1}}, {"a": 1}]', { uniqueKeys: true })).toBeUndefined()
    expect(jsonFault('{"__proto__": 1, "constructor": 2}', { uniqueKeys: true })).toBeUndefined()
  })

  test('values may be nested as deep as is said and no deeper, and a hundred thousand deep where nothing is said', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`
    expect(jsonFault(nested(64), { depthMax: 64 })).toBeUndefined()
    expect(jsonFault(nested(65), { depthMax: 64 })).toMatchObject({ at: 64, expected: 'values nested at most 64 deep' })
    expect(jsonFault('1', { depthMax: 0 })).toBeUndefined()
    expect(jsonFault('[]', { depthMax: 0 })).toMatchObject({ at: 0 })
    expect(jsonFault(nested(100_000))).toBeUndefined()
    expect(jsonFault('{"a":'.repeat(100_000), { uniqueKeys: true })).toMatchObject({ expected: 'a value' })
  })

  test('a line of millions of characters is looked through once', () => {
    expect(jsonFault(`[${'1,'.repeat(2_000_000)}x]`)?.at).toBe(4_000_001)
    expect(jsonFault(`"${'a\\n'.repeat(3_000_000)}`)).toMatchObject({ tokenAt: 0, at: 9_000_001 })
    expect(jsonFault(`${'1'.repeat(5_000_000)}x`)?.at).toBe(0)
    expect(jsonFault(`${' '.repeat(5_000_000)}x`)?.at).toBe(5_000_000)
  })

  test('options that are none are refused by name', () => {
    expect(() => jsonFault('', { depthMax: -1 })).toThrow(
      'jsonFault: depthMax: expected a number from 0 to Infinity, got -1',
    )
    expect(() => jsonFault('', { whole: '' })).toThrow('jsonFault: whole')
    expect(() => jsonFault('', { uniqueKey: true } as never)).toThrow('did you mean "uniqueKeys"?')
  })
})
