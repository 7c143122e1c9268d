import type { DrainReport } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { drainSentence } from './drain.ts'

const done: DrainReport = {
  done: true,
  places: [],
  untaken: [],
  tasks: 0,
  registrations: 0,
  moves: 0,
  names: [],
  actors: 0,
  tookMs: 12.4,
}

test('a node that has nothing left says so', () => {
  expect(drainSentence('n1', 'is drained', done)).toBe(
    'n1 is drained after 12 ms; nothing is left that others could have',
  )
})

test('actors that nobody takes over are named, also where all else is done', () => {
  expect(drainSentence('n1', 'has left', { ...done, names: ['butler', 'clerk'] })).toMatch(
    /; nobody takes over the actors named butler, clerk$/,
  )
})

test('what is left is listed', () => {
  const left = { ...done, done: false, places: ['a'], untaken: ['b', 'c'], tasks: 3, registrations: 1, moves: 2 }
  expect(drainSentence('n1', 'is drained', left)).toBe(
    'n1 is not drained after 12 ms; there are left places a, which it still holds (does another node offer to run them?); places b, c, which nobody has taken; 2 moves of actors under way; 3 tasks under way; 1 registrations',
  )
})
