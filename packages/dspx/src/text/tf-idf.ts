/** Texts as sparse vectors of length one: word n-grams weighted by how often here and how seldom elsewhere. */

import { wordNgrams } from './words.ts'

/** Term numbers, ascending, and their weights. The Euclidean length is 1, or 0 for a text without a known term. */
export interface SparseVector {
  readonly terms: Int32Array
  readonly weights: Float64Array
}

export interface TfIdf {
  readonly terms: number
  /** The vectors of the texts that it was learnt from, in order. */
  readonly fitted: readonly SparseVector[]
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
  const lastDocuments: number[] = []
  const read = texts.map((text, document) =>
    sortedNumbers(text, ngramMax, (term) => {
      let number = numbers.get(term)
      if (number === undefined) {
        number = documentCounts.length
        numbers.set(term, number)
        documentCounts.push(0)
        lastDocuments.push(-1)
      }
      if (lastDocuments[number] !== document) documentCounts[number] = (documentCounts[number] as number) + 1
      lastDocuments[number] = document
      return number
    }),
  )
  const rarities = Float64Array.from(documentCounts, (count) => 1 + Math.log((1 + texts.length) / (1 + count)))
  return {
    terms: rarities.length,
    fitted: read.map((sorted) => weighed(sorted, rarities)),
    vector: (text) =>
      weighed(
        sortedNumbers(text, ngramMax, (term) => numbers.get(term)),
        rarities,
      ),
  }
}

/** The numbers of a text's terms, ascending, each as often as it stands there. */
function sortedNumbers(text: string, ngramMax: number, numberOf: (term: string) => number | undefined): Int32Array {
  const terms = wordNgrams(text, ngramMax)
  const found = new Int32Array(terms.length)
  let count = 0
  for (const term of terms) {
    const number = numberOf(term)
    if (number !== undefined) found[count++] = number
  }
  return found.subarray(0, count).sort()
}

function weighed(sorted: Int32Array, rarities: Float64Array): SparseVector {
  let distinct = 0
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct++
  const terms = new Int32Array(distinct)
  const weights = new Float64Array(distinct)
  for (let start = 0, place = 0; start < sorted.length; place++) {
    const term = sorted[start] as number
    let end = start + 1
    while (end < sorted.length && sorted[end] === term) end++
    terms[place] = term
    weights[place] = (1 + Math.log(end - start)) * (rarities[term] as number)
    start = end
  }
  const length = euclideanLength(weights) || 1
  for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) / length
  return { terms, weights }
}

/** As `Math.hypot`, to the last bit, without its arguments: a long text has more than a call can take. */
export function euclideanLength(weights: Float64Array): number {
  let max = 0
  for (const weight of weights) max = Math.max(max, Math.abs(weight))
  if (max === 0) return 0
  let sum = 0
  let lost = 0
  for (const weight of weights) {
    const share = weight / max
    const square = share * share - lost
    const next = sum + square
    lost = next - sum - square
    sum = next
  }
  return Math.sqrt(sum) * max
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
  const starts = new Int32Array(terms + 1)
  for (const vector of vectors) for (const term of vector.terms) starts[term + 1] = (starts[term + 1] as number) + 1
  for (let term = 0; term < terms; term++) starts[term + 1] = (starts[term + 1] as number) + (starts[term] as number)
  const next = starts.slice(0, terms)
  const owners = new Int32Array(starts[terms] as number)
  const weights = new Float64Array(owners.length)
  for (let owner = 0; owner < vectors.length; owner++) {
    const vector = vectors[owner] as SparseVector
    for (let place = 0; place < vector.terms.length; place++) {
      const term = vector.terms[place] as number
      const at = next[term] as number
      next[term] = at + 1
      owners[at] = owner
      weights[at] = vector.weights[place] as number
    }
  }
  return {
    similarities(vector) {
      const out = new Float64Array(vectors.length)
      for (let place = 0; place < vector.terms.length; place++) {
        const term = vector.terms[place] as number
        const weight = vector.weights[place] as number
        const end = starts[term + 1] as number
        for (let i = starts[term] as number; i < end; i++) {
          const owner = owners[i] as number
          out[owner] = (out[owner] as number) + weight * (weights[i] as number)
        }
      }
      return out
    },
  }
}
