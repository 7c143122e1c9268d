/**
 * The embedded embedding model, `local/words`: hashed words and pieces of words. It needs no key, no network and no download. It
 * is a bag of words and no neural network: texts are near when they share words or pieces of them, whatever they mean. There is
 * no weighing by rarity, so that the vector of a text depends on nothing but the text.
 *
 * Source: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009 (signed hashing). Differs: sublinear
 * counts (1 + ln n), and pieces of words weigh half.
 */

import { invalidOption } from '@mabeam/foundation'
import { words } from '../../text/words.ts'
import type { EmbeddingModel } from './embedding-model.ts'

/** Numbers of a vector where the call asks for no others. */
export const wordsDimensions = 512
const dimensionsMax = 65_536
/** The most texts of one call. */
export const embeddingValuesMax = 10_000

/**
 * The embedded embedding model.
 *
 * Shapes: [texts] → [texts][dimensions].   Ensures: length 1, but for a text without words, which is all zeros; the same text
 * always gives the same vector.
 * Throws: `foundation/invalid-option` for no texts or too many, and for impossible dimensions.
 */
export function wordsEmbedding(): EmbeddingModel {
  return {
    specificationVersion: 'v4',
    provider: 'local',
    modelId: 'words',
    maxEmbeddingsPerCall: embeddingValuesMax,
    supportsParallelCalls: true,
    doEmbed: async ({ values, dimensions = wordsDimensions, abortSignal }) => {
      abortSignal?.throwIfAborted()
      const isText = Array.isArray(values) && values.every((value) => typeof value === 'string')
      if (!isText || values.length > embeddingValuesMax) {
        throw invalidOption('local/words', 'values', `an array of at most ${embeddingValuesMax} texts`, values?.length)
      }
      if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax) {
        throw invalidOption('local/words', 'dimensions', `an integer from 1 to ${dimensionsMax}`, dimensions)
      }
      let tokens = 0
      const embeddings = values.map((value) => {
        const found = words(value)
        tokens += found.length
        return vectorOf(found, dimensions)
      })
      return { embeddings, usage: { tokens }, warnings: [] }
    },
  }
}

function vectorOf(found: readonly string[], dimensions: number): number[] {
  const counts = new Map<string, number>()
  for (const word of found) {
    count(counts, word)
    const padded = `<${word}>`
    for (let at = 0; at + 3 <= padded.length; at++) count(counts, `#${padded.slice(at, at + 3)}`)
  }
  const vector = new Array<number>(dimensions).fill(0)
  for (const [feature, n] of counts) {
    const hash = hashOf(feature)
    const weight = (1 + Math.log(n)) * (feature.startsWith('#') ? 0.5 : 1)
    const at = (hash >>> 1) % dimensions
    vector[at] = (vector[at] ?? 0) + (hash & 1 ? weight : -weight)
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? vector : vector.map((value) => value / length)
}

function count(counts: Map<string, number>, feature: string): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1)
}

/** FNV-1a with a final mix. Source: Fowler, Noll & Vo; the mix is that of MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
