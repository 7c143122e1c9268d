import { describe, expect, test } from 'vitest'
import { heaviestPhrase, numbersIn, PhraseKnowledge, phraseAt, phraseWeights, readPhrase } from './extraction.ts'
import { wordsOf } from './features.ts'
import { PhraseCues } from './phrase-cues.ts'

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
    const cues = new PhraseCues()
    const shown = [
      readPhrase(cues, 'my name is Ada and I am fine', 'Ada'),
      readPhrase(cues, 'hello, my name is Bob', 'Bob'),
      readPhrase(cues, 'who is it', 'nobody'),
    ]
    const knowledge = new PhraseKnowledge(cues, shown, '')
    const another = new PhraseKnowledge(cues, [readPhrase(cues, 'it is five', 'five')], '')
    const input = 'good day, my name is Cleo since birth'
    const words = wordsOf(input)
    expect(knowledge).toMatchObject({ found: 2, words: 1 })
    const weights = phraseWeights(words, cues.of(input, words), knowledge)
    expect(heaviestPhrase({ input, words, weights }, knowledge.words)).toBe('Cleo')
    expect(phraseWeights(words, cues.of(input, words), another)).not.toEqual(weights)
    expect(phraseWeights(words, cues.of(input, words), knowledge)).toEqual(weights)
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
