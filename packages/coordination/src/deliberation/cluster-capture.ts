/**
 * How large a cluster must be that is drawn at random, so that bad participants are hardly ever as many in it as would break it. Clusters
 * that are not drawn at random have no such size: who may choose where to be breaks them with a ninth of all.
 */

import { assert } from '@mabeam/foundation'

/**
 * The probability that in a cluster of `size`, drawn from `participants` of whom `bad` are bad, more than `⌊(size - 1) / 3⌋` are.
 *
 * Requires: integers, `0 <= bad <= participants`, `1 <= size <= participants`.  Ensures: from 0 to 1.
 * Source: the hypergeometric distribution, summed from its first term by ratios of neighbours.
 * @example captureProbability(500, 50, 25) // about 2.9e-4
 */
export function captureProbability(participants: number, bad: number, size: number): number {
  const areCounts = [participants, bad, size].every((count) => Number.isSafeInteger(count) && count >= 0)
  assert(areCounts && bad <= participants && size <= participants && size > 0, 'a cluster that can not be drawn')
  const good = participants - bad
  const least = Math.max(0, size - good)
  const most = Math.min(bad, size)
  const tolerated = Math.floor((size - 1) / 3)
  // In logarithms: the first term of a large cluster is too small for a number.
  let logTerm = logChoose(bad, least) + logChoose(good, size - least) - logChoose(participants, size)
  let captured = 0
  for (let count = least; count <= most; count++) {
    if (count > tolerated) captured += Math.exp(logTerm)
    logTerm += Math.log(((bad - count) * (size - count)) / ((count + 1) * (good - size + count + 1)))
  }
  return Math.min(1, captured)
}

export interface ClusterSizeQuestion {
  readonly participants: number
  /** How many of them may be bad. */
  readonly bad: number
  /** How likely it may be that a cluster is captured. */
  readonly capturedMax: number
}

/**
 * The smallest size `3 f + 1` from 4 on whose cluster is captured with no more than that probability; all participants where there is none.
 *
 * Requires: `participants >= 1`.  Ensures: from 1 to `participants`.
 * @example clusterSizeFor({ participants: 500, bad: 50, capturedMax: 0.001 }) // => 22
 */
export function clusterSizeFor({ participants, bad, capturedMax }: ClusterSizeQuestion): number {
  for (let size = 4; size < participants; size += 3) {
    if (captureProbability(participants, bad, size) <= capturedMax) return size
  }
  return participants
}

function logChoose(n: number, k: number): number {
  let log = 0
  for (let at = 1; at <= Math.min(k, n - k); at++) log += Math.log((n - at + 1) / at)
  return log
}
