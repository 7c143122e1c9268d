/** Bandits: for few configurations and noisy measurements, who to measure again and who not. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { AskContext, Sampler } from '../sampler.ts'
import { type Arm, armsMemory } from './bandit/arms.ts'
import { scoresOf } from './bandit/scores.ts'
import { sampleUnseen, seenMemory } from './seen.ts'

export interface BanditOptions {
  /** `thompson` draws from what each arm may be worth; `ucb` takes the one that may be best. @default 'thompson' */
  readonly rule?: 'thompson' | 'ucb'
  /** Standard deviation of one measurement of the first objective, where it is known. @default estimated from repeats, else from all */
  readonly noise?: number
  /** How far `ucb` looks beyond the mean, in standard errors times √(2 ln n). @default 1 */
  readonly exploration?: number
}

export const banditDefaults = { rule: 'thompson', exploration: 1 } as const satisfies Required<
  Omit<BanditOptions, 'noise'>
>

/**
 * Plays every configuration of a finite space once, in random order; from then on the one that its rule favours, so run it with
 * `duplicates: true`. In an infinite space a new configuration is drawn with probability 1/√n at n trials. Pending plays count as
 * plays without news, so that parallel asks spread. Several objectives are weighed anew at each ask, at random.
 *
 * Cost: O(arms · objectives) an ask.
 * Throws: `foundation/invalid-option`.
 * Source: Auer, Cesa-Bianchi & Fischer, Machine Learning 47, 2002 (UCB1, for Gaussian noise); Thompson, Biometrika 25, 1933, with
 * Gaussian posteriors under a flat prior as Agrawal & Goyal, AISTATS 2013; many arms: Wang, Audibert & Munos, NeurIPS 2008; random
 * weights: Knowles, ParEGO, 2006. Differs: losses; a failed play counts as one with the worst
 * mean, and an arm that never completed is left alone.
 * @example openStudy({ id: 'which', space, objectives, seed: 7, sampler: banditSampler({ noise: 0.05 }) })
 */
export function banditSampler(options: BanditOptions = {}): Sampler {
  checkOptions('banditSampler', options, {
    rule: rule.optional(rule.oneOf(['thompson', 'ucb'])),
    noise: rule.optional(rule.number(0)),
    exploration: rule.optional(rule.number(0, 1_000)),
  })
  const settings = { noise: undefined, ...banditDefaults, ...definedOptions(options) }
  const armsIn = armsMemory()
  const seenIn = seenMemory()
  return {
    name: `bandit-${settings.rule}`,
    ask(context) {
      const { space, random, finished } = context
      const [seen, arms] = [seenIn(context), armsIn(context)]
      const isNew =
        space.cardinality === Number.POSITIVE_INFINITY
          ? random.next() < 1 / Math.sqrt(Math.max(1, finished.length))
          : seen.count < space.cardinality
      if (isNew || arms.length === 0)
        return sampleUnseen({ space, seen, random })[0] ?? favoured(context, arms, settings)
      return favoured(context, arms, settings)
    },
  }
}

type Settings = Required<Omit<BanditOptions, 'noise'>> & { readonly noise: number | undefined }

function favoured(context: AskContext, arms: readonly Arm[], settings: Settings): Arm['config'] {
  const { random, space } = context
  const scored = scoresOf(arms, random, settings.noise)
  const first = scored.arms[0]
  if (!first) return space.sample(random)
  const n = scored.arms.reduce((sum, { plays }) => sum + plays, 0)
  const width = settings.exploration * Math.sqrt(2 * Math.log(Math.max(2, n)))
  let best = first
  let least = Number.POSITIVE_INFINITY
  for (const arm of random.shuffle(scored.arms)) {
    const error = scored.noise / Math.sqrt(arm.plays)
    const index = settings.rule === 'ucb' ? arm.score - width * error : arm.score + error * random.normal()
    if (index < least) {
      best = arm
      least = index
    }
  }
  return best.config
}
