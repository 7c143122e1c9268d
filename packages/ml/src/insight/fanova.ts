/** Importance as a share of variance: the functional analysis of variance of a forest. */

import { seededRandom } from '@mabeam/foundation'
import { leavesOfForest } from './decomposition.ts'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'
import { centered, type ForestOptions, growForest } from './forest.ts'
import { type Part, partsOf } from './parts.ts'
import { regionOf } from './region.ts'
import { scaledEffects } from './scaled-effects.ts'
import { totalEffects } from './total-effects.ts'

/**
 * Effects of each axis as shares of the variance where it is active, weighed by that variance and by how likely that is. Trials in
 * which it is active have a forest of their own.
 */
export function fanovaEffects(evidence: Evidence, options: Required<ForestOptions>): readonly Effect[] {
  const effects: Effect[] = evidence.axes.map(() => ({ effect: 0, totalEffect: 0, weight: 0 }))
  const { scale } = centered(evidence.values)
  if (scale === 0) return effects
  for (const part of partsOf(evidence)) {
    if (part.evidence.values.length < 2) continue
    for (const [i, effect] of effectsIn(part, scale, options).entries()) effects[part.axes[i] as number] = effect
  }
  return effects
}

/** `scale`: the unit of weights. */
function effectsIn({ axes, requires, evidence }: Part, scale: number, options: Required<ForestOptions>): Effect[] {
  const forest = growForest(evidence, options)
  const region = regionOf(forest.axes, requires)
  if (!region) return []
  const { variance, totals } = totalEffects(forest, region, seededRandom(options.seed))
  const { mains, gains, whole } = scaledEffects(forest, { leaves: leavesOfForest(forest), region }, variance)
  return axes.map((axis) => {
    if (!(whole > 0)) return { effect: 0, totalEffect: 0, weight: 0 }
    const main = mains[axis] as number
    const total = (totals[axis] as number) + (gains[axis] as number)
    const totalEffect = Math.min(1, Math.max(main, total) / whole)
    const weight = whole * (forest.scale / scale) ** 2 * region.probability
    return { effect: main / whole, totalEffect, weight }
  })
}
