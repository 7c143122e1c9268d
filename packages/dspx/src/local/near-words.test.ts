import { expect, test } from 'vitest'
import { Lexicon } from './lexicon.ts'
import { WordPieces } from './near-words.ts'
import { localSizes } from './sizes.ts'

const lexicon = new Lexicon(localSizes.nano.features)
const known = ['reservation', 'reserving', 'declined', 'card'].map((form) => lexicon.word(form))
const nearest = (pieces: WordPieces, form: string) => pieces.nearest(lexicon.word(form), known)?.form

test('an unknown word looks like the known one with most pieces in common, the first of equals, or like none', () => {
  const pieces = new WordPieces()
  const asked = ['reservations', 'decline', 'zebra', 'car', 'cards']
  expect(asked.map((form) => nearest(pieces, form))).toEqual(['reservation', 'declined', undefined, undefined, 'card'])
  const equals = ['abcdefx', 'abcdefy'].map((form) => lexicon.word(form))
  expect(pieces.nearest(lexicon.word('abcdefz'), equals)?.form).toBe('abcdefx')
})

test('what is forgotten at the limit of pieces is read again', () => {
  const many = new WordPieces()
  const few = new WordPieces(1)
  for (let i = 0; i < 50; i++) {
    for (const form of [`reservation${i}s`, `decline${i}`, `card${i}`])
      expect(nearest(few, form)).toBe(nearest(many, form))
  }
})
