import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { tokenLikeness, tokenSimilarity, tokensMax, tokensOf } from './token-similarity.ts'
import { valueKey, valueKeyMax } from './value-key.ts'

describe('token similarity', () => {
  test('is symmetric, from 0 to 1, and 1 for a text and itself', () => {
    const random = seededRandom('tokens')
    const text = () =>
      Array.from({ length: random.int(8) }, () => ['ship', 'wait', 'it', 'now', 'Ärger'][random.int(5)]).join(' ')
    for (let run = 0; run < 300; run++) {
      const [a, b] = [tokensOf(text()), tokensOf(text())]
      const likeness = tokenSimilarity(a, b)
      expect(likeness).toBe(tokenSimilarity(b, a))
      expect(likeness >= 0 && likeness <= 1).toBe(true)
      expect(tokenSimilarity(a, a)).toBe(1)
    }
  })

  test('of many texts is that of each two of them', () => {
    const random = seededRandom('many texts')
    const texts = Array.from({ length: 30 }, () =>
      Array.from({ length: random.int(8) }, () => ['ship', 'wait', 'it', 'now', 'Ärger'][random.int(5)]).join(' '),
    )
    const likeness = tokenLikeness(texts)
    for (const [a, one] of texts.entries()) {
      for (const [b, other] of texts.entries()) {
        expect(likeness(a, b), `${one} / ${other}`).toBe(tokenSimilarity(tokensOf(one), tokensOf(other)))
      }
    }
  })

  test('knows words by letters of any script, and nothing of case or punctuation', () => {
    expect(tokenSimilarity(tokensOf('Über Straße, ja!'), tokensOf('über straße ja'))).toBe(1)
    expect(tokenSimilarity(tokensOf('日本'), tokensOf('中国'))).toBe(0)
  })

  test('looks at so many words and no further', () => {
    const words = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`).join(' ')
    expect(tokensOf(words(tokensMax)).size).toBe(tokensMax)
    expect(tokensOf(words(tokensMax + 1)).size).toBe(tokensMax)
  })
})

describe('a key of a value', () => {
  test('is the same for equal data, whatever the order of its keys', () => {
    expect(valueKey({ b: 1, a: [true, null, 'x'] })).toBe(valueKey({ a: [true, null, 'x'], b: 1 }))
    expect(valueKey({ a: 1 })).not.toBe(valueKey({ a: '1' }))
    expect(valueKey(-0)).toBe(valueKey(0))
  })

  test('is none of what is no plain data', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = cyclic
    const throwing = Object.defineProperty({}, 'x', { enumerable: true, get: () => expect.unreachable() })
    for (const value of [Number.NaN, undefined, 1n, () => 1, cyclic, new Date(0), new Map(), [undefined], throwing]) {
      expect(valueKey(value)).toBeUndefined()
    }
  })

  test('is none of what is longer than a key may be', () => {
    expect(valueKey('x'.repeat(valueKeyMax - 2))).toBeDefined()
    expect(valueKey('x'.repeat(valueKeyMax - 1))).toBeUndefined()
    expect(valueKey(Array.from({ length: valueKeyMax }, () => 1))).toBeUndefined()
  })
})
