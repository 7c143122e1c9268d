/** The knee of a front: where a little more of one objective begins to cost much of another. */

import { lossesOf, type Measured, type Objective } from '../objective.ts'
import { normalise, rangeOf } from './normalise.ts'
import { paretoFront } from './pareto-front.ts'

export type Knee<T> =
  | {
      readonly type: 'knee'
      readonly point: T
      /** From the plane through the ends of the front, towards the ideal, objectives scaled to [0, 1]. */
      readonly distance: number
    }
  | { readonly type: 'no-knee'; readonly reason: 'no-points' | 'one-objective' | 'too-few-points' | 'no-bend' }

/**
 * The point of the front that lies farthest from the plane Σ = 1 of the scaled objectives, which in two objectives is the line
 * through the two ends. The first among equals. Points beside the front are ignored.
 *
 * Source: Das, On characterizing the "knee" of the Pareto curve, Structural Optimization 18, 1999. Differs: from three
 * objectives on the plane through the corners of the scaled box, which exists also where the ends span no plane.
 * @example kneeOf(study.observedFront(), study.objectives)
 */
export function kneeOf<T extends Measured>(points: readonly T[], objectives: readonly Objective[]): Knee<T> {
  const front = paretoFront(points, objectives).filter((point) => lossesOf(point, objectives).every(Number.isFinite))
  if (front.length === 0) return { type: 'no-knee', reason: 'no-points' }
  if (objectives.length < 2) return { type: 'no-knee', reason: 'one-objective' }
  if (front.length < 3) return { type: 'no-knee', reason: 'too-few-points' }
  const losses = front.map((point) => lossesOf(point, objectives))
  const range = rangeOf(losses)
  let best: { readonly point: T; readonly distance: number } | undefined
  for (const [i, point] of front.entries()) {
    const sum = normalise(losses[i] as number[], range).reduce((total, value) => total + value, 0)
    const distance = (1 - sum) / Math.sqrt(objectives.length)
    if (!best || distance > best.distance + 1e-12) best = { point, distance }
  }
  return best && best.distance > 1e-9 ? { type: 'knee', ...best } : { type: 'no-knee', reason: 'no-bend' }
}
