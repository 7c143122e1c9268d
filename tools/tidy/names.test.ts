import { expect, test } from 'vitest'
import { nameFindings } from './names.ts'
import { sourceOf } from './source.ts'

const doors = new Set(['packages/ml/src/index.ts'])
const rules = (path: string) => nameFindings(sourceOf(path, ''), doors).map((finding) => finding.rule)

test('accepts kebab-case nouns, with the suffixes of tests and configuration', () => {
  for (const name of [
    'study.ts',
    'expected-improvement.ts',
    'study.prop.test.ts',
    'node.sim.test.ts',
    'x.fixture.ts',
  ]) {
    expect(rules(`packages/ml/src/${name}`)).toEqual([])
  }
  expect(rules('.dependency-cruiser.mjs')).toEqual([])
  expect(rules('vitest.config.ts')).toEqual([])
})

test('refuses other cases, in folders too', () => {
  expect(rules('packages/ml/src/ExpectedImprovement.ts')).toEqual(['file-name'])
  expect(rules('packages/ml/src/randomSearch/study.ts')).toEqual(['file-name'])
})

test('refuses drawers for everything, as files and as folders', () => {
  for (const path of ['utils.ts', 'types.ts', 'helpers.test.ts', 'common/study.ts']) {
    expect(rules(`packages/ml/src/${path}`)).toEqual(['file-name'])
  }
})

test('knows index.ts only as a door', () => {
  expect(rules('packages/ml/src/index.ts')).toEqual([])
  expect(rules('packages/ml/src/samplers/index.ts')).toEqual(['index-file'])
})

test('does not look at documents and data', () => {
  expect(rules('packages/ml/README.md')).toEqual([])
})
