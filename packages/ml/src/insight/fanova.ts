/** Importance as a share of variance: the functional analysis of variance of a forest. */

import { seededRandom } from '@mabeam/foundation'
import type { ConditionParent } from '../space/condition.ts'
import { leavesOfForest, mainEffects, varianceOf } from './decomposition.ts'
import type { Effect } from './effect.ts'
import type { Evidence } from './evidence.ts'
import { type Forest, type ForestOptions, growForest } from './forest.ts'
import { type Region, regionOf } from './region.ts'
import { totalEffects } from './total-effects.ts'
import type { Leaf } from './tree.ts'

/**
 * Effects of each axis over the region in which it is active, as shares of the variance there, weighed by variance and
 * probability of that region.
 */
export function fanovaEffects(evidence: Evidence, options: Required<ForestOptions>): readonly Effect[] {
  const forest = growForest(evidence, options)
  const leaves = leavesOfForest(forest)
  const effects: Effect[] = evidence.axes.map(() => ({ effect: 0, totalEffect: 0, weight: 0 }))
  if (forest.scale === 0) return effects
  for (const { axes, requires } of activeTogether(forest)) {
    const region = regionOf(forest.axes, requires)
    if (!region) continue
    for (const [i, effect] of effectsIn({ forest, leaves, region, axes, seed: options.seed }).entries()) {
      effects[axes[i] as number] = effect
    }
  }
  return effects
}

interface Setting {
  readonly forest: Forest
  readonly leaves: readonly Leaf[]
  readonly region: Region
  readonly axes: readonly number[]
  readonly seed: number
}

function effectsIn({ forest, leaves, region, axes, seed }: Setting): Effect[] {
  const mains = mainEffects(forest, { leaves, region })
  const { variance, totals } = totalEffects(forest, region, seededRandom(seed))
  return axes.map((axis) => {
    const main = varianceOf(mains[axis] as Float64Array, region.masses[axis] as Float64Array)
    // The variance is of drawn points, the main effect is exact.
    const whole = Math.max(variance, main)
    if (whole === 0) return { effect: 0, totalEffect: 0, weight: 0 }
    const totalEffect = Math.min(1, Math.max(main, totals[axis] as number) / whole)
    return { effect: main / whole, totalEffect, weight: whole * region.probability }
  })
}

/** Axes by what they require. */
function activeTogether({ axes }: Forest) {
  const groups = new Map<string, { axes: number[]; requires: readonly ConditionParent[] }>()
  for (const [axis, { dimension }] of axes.entries()) {
    const key = JSON.stringify(dimension.requires)
    const group = groups.get(key) ?? { axes: [], requires: dimension.requires }
    group.axes.push(axis)
    groups.set(key, group)
  }
  return groups.values()
}
