import { describe, expect, test } from 'vitest'
import { packageDoors, packageFindings } from './packages.ts'
import { sourceOf } from './source.ts'

const door = { 'mabeam-source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }
const manifest = {
  name: '@mabeam/ml',
  version: '0.1.0',
  description: 'Searches.',
  license: 'Apache-2.0',
  type: 'module',
  engines: { node: '>=24' },
  files: ['dist', 'README.md', 'LICENSE', 'NOTICE', 'events.md'],
  exports: { '.': door },
  dependencies: { zod: '4.6.7' },
}

function repository(change: object = {}, files: Record<string, string | undefined> = {}) {
  const all: Record<string, string | undefined> = {
    LICENSE: 'Apache',
    NOTICE: 'Mabeam',
    'package.json': '{"name":"root"}',
    'packages/ml/package.json': JSON.stringify({ ...manifest, ...change }),
    'packages/ml/README.md': '# ml\n- zod: schemas',
    'packages/ml/events.md': '# Events',
    'packages/ml/LICENSE': 'Apache',
    'packages/ml/NOTICE': 'Mabeam',
    'packages/ml/src/index.ts': '',
    ...files,
  }
  return Object.entries(all).flatMap(([path, text]) => (text === undefined ? [] : [sourceOf(path, text)]))
}

const sentences = (...given: Parameters<typeof repository>) =>
  packageFindings(repository(...given)).map(({ rule, sentence }) => `${rule}: ${sentence}`)

describe('packageFindings', () => {
  test('has nothing to say about a package that is complete', () => {
    expect(sentences()).toEqual([])
  })

  test('asks for the four documents, and for the licence of the root', () => {
    expect(sentences({}, { 'packages/ml/events.md': undefined })).toEqual([
      'package-files: expected events.md, got none',
    ])
    expect(sentences({}, { 'packages/ml/LICENSE': 'MIT' })).toEqual([
      "package-files: expected the text of the root's LICENSE",
    ])
  })

  test('asks for one version everywhere', () => {
    const other = JSON.stringify({ ...manifest, name: '@mabeam/dspx', dependencies: { '@mabeam/ml': '0.0.9' } })
    const found = packageFindings(repository({}, { 'packages/dspx/package.json': other }))
    expect(found.map((one) => one.sentence)).toContain('dependencies.@mabeam/ml: expected 0.1.0 (lockstep), got 0.0.9')
    expect(sentences({ dependencies: { zod: '^4.6.7' } })).toEqual([
      'package-manifest: zod: expected an exact version, got ^4.6.7',
    ])
  })

  test('asks for doors of one shape that lead somewhere', () => {
    expect(sentences({ exports: { '.': './src/index.ts' } })).toEqual([expect.stringContaining('package-doors')])
    expect(sentences({}, { 'packages/ml/src/index.ts': undefined })).toEqual([
      'package-doors: exports["."]: ./src/index.ts is not there',
    ])
  })

  test('asks why each dependency is needed', () => {
    expect(sentences({}, { 'packages/ml/README.md': '# ml' })).toEqual([
      'package-readme: expected one line saying why zod is needed',
    ])
  })
})

test('packageDoors lists the index files that are exported', () => {
  expect([...packageDoors(repository())]).toEqual(['packages/ml/src/index.ts'])
})
