/** Expected hypervolume improvement of a point with independent normal losses. */

import { logImprovement } from '../../numeric/expected-improvement.ts'
import type { Acquisition, AcquisitionSlopes, Expectation } from './acquisition.ts'
import { type Boxes, boxesOf } from './boxes.ts'

/**
 * What a point is expected to add to the volume that `front` dominates up to `reference`.
 *
 * Shapes: `front` [n][m], `reference` [m], m 2 or 3.   Requires: see `boxesOf`.
 * Source: Yang, Emmerich, Deutz & Bäck, J. Global Optim. 75, 2019: over a box with ends l and u the expectation is a product of
 * differences of expected improvements below u and below l. Differs: in logarithms, so that it has a slope where it is next to nothing.
 * @example hypervolumeImprovement([[0, 1], [1, 0]], [2, 2]).log({ means: Float64Array.of(0, 0), deviations: Float64Array.of(1, 1) })
 */
export function hypervolumeImprovement(
  front: readonly (readonly number[])[],
  reference: readonly number[],
): Acquisition {
  const boxes = boxesOf(front, reference)
  const m = reference.length
  const logs = boxes.levels.map((levels) => new Float64Array(levels.length))
  const ratios = boxes.levels.map((levels) => new Float64Array(levels.length))
  const terms = new Float64Array(boxes.ends.length)
  return {
    log(expectation, slopes) {
      writeImprovements(boxes, expectation, { logs, ratios })
      let top = Number.NEGATIVE_INFINITY
      for (const [b, ends] of boxes.ends.entries()) {
        let sum = 0
        for (let i = 0; i < m; i++) {
          const values = logs[i] as Float64Array
          sum += logDifference(values[ends[2 * i + 1] as number] as number, values[ends[2 * i] as number] as number)
        }
        terms[b] = sum
        top = Math.max(top, sum)
      }
      let total = 0
      for (let b = 0; b < terms.length; b++) {
        const share = Math.exp((terms[b] as number) - top)
        terms[b] = share
        total += share
      }
      if (slopes) writeSlopes(slopes, { boxes, expectation, logs, ratios, shares: terms, total })
      return top + Math.log(total)
    },
  }
}

interface Improvements {
  /** Logarithm of the expected improvement below each level. Shapes: [m][levels]. */
  readonly logs: readonly Float64Array[]
  /** Φ over h at each level. */
  readonly ratios: readonly Float64Array[]
}

function writeImprovements({ levels }: Boxes, expectation: Expectation, { logs, ratios }: Improvements): void {
  for (const [i, own] of levels.entries()) {
    const mean = expectation.means[i] as number
    const deviation = expectation.deviations[i] as number
    const logDeviation = Math.log(deviation)
    const log = logs[i] as Float64Array
    const ratio = ratios[i] as Float64Array
    log[0] = Number.NEGATIVE_INFINITY
    for (let place = 1; place < own.length; place++) {
      const { value, slope } = logImprovement(((own[place] as number) - mean) / deviation)
      log[place] = logDeviation + value
      ratio[place] = slope
    }
  }
}

/** log(eᵃ - eᵇ) for a > b, kept finite where the two can't be told apart. */
function logDifference(a: number, b: number): number {
  return a + Math.log(Math.max(1e-12, -Math.expm1(b - a)))
}

interface SlopeParts extends Improvements {
  readonly boxes: Boxes
  readonly expectation: Expectation
  readonly shares: Float64Array
  readonly total: number
}

/** By the mean a level's improvement changes by -Φ, by the deviation by φ = h - zΦ. */
function writeSlopes(slopes: AcquisitionSlopes, parts: SlopeParts): void {
  const { boxes, expectation, logs, ratios, shares, total } = parts
  for (const [i, levels] of boxes.levels.entries()) {
    const mean = expectation.means[i] as number
    const deviation = expectation.deviations[i] as number
    const log = logs[i] as Float64Array
    const ratio = ratios[i] as Float64Array
    let [byMean, byDeviation] = [0, 0]
    for (const [b, ends] of boxes.ends.entries()) {
      const [l, u] = [ends[2 * i] as number, ends[2 * i + 1] as number]
      const below = Math.exp((log[l] as number) - (log[u] as number))
      const scale = (shares[b] as number) / Math.max(1e-12, 1 - below)
      const zOf = (place: number) => ((levels[place] as number) - mean) / deviation
      const atUpper = ratio[u] as number
      const atLower = l === 0 ? 0 : (ratio[l] as number)
      const lowerPhi = l === 0 ? 0 : below * (1 - zOf(l) * atLower)
      byMean -= scale * (atUpper - below * atLower)
      byDeviation += scale * (1 - zOf(u) * atUpper - lowerPhi)
    }
    slopes.means[i] = byMean / (deviation * total)
    slopes.deviations[i] = byDeviation / (deviation * total)
  }
}
