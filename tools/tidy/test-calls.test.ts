import { expect, test } from 'vitest'
import { sourceOf } from './source.ts'
import { testCallFindings } from './test-calls.ts'

const rules = (text: string, path = 'packages/ml/src/x.test.ts') =>
  testCallFindings(sourceOf(path, text)).map((finding) => finding.rule)

test('finds tests that leave others out, and tests that are not there', () => {
  expect(rules("test.only('adds two numbers', f)")).toEqual(['test-focus'])
  expect(rules("describe.only('add', f)")).toEqual(['test-focus'])
  expect(rules("it.todo('adds two numbers')")).toEqual(['test-focus'])
})

test('finds skips without a reason', () => {
  expect(rules("test.skip('adds two numbers', f)")).toEqual(['test-skip'])
  expect(rules("test.skipIf(slow)('adds two numbers', f)")).toEqual(['test-skip'])
  expect(rules("test('adds two numbers', (context) => context.skip())")).toEqual(['test-skip'])
})

test('accepts skips with a reason', () => {
  expect(rules("// skip: needs a browser\ntest.skipIf(none)('opens the page', f)")).toEqual([])
  expect(rules("test('opens the page', (context) => context.skip('needs a browser'))")).toEqual([])
})

test('asks for sentences as names', () => {
  expect(rules("test('add', f)")).toEqual(['test-name'])
  expect(rules("test('adds two numbers', f)")).toEqual([])
  expect(rules("describe('add', f)")).toEqual([])
})

test('looks at tests only', () => {
  expect(rules("test.only('x', f)", 'packages/ml/src/x.ts')).toEqual([])
})
