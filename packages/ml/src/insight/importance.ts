/** How much each variable matters to an objective, by three methods. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { Measurements } from '../recommend/recommend.ts'
import { labelOf } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import type { Effect } from './effect.ts'
import { type Evidence, evidenceOf, type Question, questionRules } from './evidence.ts'
import { fanovaEffects } from './fanova.ts'
import { type ForestOptions, forestDefaults, forestRules } from './forest.ts'
import { pedAnovaEffects } from './ped-anova.ts'
import { permutationEffects } from './permutation.ts'

export type ImportanceMethod = 'fanova' | 'permutation' | 'ped-anova'

export interface ImportanceOptions<C = Config> extends Question<C>, ForestOptions {
  /**
   * `fanova`: the share of variance over the whole space. `permutation`: how much worse a model predicts without the variable.
   * `ped-anova`: how differently the best tenth of the trials choose it; fastest, and the one that asks about good configurations alone.
   * @default 'fanova'
   */
  readonly method?: ImportanceMethod
}

export const importanceDefaults = {
  ...forestDefaults,
  method: 'fanova',
} satisfies Required<Omit<ImportanceOptions, keyof Question>>

/** How much one variable matters. */
export interface Importance {
  readonly variable: string
  /** The variable in words, where its name is hard to read: the scalar `order[b]` of a permutation is "place of b in order". */
  readonly label?: string
  /** The share of what all variables do, each by itself; they sum to 1, or are all 0 where nothing was found to matter. */
  readonly value: number
  /**
   * What the method measures, where the variable is active. `fanova`: the share of variance that the variable explains by itself.
   * `permutation`: how much the squared error grows when its values are shuffled, in variances. `ped-anova`: the χ² divergence of
   * the best trials from all.
   */
  readonly effect: number
  /** The same with all its interactions: the share of variance that is gone once it is known what the others are. Of `fanova` only. */
  readonly totalEffect?: number
  /** Complete trials in which it was active. 0: nothing is known, and `value` is 0. */
  readonly trials: number
}

/**
 * The importance of each variable, the largest first. A conditional variable is judged where it is active, and its share is
 * weighed by how likely that is. Failed and pruned trials say nothing; trials beyond limits do. Empty for fewer than two complete trials.
 *
 * `value` counts what variables do by themselves. One that matters only together with others has a small `value` and a large
 * `totalEffect`; see `interactionsOf`.
 *
 * Ensures: depends on the trials, their order and the seed alone, not on the order of variables.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `ml/unusable-numbers` for a complete trial without a finite value.
 * Source: Hutter, Hoos & Leyton-Brown, ICML 2014; Breiman, Machine Learning 45, 2001; Watanabe, Bansal & Hutter, IJCAI 2023.
 * Differences: see `mainEffects`, `scaledEffects`, `permutationEffects`, `pedAnovaEffects`.
 * @example importanceOf(study)[0]?.variable // => 'temperature'
 */
export function importanceOf<C extends Config>(
  study: Measurements<C>,
  options: ImportanceOptions<C> = {},
): Importance[] {
  checkOptions('importanceOf', options, {
    ...questionRules,
    ...forestRules,
    method: rule.optional(rule.oneOf(Object.keys(methods))),
  })
  const chosen = { ...importanceDefaults, ...definedOptions(options) }
  const evidence = evidenceOf('importanceOf', study, chosen)
  if (evidence.values.length < 2) return []
  const trials = evidence.columns.map((column) => column.reduce((count, cell) => count + Number(cell >= 0), 0))
  const effects = methods[chosen.method](evidence, chosen)
  const weights = effects.map(({ effect, weight }, d) => (trials[d] === 0 ? 0 : effect * weight))
  const sum = weights.reduce((a, b) => a + b, 0)
  const found = evidence.axes.map(({ dimension }, d) => {
    const { effect, totalEffect } = effects[d] as Effect
    return {
      variable: dimension.name,
      ...labelOf(dimension),
      value: sum > 0 ? (weights[d] as number) / sum : 0,
      effect: trials[d] === 0 ? 0 : effect,
      ...(totalEffect === undefined ? {} : { totalEffect: trials[d] === 0 ? 0 : totalEffect }),
      trials: trials[d] as number,
    }
  })
  return found.sort((a, b) => b.value - a.value)
}

const methods: {
  readonly [M in ImportanceMethod]: (evidence: Evidence, options: Required<ForestOptions>) => readonly Effect[]
} = {
  fanova: fanovaEffects,
  permutation: permutationEffects,
  'ped-anova': pedAnovaEffects,
}
