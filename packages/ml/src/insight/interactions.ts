/** What variables do together: the second order of the functional analysis of variance. */

import { checkOptions, definedOptions, rule, seededRandom } from '@mabeam/foundation'
import type { Measurements } from '../recommend/recommend.ts'
import type { Config } from '../space/space.ts'
import { type AxisPair, type LeavesIn, leavesOfForest, pairEffect, pairVarianceOf } from './decomposition.ts'
import { evidenceOf, type Question, questionRules } from './evidence.ts'
import { type Forest, type ForestOptions, forestDefaults, forestRules, growForest } from './forest.ts'
import { type Region, regionOf } from './region.ts'
import { totalEffects } from './total-effects.ts'

export interface InteractionOptions<C = Config> extends Question<C>, ForestOptions {
  /** Pairs are made of so many variables, those that take part most. Time grows with the square. @default 16 */
  readonly variablesMax?: number
}

export const interactionDefaults = { ...forestDefaults, variablesMax: 16 } satisfies Required<
  Omit<InteractionOptions, keyof Question>
>

/** What two variables do together. */
export interface Interaction {
  /** In the order of their names. */
  readonly variables: readonly [string, string]
  /** The share of variance that they explain together beyond what each explains by itself, where both are active. */
  readonly value: number
}

/**
 * The interactions of pairs of variables, the largest first. Pairs that are never active together are left out. Empty for fewer
 * than two complete trials, or two variables.
 *
 * What a forest is given with noise it takes for small interactions: below a few percent they say nothing.
 * Ensures: together with the `effect` of each variable, shares sum to at most 1 where nothing is conditional.
 * Throws: as `importanceOf`.   Source and differences: as `importanceOf` by `fanova`.
 * @example interactionsOf(study)[0] // => { variables: ['model', 'temperature'], value: 0.21 }
 */
export function interactionsOf<C extends Config>(
  study: Measurements<C>,
  options: InteractionOptions<C> = {},
): Interaction[] {
  checkOptions('interactionsOf', options, {
    ...questionRules,
    ...forestRules,
    variablesMax: rule.optional(rule.int(2, 100)),
  })
  const chosen = { ...interactionDefaults, ...definedOptions(options) }
  const evidence = evidenceOf('interactionsOf', study, chosen)
  if (evidence.values.length < 2) return []
  const forest = growForest(evidence, chosen)
  const leaves = leavesOfForest(forest)
  const seen = evidence.columns.map((column) => column.some((cell) => cell >= 0))
  const axes = strongest(forest, chosen).filter((axis) => seen[axis])
  const partOf = partsOf(forest, chosen.seed)
  const found = axes.flatMap((first, i) =>
    axes.slice(i + 1).flatMap((second) => {
      const part = partOf({ first, second })
      return part ? [interactionOf(forest, { leaves, ...part }, { first, second })] : []
    }),
  )
  return found.sort((a, b) => b.value - a.value)
}

/** The axes with the largest total effects over the whole space, in their order. */
function strongest(forest: Forest, { variablesMax, seed }: { readonly variablesMax: number; readonly seed: number }) {
  const axes = [...forest.axes.keys()]
  if (axes.length <= variablesMax) return axes
  const { totals } = totalEffects(forest, regionOf(forest.axes, []) as Region, seededRandom(seed))
  const largest = axes.sort((a, b) => (totals[b] as number) - (totals[a] as number) || a - b)
  return largest.slice(0, variablesMax).sort((a, b) => a - b)
}

/** A part of the space, and the variance of the forest there. */
interface Part {
  readonly region: Region
  readonly variance: number
}

/** Where both of a pair are active; undefined where they never are. */
function partsOf(forest: Forest, seed: number): (pair: AxisPair) => Part | undefined {
  const known = new Map<string, Part | undefined>()
  return ({ first, second }) => {
    const requires = [first, second].flatMap((axis) => forest.axes[axis]?.dimension.requires ?? [])
    const key = JSON.stringify(requires)
    if (!known.has(key)) {
      const region = regionOf(forest.axes, requires)
      known.set(key, region && { region, variance: totalEffects(forest, region, seededRandom(seed)).variance })
    }
    return known.get(key)
  }
}

function interactionOf(forest: Forest, { leaves, region, variance }: LeavesIn & Part, pair: AxisPair): Interaction {
  const { first, second } = pair
  const effect = pairEffect(forest, { leaves, region }, pair)
  const explained = pairVarianceOf(effect, region.masses[first] as Float64Array, region.masses[second] as Float64Array)
  const name = (axis: number) => forest.axes[axis]?.dimension.name as string
  return { variables: [name(first), name(second)], value: variance > 0 ? Math.min(1, explained / variance) : 0 }
}
