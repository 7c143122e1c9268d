import { expect, test } from 'vitest'
import { importFindings } from './imports.ts'
import { sourceOf } from './source.ts'

const manifest = sourceOf(
  'packages/ml/package.json',
  '{"name":"@mabeam/ml","dependencies":{"@mabeam/foundation":"0.1.0"}}',
)
const found = (text: string, path = 'packages/ml/src/x.ts') =>
  importFindings([manifest, sourceOf(path, text)]).map((one) => one.sentence.split(' ')[1])

test('accepts dependencies, doors of them, Node and the package itself', () => {
  expect(found("import a from '@mabeam/foundation/testing'; import 'node:fs'; export * from './y.ts'")).toEqual([])
  expect(found("import type { A } from '@mabeam/ml'")).toEqual([])
})

test('reports what the workspace has and the package does not list', () => {
  expect(found("import { z } from 'zod'\nexport { a } from '@mabeam/dspx'\nawait import('hono/cors')")).toEqual([
    'zod',
    '@mabeam/dspx',
    'hono',
  ])
})

test('leaves tests alone, which run in the workspace', () => {
  expect(found("import { test } from 'vitest'", 'packages/ml/src/x.test.ts')).toEqual([])
})
