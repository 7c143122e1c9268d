/** Hypervolume: how much of the objective space a set of points dominates, up to a reference point. Minimisation. */

import { unusableNumbers } from '../errors.ts'
import { area, volume } from './hypervolume-sweep.ts'
import { wfg } from './hypervolume-wfg.ts'

/** The most objectives. */
export const hypervolumeObjectivesMax = 6
/** The most points from four objectives on, where time grows steeply. */
export const hypervolumePointsMax = 1_000

/**
 * Length, area or volume dominated by `points` and bounded by `reference`; points that are not better than the reference in
 * every objective add nothing.
 *
 * Shapes: `points` [n][m], `reference` [m], m from 1 to 6 → scalar. At most 1,000 points from four objectives on.
 * Requires: finite reference.      Ensures: >= 0; independent of the order of points.
 * Throws: `ml/unusable-numbers` for other lengths.
 * Source: 2-D sweep and 3-D staircase sweep (Fonseca, Paquete & López-Ibáñez, CEC 2006), WFG from 4-D on (While, Bradstreet &
 * Barone, 2012). Differs: see `hypervolume-sweep.ts` and `hypervolume-wfg.ts`.
 * @example hypervolume([[0, 1], [1, 0]], [2, 2]) // => 3
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  if (!Array.isArray(points as unknown)) throw unusableNumbers('hypervolume: points', 'a list of points', points)
  if (!Array.isArray(reference as unknown))
    throw unusableNumbers('hypervolume: reference', 'a list of numbers', reference)
  const m = reference.length
  if (m < 1 || m > hypervolumeObjectivesMax) {
    throw unusableNumbers('hypervolume: reference', `1 to ${hypervolumeObjectivesMax} objectives`, m)
  }
  if (!reference.every(Number.isFinite)) throw unusableNumbers('hypervolume: reference', 'finite numbers', reference)
  const wrong = points.find((point) => point.length !== m)
  if (wrong) throw unusableNumbers('hypervolume: points', `points of ${m} numbers`, wrong)
  const inside = points.filter((point) => point.every((value, i) => value < (reference[i] as number)))
  if (m === 1) return inside.reduce((best, point) => Math.max(best, (reference[0] as number) - (point[0] as number)), 0)
  if (m === 2) return area(inside, reference)
  if (m === 3) return volume(inside, reference)
  if (inside.length <= hypervolumePointsMax) return wfg(inside, reference)
  throw unusableNumbers(
    'hypervolume: points',
    `at most ${hypervolumePointsMax} points of ${m} objectives`,
    inside.length,
  )
}
