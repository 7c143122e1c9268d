import { expect, test } from 'vitest'
import { newNames } from './node-names.ts'

test('names of new nodes are counted on, around those that are taken', () => {
  expect(newNames([], 3)).toEqual(['node-1', 'node-2', 'node-3'])
  expect(newNames(['node-2', 'indexer', 'node-10'], 3)).toEqual(['node-1', 'node-3', 'node-4'])
  expect(newNames(['node-1'], 0)).toEqual([])
})
