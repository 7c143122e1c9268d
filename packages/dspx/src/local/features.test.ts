import { describe, expect, test } from 'vitest'
import { formsOf, pairFeature, stemOf, wordFeatures, wordsOf } from './features.ts'
import { localSizes } from './sizes.ts'

describe('wordsOf', () => {
  test('gives words in lower case, without accents and apostrophes, and where they stand', () => {
    const text = "Déjà vu: I CAN'T log-in"
    const words = wordsOf(text)
    expect(words.map((word) => word.form)).toEqual(['deja', 'vu', 'i', 'cant', 'log', 'in'])
    expect(words.map((word) => text.slice(word.start, word.end))).toEqual(['Déjà', 'vu', 'I', "CAN'T", 'log', 'in'])
    expect(formsOf(text)).toEqual(words.map((word) => word.form))
  })
})

describe('stemOf', () => {
  test.each([
    ['refunds', 'refunded'],
    ['cancel', 'cancelled'],
    ['charge', 'charging'],
    ['delivery', 'deliveries'],
    ['box', 'boxes'],
  ])('makes %s and %s one', (a, b) => {
    expect(stemOf(a)).toBe(stemOf(b))
  })

  test('leaves short words alone', () => {
    for (const word of ['gas', 'bed', 'is', 'the']) expect(stemOf(word)).toBe(word)
  })
})

describe('features', () => {
  test('differ by size', () => {
    expect(wordFeatures('refunds', localSizes.nano.features)).toEqual(['wrefunds'])
    expect(wordFeatures('refunds', localSizes.small.features)).toEqual(['wrefund'])
    expect(wordFeatures('refunds', localSizes.base.features)).toContain('c<ref')
    expect(pairFeature('card', 'declined', localSizes.small.features)).toBe(
      pairFeature('cards', 'decline', localSizes.small.features),
    )
  })
})
