import { expect, test } from 'vitest'
import { workerArguments } from './started-worker.ts'

test('a worker inherits what its process was started with, where that is enough', () => {
  expect(workerArguments(['--max-old-space-size=100'], false)).toBeUndefined()
  expect(workerArguments(['--conditions=mabeam-source'], true)).toBeUndefined()
})

test('from source it finds packages by their source, also in a process that does not', () => {
  expect(workerArguments(['--max-old-space-size=100'], true)).toEqual(['--conditions=mabeam-source'])
})

test('of a program given as text it takes how modules are found and loaded, and nothing else', () => {
  const given = ['-C', 'mabeam-source', '--title=x', '--input-type=module', '--import', './a.mjs', '-e', 'await 1']
  expect(workerArguments(given, true)).toEqual(['-C', 'mabeam-source', '--import', './a.mjs'])
  expect(workerArguments(['--require=./b.cjs', '-pe', '1'], false)).toEqual(['--require=./b.cjs'])
  expect(workerArguments(['--input-type=module'], true)).toEqual(['--conditions=mabeam-source'])
})
