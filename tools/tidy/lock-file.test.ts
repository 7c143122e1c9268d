import { expect, test } from 'vitest'
import { lockFaults } from './lock-file.ts'

const integrity = 'sha512-x'

test('accepts a lock without addresses in which everything named is there', () => {
  const packages = {
    '': {},
    'packages/ml': { version: '0.1.0' },
    'node_modules/@mabeam/ml': { resolved: 'packages/ml', link: true },
    'node_modules/a': { integrity, optionalDependencies: { b: '1.0.0', c: '1.0.0' } },
    'node_modules/b': { integrity },
    'node_modules/a/node_modules/c': { integrity },
  }
  expect(lockFaults({ packages })).toEqual([])
})

test('reports an address, a missing hash and an optional dependency that is not there', () => {
  const packages = {
    'node_modules/a': { integrity, resolved: 'https://example.org/a.tgz' },
    'node_modules/b': { version: '1.0.0' },
    'node_modules/c': { integrity, optionalDependencies: { d: '1.0.0' } },
    'node_modules/x/node_modules/d': { integrity },
  }
  expect(lockFaults({ packages })).toEqual([
    expect.stringContaining('node_modules/a: holds the address https://example.org/a.tgz'),
    expect.stringContaining('node_modules/b: has no integrity hash'),
    expect.stringContaining('node_modules/c: names the optional dependency d'),
  ])
})
