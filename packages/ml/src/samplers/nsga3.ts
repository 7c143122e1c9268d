/** NSGA-III: as NSGA-II, but what survives is spread over directions of the objective space; for three objectives and more. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import type { Sampler } from '../sampler.ts'
import { configMemory } from './config-memory.ts'
import { nichedSurvivors } from './evolution/niching.ts'
import { childOf } from './evolution/offspring.ts'
import { type Individual, populationMemory } from './evolution/population.ts'
import { dasDennis, divisionsFor } from './evolution/reference-directions.ts'
import { evolutionRules, type Nsga2Options } from './nsga2.ts'
import { sampleUnseen, seenMemory } from './seen.ts'

export interface Nsga3Options extends Nsga2Options {
  /** Parts that each objective's share is cut into. @default the most that give no more directions than the population has members */
  readonly divisions?: number
}

export const nsga3Defaults = { population: 20, crossover: 0.9 } satisfies Required<
  Omit<Nsga3Options, 'mutation' | 'divisions'>
>

/**
 * As `nsga2Sampler`, but parents are drawn at random among the better rank of two, and survival is by niches around the Das–Dennis
 * directions.
 *
 * Cost: O(d) an ask, and O(p² m + p k m) once a generation for k directions.
 * Throws: `foundation/invalid-option`.
 * Source: Deb & Jain, IEEE Trans. Evol. Comput. 18(4), 2014. Differs: as `nsga2Sampler`; one layer of directions.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, sampler: nsga3Sampler({ population: 36 }) })
 */
export function nsga3Sampler(options: Nsga3Options = {}): Sampler {
  checkOptions('nsga3Sampler', options, { ...evolutionRules, divisions: rule.optional(rule.int(1, 10)) })
  const settings = { mutation: undefined, divisions: undefined, ...nsga3Defaults, ...definedOptions(options) }
  const { population, crossover, mutation, divisions } = settings
  const parentsIn = populationMemory({
    size: population,
    survivors: (all, count) => {
      const m = all[0]?.losses.length ?? 1
      return nichedSurvivors(all, count, dasDennis(m, divisions ?? divisionsFor(m, population)))
    },
  })
  const triedIn = configMemory()
  const seenIn = seenMemory()
  return {
    name: 'nsga3',
    ask(context) {
      const { space, random } = context
      const [seen, tried, parents] = [seenIn(context), triedIn(context), parentsIn(context)]
      const parent = () => betterRank(parents, random)
      const child = parents.length > 0 ? childOf(context, tried, { crossover, mutation, parent }) : undefined
      return child ?? sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

function betterRank(parents: readonly Individual[], random: Random): Individual {
  const one = parents[random.int(parents.length)] as Individual
  const other = parents[random.int(parents.length)] as Individual
  return other.rank < one.rank ? other : one
}
