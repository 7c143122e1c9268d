/** NSGA-II: a population of configurations that are crossed and mutated, of which the least dominated and most alone survive. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import type { Sampler } from '../sampler.ts'
import { configMemory } from './config-memory.ts'
import { childOf } from './evolution/offspring.ts'
import { type Individual, populationMemory, type Survival } from './evolution/population.ts'
import { bySurvival } from './evolution/ranking.ts'
import { sampleUnseen, seenMemory } from './seen.ts'

export interface Nsga2Options {
  /** Trials a generation; below about 100 trials a large one is no better than random search. @default 20 */
  readonly population?: number
  /** How often a child mixes two parents. @default 0.9 */
  readonly crossover?: number
  /** How often each value is drawn anew. @default 1 / number of variables */
  readonly mutation?: number
}

export const nsga2Defaults = { population: 20, crossover: 0.9 } satisfies Required<Omit<Nsga2Options, 'mutation'>>

export const evolutionRules = {
  population: rule.optional(rule.int(4, 10_000)),
  crossover: rule.optional(rule.number(0, 1)),
  mutation: rule.optional(rule.number(0, 1)),
}

/**
 * Random until the first `population` trials are complete. Then each ask is a child of two parents, each the better of
 * two by rank and crowding; after each further `population` trials the best of parents and children are the next parents.
 * With one objective it is a plain genetic algorithm. Trials that keep the limits come before all that don't.
 *
 * Cost: O(d) an ask, and O(p² m) once a generation of p trials and m objectives.
 * Throws: `foundation/invalid-option`.
 * Source: Deb, Pratap, Agarwal & Meyarivan, IEEE Trans. Evol. Comput. 6(2), 2002. Differs: uniform crossover and mutation by
 * drawing from the prior, which suit choices as well as numbers; trials come one by one, in the order of tells; children
 * that were tried already are made anew.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, sampler: nsga2Sampler({ population: 30 }) })
 */
export function nsga2Sampler(options: Nsga2Options = {}): Sampler {
  checkOptions('nsga2Sampler', options, evolutionRules)
  const { population, crossover, mutation } = { mutation: undefined, ...nsga2Defaults, ...definedOptions(options) }
  const parentsIn = populationMemory({ size: population, survivors: crowdedSurvivors })
  const triedIn = configMemory()
  const seenIn = seenMemory()
  return {
    name: 'nsga2',
    ask(context) {
      const { space, random } = context
      const [seen, tried, parents] = [seenIn(context), triedIn(context), parentsIn(context)]
      const parent = () => fitter(parents, random)
      const child = parents.length > 0 ? childOf(context, tried, { crossover, mutation, parent }) : undefined
      return child ?? sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

/** The first of the population in the order of survival. */
export const crowdedSurvivors: Survival = (population, count) =>
  bySurvival(population.map(({ losses }) => losses))
    .slice(0, count)
    .map(({ index, rank, crowding }) => ({ ...(population[index] as Individual), rank, crowding }))

/** The better of two random parents by rank, then the more alone. */
export function fitter(parents: readonly Individual[], random: Random): Individual {
  const one = parents[random.int(parents.length)] as Individual
  const other = parents[random.int(parents.length)] as Individual
  if (one.rank !== other.rank) return one.rank < other.rank ? one : other
  return one.crowding >= other.crowding ? one : other
}
