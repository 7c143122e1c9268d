import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('everything up to the fault can be gone on with as JSON, and one character more cannot', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('oops', '}', ']', ',', ':', '"', '\\', '01', '.', '\u0000', ''),
      (json, seed, put) => {
        const at = seed % (json.length + 1)
        const text = json.slice(0, at) + put + (put === '' ? '' : json.slice(at))
        if (isJson(text)) return
        const fault = jsonFault(text)
        expect(fault).toBeGreaterThanOrEqual(0)
        expect(fault).toBeLessThanOrEqual(text.length)
        // what stands before the fault is where it says for the same text alone, too
        expect(jsonFault(text.slice(0, fault))).toBe(text.slice(0, fault).length)
      },
    ),
  )
})

test.each([
  ['{"a": oops}', 6],
  ['{"a": 1,}', 8],
  ["{'a': 1}", 1],
  ['{"a": NaN}', 6],
  ['{"a": 1', 7],
  ['{"a" 1}', 5],
  ['[1, 2', 5],
  ['{"a": 1} {"a": 2}', 9],
  ['{"a": "x', 6],
  ['{"a": 1]', 7],
  [']', 0],
  ['{"a": 01}', 7],
])('%j has its fault at %i', (text, at) => {
  expect(jsonFault(text)).toBe(at)
})

test('a line of ten million characters is looked through once', () => {
  expect(jsonFault(`[${'1,'.repeat(5_000_000)}x]`)).toBe(10_000_001)
  expect(jsonFault('['.repeat(100_000))).toBe(100_000)
  expect(jsonFault(`"${'a\\n'.repeat(3_000_000)}`)).toBe(0)
})
