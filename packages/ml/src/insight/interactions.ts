/** What variables do together: the second order of the functional analysis of variance. */

import { checkOptions, definedOptions, rule, seededRandom } from '@mabeam/foundation'
import type { Measurements } from '../recommend/recommend.ts'
import type { ConditionParent } from '../space/condition.ts'
import type { Config } from '../space/space.ts'
import { type AxisPair, type LeavesIn, leavesOfForest, pairEffect, pairVarianceOf } from './decomposition.ts'
import { type Evidence, evidenceOf, type Question, questionRules } from './evidence.ts'
import { fanovaEffects } from './fanova.ts'
import { type Forest, type ForestOptions, forestDefaults, forestRules, growForest } from './forest.ts'
import { evidenceWhere } from './parts.ts'
import { regionOf } from './region.ts'
import { scaledEffects } from './scaled-effects.ts'
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
  const axes = strongest(evidence, chosen)
  const partOf = partsOfPairs(evidence, chosen)
  const found = axes.flatMap((first, i) =>
    axes.slice(i + 1).flatMap((second) => {
      const part = partOf({ first, second })
      return part ? [interactionOf(part, { first, second })] : []
    }),
  )
  return found.sort((a, b) => b.value - a.value)
}

type Chosen = Required<ForestOptions> & { readonly variablesMax: number }

/** The axes with the largest total effects, each weighed as its importance is, in their order. */
function strongest(evidence: Evidence, chosen: Chosen): number[] {
  const axes = [...evidence.axes.keys()]
  if (axes.length <= chosen.variablesMax) return axes
  const sizes = fanovaEffects(evidence, chosen).map(({ totalEffect = 0, weight }) => totalEffect * weight)
  const largest = axes.sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b)
  return largest.slice(0, chosen.variablesMax).sort((a, b) => a - b)
}

/** Where both of a pair are active, and what a forest says there. */
interface PairPart extends LeavesIn {
  readonly forest: Forest
  /** All variance, main effects as large as the trials say. */
  readonly variance: number
}

/** Undefined where fewer than two trials have both. Pairs under the same conditions share a part. */
function partsOfPairs(evidence: Evidence, options: Chosen): (pair: AxisPair) => PairPart | undefined {
  const known = new Map<string, PairPart | undefined>()
  return ({ first, second }) => {
    const requires = [first, second].flatMap((axis) => evidence.axes[axis]?.dimension.requires ?? [])
    const key = JSON.stringify(requires)
    if (!known.has(key)) known.set(key, partWhere(evidenceWhere(evidence, [first, second]), requires, options))
    return known.get(key)
  }
}

function partWhere(
  evidence: Evidence,
  requires: readonly ConditionParent[],
  options: Required<ForestOptions>,
): PairPart | undefined {
  const region = regionOf(evidence.axes, requires)
  if (!region || evidence.values.length < 2) return undefined
  const forest = growForest(evidence, options)
  const { variance } = totalEffects(forest, region, seededRandom(options.seed))
  const leaves = leavesOfForest(forest)
  return { forest, leaves, region, variance: scaledEffects(forest, { leaves, region }, variance).whole }
}

function interactionOf({ forest, leaves, region, variance }: PairPart, pair: AxisPair): Interaction {
  const effect = pairEffect(forest, { leaves, region }, pair)
  const [first, second] = [region.masses[pair.first] as Float64Array, region.masses[pair.second] as Float64Array]
  const explained = pairVarianceOf(effect, first, second)
  const name = (axis: number) => forest.axes[axis]?.dimension.name as string
  return {
    variables: [name(pair.first), name(pair.second)],
    value: variance > 0 ? Math.min(1, explained / variance) : 0,
  }
}
