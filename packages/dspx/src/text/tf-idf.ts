/** Texts as sparse vectors of length one: word n-grams weighted by how often here and how seldom elsewhere. */

import { wordNgrams } from './words.ts'

/** Term numbers, ascending, and their weights. The Euclidean length is 1, or 0 for a text without a known term. */
export interface SparseVector {
  readonly terms: Int32Array
  readonly weights: Float64Array
}

export interface TfIdf {
  readonly terms: number
  /** Terms not seen in fitting are left out. */
  vector(text: string): SparseVector
}

/**
 * Learns terms and their rarity from `texts`: weight = (1 + ln tf) · (1 + ln((1 + n) / (1 + df))).
 *
 * Source: Manning, Raghavan & Schütze, Introduction to Information Retrieval, 2008, §6.4 (ltc). Differs: idf smoothed
 * by one, so that a term of every text keeps a weight.
 * @example cosine(fitTfIdf(texts).vector('refund please'), fitTfIdf(texts).vector('a refund'))
 */
export function fitTfIdf(texts: readonly string[], ngramMax = 2): TfIdf {
  const numbers = new Map<string, number>()
  const documentCounts: number[] = []
  for (const text of texts) {
    for (const term of new Set(wordNgrams(text, ngramMax))) {
      const number = numbers.get(term)
      if (number === undefined) {
        numbers.set(term, documentCounts.length)
        documentCounts.push(1)
      } else documentCounts[number] = (documentCounts[number] as number) + 1
    }
  }
  const rarities = documentCounts.map((count) => 1 + Math.log((1 + texts.length) / (1 + count)))
  return {
    terms: rarities.length,
    vector(text) {
      const counts = new Map<number, number>()
      for (const term of wordNgrams(text, ngramMax)) {
        const number = numbers.get(term)
        if (number !== undefined) counts.set(number, (counts.get(number) ?? 0) + 1)
      }
      const entries = [...counts].sort(([a], [b]) => a - b)
      const weights = entries.map(([term, count]) => (1 + Math.log(count)) * (rarities[term] as number))
      const length = Math.hypot(...weights) || 1
      return {
        terms: Int32Array.from(entries, ([term]) => term),
        weights: Float64Array.from(weights, (weight) => weight / length),
      }
    },
  }
}

/** Cosine of two vectors of the same `TfIdf`, 0 to 1. */
export function cosine(a: SparseVector, b: SparseVector): number {
  let sum = 0
  let i = 0
  let j = 0
  while (i < a.terms.length && j < b.terms.length) {
    const left = a.terms[i] as number
    const right = b.terms[j] as number
    if (left === right) sum += (a.weights[i++] as number) * (b.weights[j++] as number)
    else if (left < right) i++
    else j++
  }
  return sum
}

/** Finds, for a vector, its cosine to every one of many: an inverted index, so that only shared terms cost anything. */
export interface VectorIndex {
  /** Cosines by the number of the indexed vector. */
  similarities(vector: SparseVector): Float64Array
}

export function indexVectors(vectors: readonly SparseVector[], terms: number): VectorIndex {
  const owners: number[][] = Array.from({ length: terms }, () => [])
  const weights: number[][] = Array.from({ length: terms }, () => [])
  for (const [owner, vector] of vectors.entries()) {
    for (const [place, term] of vector.terms.entries()) {
      owners[term]?.push(owner)
      weights[term]?.push(vector.weights[place] as number)
    }
  }
  return {
    similarities(vector) {
      const out = new Float64Array(vectors.length)
      for (const [place, term] of vector.terms.entries()) {
        const weight = vector.weights[place] as number
        const termOwners = owners[term] as readonly number[]
        const termWeights = weights[term] as readonly number[]
        for (let i = 0; i < termOwners.length; i++) {
          const owner = termOwners[i] as number
          out[owner] = (out[owner] as number) + weight * (termWeights[i] as number)
        }
      }
      return out
    },
  }
}
