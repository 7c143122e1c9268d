import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { guidanceText, readGuidance } from './guidance.ts'

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const lists = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.array(word, { minLength: 1, maxLength: 5 }))
const bases = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '))

describe('guidance', () => {
  test('is read back as it was written, whatever the values are called', () => {
    fc.assert(
      fc.property(bases, fc.dictionary(word, lists, { maxKeys: 3 }), (base, fields) => {
        const terms = new Map(
          Object.entries(fields).flatMap(([field, values]) => {
            const known = new Map(Object.entries(values))
            return known.size === 0 ? [] : [[field, known] as const]
          }),
        )
        expect(readGuidance(guidanceText({ base, terms }))).toEqual({ base, terms })
      }),
    )
  })

  test('leaves alone what somebody else wrote', () => {
    const text = 'Route it.\n\n- billing: money\nWords that point to nothing'
    expect(readGuidance(text)).toEqual({ base: text, terms: new Map() })
  })
})
