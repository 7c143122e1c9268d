/** Choosing among scored values: the best at temperature 0, a draw from the softmax above it. */

import type { Random } from '@mabeam/foundation'

/** How values are drawn. */
export interface SamplingOptions {
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly random: Random
}

/** Scores are about 0 to 1; the softmax at temperature 1 sees them this much apart. */
const logitsPerScore = 12

/** The index of the value that is answered. Requires: at least one score. */
export function choose(scores: ArrayLike<number>, options: SamplingOptions): number {
  const best = argmax(scores)
  if (options.temperature <= 0) return best
  const probabilities = kept(softmax(scores, logitsPerScore / options.temperature), options)
  let rest = options.random.next() * probabilities.reduce((sum, one) => sum + one.probability, 0)
  for (const { index, probability } of probabilities) {
    rest -= probability
    if (rest < 0) return index
  }
  return best
}

/** The index of the greatest score, the first of equals. */
export function argmax(scores: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i
  return best
}

/** Probabilities of scores. Ensures: sums to 1. */
export function softmax(scores: ArrayLike<number>, sharpness: number): Float64Array {
  const best = scores[argmax(scores)] as number
  const weights = Float64Array.from(scores, (score) => Math.exp((score - best) * sharpness))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

interface Candidate {
  readonly index: number
  readonly probability: number
}

function kept(probabilities: Float64Array, { topK, topP }: SamplingOptions): readonly Candidate[] {
  const sorted = Array.from(probabilities, (probability, index): Candidate => ({ index, probability }))
  sorted.sort((a, b) => b.probability - a.probability || a.index - b.index)
  const out: Candidate[] = []
  let sum = 0
  for (const candidate of sorted.slice(0, topK)) {
    out.push(candidate)
    sum += candidate.probability
    if (sum >= topP) break
  }
  return out
}
