import { expect, test } from 'vitest'
import { moduleStateFindings } from './module-state.ts'
import { sourceOf } from './source.ts'

const names = (text: string, path = 'packages/ml/src/x.ts') =>
  moduleStateFindings(sourceOf(path, text)).map((finding) => finding.at.split('#')[1])

test('finds top-level variables and collections that begin empty', () => {
  expect(names('let count = 0')).toEqual(['count'])
  expect(names('var a, b')).toEqual(['a', 'b'])
  expect(names('const cache = new Map<string, number>()')).toEqual(['cache'])
  expect(names('export const seen: string[] = []')).toEqual(['seen'])
  expect(names('const byName = {}')).toEqual(['byName'])
})

test('leaves constants, weak maps and what lives in functions alone', () => {
  expect(names("const words = new Set(['a'])")).toEqual([])
  expect(names('const flights = new WeakMap()')).toEqual([])
  expect(names('function f() { let count = 0; const seen = new Set() }')).toEqual([])
  expect(names('const limits = { a: 1 }')).toEqual([])
})

test('does not look at tests', () => {
  expect(names('let disk', 'packages/ml/src/x.test.ts')).toEqual([])
})
