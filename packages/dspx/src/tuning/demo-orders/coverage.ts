/** Demonstrations that stand for the rest: each next one is the row that its class was least well represented by so far. */

import { fitTfIdf, indexVectors } from '../../text/tf-idf.ts'
import { classOf, type DemoPool } from '../demo-pool.ts'
import type { DemoOrderOptions } from './balanced.ts'

/** The most rows that are compared with each other; of more, a random sample is. Similarities take 4 bytes a pair. */
export const coverageRowsMax = 2_000

/**
 * Positions in `pool.rows`, greedily by how much each adds to the sum, over rows, of the similarity (cosine of tf-idf)
 * to the nearest chosen row of the same class. Within 1 - 1/e of the best set of every size.
 *
 * Source: facility location by lazy greedy search (Minoux, 1978; Lin & Bilmes, ACL 2011). Differs: similarities count
 * within a class only; of more than `coverageRowsMax` rows a sample is covered.
 */
export function coverageOrder(pool: DemoPool, options: DemoOrderOptions): number[] {
  const all = options.among ?? pool.rows.map((_, i) => i)
  const positions = options.random.shuffle(all).slice(0, coverageRowsMax)
  const rows = positions.flatMap((position) => pool.rows[position] ?? [])
  const similarities = similaritiesWithin(
    rows.map(({ text }) => text),
    rows.map((row) => classOf(row, options.classing)),
  )
  return lazyGreedy(similarities, options.size).map((row) => positions[row] as number)
}

/** For each text its similarity to every other one; 0 across classes. */
function similaritiesWithin(texts: readonly string[], classes: readonly string[]): Float32Array[] {
  const tfIdf = fitTfIdf(texts)
  const vectors = texts.map((text) => tfIdf.vector(text))
  const index = indexVectors(vectors, tfIdf.terms)
  return vectors.map((vector, row) => {
    const similarities = Float32Array.from(index.similarities(vector))
    for (let other = 0; other < similarities.length; other++) {
      if (classes[other] !== classes[row]) similarities[other] = 0
    }
    return similarities
  })
}

/** Gains only fall as rows are chosen, so a gain is computed anew only when it would win. */
function lazyGreedy(similarities: readonly Float32Array[], size: number): number[] {
  const covered = new Float32Array(similarities.length)
  const gainOf = (row: number) => {
    let gain = 0
    const to = similarities[row] as Float32Array
    for (let i = 0; i < covered.length; i++) {
      const more = (to[i] as number) - (covered[i] as number)
      if (more > 0) gain += more
    }
    return gain
  }
  let waiting = similarities.map((_, row) => ({ row, gain: gainOf(row) })).sort((a, b) => b.gain - a.gain)
  const chosen: number[] = []
  while (chosen.length < size && waiting.length > 0) {
    const best = bestOf(waiting, gainOf)
    chosen.push(best)
    waiting = waiting.filter(({ row }) => row !== best).sort((a, b) => b.gain - a.gain)
    const to = similarities[best] as Float32Array
    for (let i = 0; i < covered.length; i++) covered[i] = Math.max(covered[i] as number, to[i] as number)
  }
  return chosen
}

/** Requires: `waiting` by falling gain, each at least what it is now. */
function bestOf(waiting: { row: number; gain: number }[], gainOf: (row: number) => number): number {
  let best = waiting[0] as { row: number; gain: number }
  let bestGain = Number.NEGATIVE_INFINITY
  for (const one of waiting) {
    if (one.gain <= bestGain) break
    one.gain = gainOf(one.row)
    if (one.gain <= bestGain) continue
    best = one
    bestGain = one.gain
  }
  return best.row
}
