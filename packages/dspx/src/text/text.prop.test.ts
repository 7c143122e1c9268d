import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { discriminativeTerms } from './discriminative-terms.ts'
import { cosine, euclideanLength, fitTfIdf, indexVectors } from './tf-idf.ts'
import { wordNgrams, words } from './words.ts'

const texts = fc.array(fc.lorem({ maxCount: 6 }), { minLength: 1, maxLength: 12 })

describe('words', () => {
  test('are in lower case, whatever marks stand between them', () => {
    expect(words("I'm charged TWICE — really?!")).toEqual(["i'm", 'charged', 'twice', 'really'])
    expect(wordNgrams('charged twice today', 2)).toEqual(['charged', 'twice', 'today', 'charged twice', 'twice today'])
    expect(wordNgrams('a b c', 4)).toEqual(['a', 'b', 'c', 'a b', 'b c', 'a b c'])
  })

  test('of joined words are the words again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(words(words(text).join(' '))).toEqual(words(text))
      }),
    )
  })
})

describe('fitTfIdf', () => {
  test('cosine is symmetric, between 0 and 1, and 1 with itself; the index agrees', () => {
    fc.assert(
      fc.property(texts, fc.lorem(), (known, asked) => {
        const fitted = fitTfIdf(known)
        const vectors = known.map((text) => fitted.vector(text))
        const vector = fitted.vector(asked)
        const similarities = indexVectors(vectors, fitted.terms).similarities(vector)
        for (const [i, other] of vectors.entries()) {
          const similarity = cosine(vector, other)
          expect(similarity).toBeCloseTo(cosine(other, vector), 12)
          expect(similarity).toBeGreaterThanOrEqual(0)
          expect(similarity).toBeLessThanOrEqual(1 + 1e-12)
          expect(similarities[i]).toBeCloseTo(similarity, 12)
          expect(cosine(other, other)).toBeCloseTo(1, 12)
        }
      }),
    )
  })
})

describe('a vector', () => {
  test('is as long as its Euclidean length says, to the last bit of Math.hypot', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 60, size: 'max' }), (weights) => {
        expect(euclideanLength(Float64Array.from(weights))).toBe(Math.hypot(...weights))
      }),
    )
  })

  test('weighs a term by the texts that hold it, however often it stands in one', () => {
    const { vector } = fitTfIdf(['refund refund refund', 'invoice', 'invoice'], 1)
    const { weights } = vector('refund invoice')
    expect((weights[0] as number) / (weights[1] as number)).toBeCloseTo(
      (1 + Math.log(4 / 2)) / (1 + Math.log(4 / 3)),
      12,
    )
  })

  test('of a text that was fitted is that of the same text asked, also where it has 70,000 words', () => {
    const long = Array.from({ length: 70_000 }, (_, i) => `w${i}`).join(' ')
    const known = ['charged twice, twice', '', long]
    const fitted = fitTfIdf(known)
    expect(known.map((text) => fitted.vector(text))).toEqual(fitted.fitted)
    expect(cosine(fitted.vector(long), fitted.vector(long))).toBeCloseTo(1, 9)
  })
})

describe('discriminativeTerms', () => {
  const labelled = ['a', 'b', 'c'].flatMap((label) =>
    Array.from({ length: 8 }, (_, i) => ({ text: `please help with ${label}word${i % 2} of my thing`, label })),
  )

  test('puts the words of a label first and the words of all labels nowhere near', () => {
    const terms = discriminativeTerms(labelled, { ngramMax: 1, random: seededRandom(1) })
    for (const label of ['a', 'b', 'c']) {
      expect(terms.get(label)?.slice(0, 2).sort()).toEqual([`${label}word0`, `${label}word1`])
    }
  })

  test('is the same for the same stream of random numbers', () => {
    const once = () => discriminativeTerms(labelled, { ngramMax: 2, random: seededRandom(5) })
    expect(once()).toEqual(once())
  })
})
