import { describe, expect, test } from 'vitest'
import { heaviestPhrase, learnPhrases, numbersIn, phraseAt, phraseWeights } from './extraction.ts'
import { wordsOf } from './features.ts'

describe('phraseAt', () => {
  test('finds whole words in any case', () => {
    expect(phraseAt('The App crashes', 'app')).toBe(4)
    expect(phraseAt('happy app', 'app')).toBe(6)
    expect(phraseAt('happy', 'app')).toBe(-1)
    expect(phraseAt('anything', ' ')).toBe(-1)
  })
})

describe('phrases', () => {
  test('have the usual length and the cues that demonstrations taught', () => {
    const knowledge = learnPhrases(
      [
        { input: 'my name is Ada and I am fine', answer: 'Ada' },
        { input: 'hello, my name is Bob', answer: 'Bob' },
      ],
      '',
    )
    const input = 'good day, my name is Cleo since birth'
    const words = wordsOf(input)
    expect(knowledge).toMatchObject({ found: 2, words: 1 })
    expect(heaviestPhrase({ input, words, weights: phraseWeights(input, words, knowledge) }, knowledge.words)).toBe(
      'Cleo',
    )
  })

  test('never cross the end of a sentence', () => {
    const input = 'no. app crashed! yes'
    const words = wordsOf(input)
    expect(heaviestPhrase({ input, words, weights: new Float64Array([0, 1, 1, 1]) }, 4)).toBe('app crashed')
  })
})

describe('numbersIn', () => {
  test('reads signs, decimals and groups', () => {
    expect(numbersIn('from -3 to 4.5, or 12,000 and 1,5 (x9)').map(({ value }) => value)).toEqual([-3, 4.5, 12000, 1.5])
  })
})
