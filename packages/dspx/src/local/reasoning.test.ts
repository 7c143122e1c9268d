import { describe, expect, test } from 'vitest'
import { ContextIndex } from './context-index.ts'
import { formsOf } from './features.ts'
import { InstructionLesson } from './instruction-lesson.ts'
import { Lexicon } from './lexicon.ts'
import { raiseWords, readAgain, reasoningSentence, strongestWords } from './reasoning.ts'
import { localSizes } from './sizes.ts'

const index = () => {
  const lexicon = new Lexicon(localSizes.nano.features)
  const texts = ['my reservation for dinner', 'the card was declined']
  return new ContextIndex(
    new InstructionLesson(lexicon, [], ''),
    texts.map((text) => lexicon.text(text)),
  )
}

describe('readAgain', () => {
  test('reads unknown words as the known ones that they look like', () => {
    expect(readAgain(index(), formsOf('reservations decline zebra'))).toEqual(['reservation', 'declined', 'zebra'])
  })
})

describe('raiseWords', () => {
  test('makes the words named louder and leaves the others', () => {
    const one = index()
    const text = one.read(one.lexicon.text('card for dinner'))
    const before = [...text.weights]
    raiseWords(one, text, ['card', 'for'])
    const raised = [...text.weights].map((weight, i) => weight > (before[i] as number))
    expect(raised).toEqual([true, false, false])
  })
})

describe('strongestWords', () => {
  test('names each word once, the strongest first, and no function words', () => {
    const words = [
      { form: 'card', evidence: 0.1 },
      { form: 'the', evidence: 0.9 },
      { form: 'limit', evidence: 0.4 },
      { form: 'card', evidence: 0.5 },
      { form: 'never', evidence: -1 },
    ]
    expect(strongestWords(words).map((word) => word.form)).toEqual(['card', 'limit'])
  })
})

describe('reasoningSentence', () => {
  test('names the words and what they point to', () => {
    expect(reasoningSentence(['refund', 'twice'], 'billing')).toBe('The words "refund" and "twice" point to billing.')
    expect(reasoningSentence(['refund'], 'billing')).toBe('The word "refund" points to billing.')
    expect(reasoningSentence([], 'billing')).toContain('No word')
  })
})
