/** Children of two parents: each value from one of the two, now and then a new one. */

import type { AskContext } from '../../sampler.ts'
import type { Config } from '../../space/space.ts'
import type { Tried } from '../config-memory.ts'
import { buildConfig } from '../unit-config.ts'
import type { Individual } from './population.ts'

export interface Breeding {
  /** How often a child mixes two parents instead of copying one. */
  readonly crossover: number
  /** How often a value is drawn anew; by default one a child on average. */
  readonly mutation: number | undefined
  /** Picks a parent. */
  readonly parent: () => Individual
}

/** Children that are tried before a random configuration takes their place. */
const childrenMax = 48

/** A valid child that was not tried, or undefined when none was found. */
export function childOf({ space, random }: AskContext, tried: Tried, breeding: Breeding): Config | undefined {
  const { dimensions } = space
  for (let attempt = 0; attempt < childrenMax; attempt++) {
    const [mother, father] = [breeding.parent().config, breeding.parent().config]
    const mixes = random.next() < breeding.crossover
    // A child that can't be used differs too little: each further one differs in more values.
    const mutation = Math.min(1, (breeding.mutation ?? 1 / dimensions.length) * (1 + attempt / 4))
    const config = buildConfig(dimensions, (dimension) => {
      const swaps = mixes && random.next() < 0.5
      const { [dimension.name]: value = mother[dimension.name] } = swaps ? father : mother
      return value === undefined || random.next() < mutation ? dimension.draw(random) : value
    })
    if (space.satisfies(config) && !tried.finished(config) && !tried.pending(config)) return config
  }
  return undefined
}
