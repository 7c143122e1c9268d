/** CMA-ES with margin: a normal distribution that learns the shape of the problem; for numeric, quiet problems and larger budgets. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import type { Sampler } from '../sampler.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import { drawShare } from './cma-es/categories.ts'
import { drawPoint } from './cma-es/gaussian.ts'
import { addToSearch, type CmaSearch, startSearch } from './cma-es/search.ts'
import { configMemory } from './config-memory.ts'
import { incremental } from './incremental.ts'
import { sampleUnseen, seenMemory } from './seen.ts'
import { buildConfig, valueAtUnit } from './unit-config.ts'

export interface CmaEsOptions {
  /** Trials a generation. @default 4 + ⌊3 ln d⌋ for d variables */
  readonly population?: number
}

/** Draws before one is cut to the range, and before a valid and untried one is given up. */
const insideDrawsMax = 16
const drawsMax = 64

/**
 * Draws from a normal distribution round a mean that starts mid-range, a sixth of the range wide; after each `population` told
 * trials it moves and reshapes. Integers and steps keep a margin of 1/(d λ); choices have learned shares with the same
 * margin; what is inactive teaches nothing. Losses count by their order alone, several objectives by rank and
 * crowding, limits first; failed and pruned trials count for a generation but teach nothing. When the distribution has shrunk to nothing it starts again elsewhere
 * with twice the population, at most six times doubled. Above 64 numeric variables only variances are learned.
 *
 * Cost: O(d²) an ask, O(d³) once a generation.
 * Throws: `foundation/invalid-option`.
 * Source: Hansen, arXiv:1604.00772; margin: Hamano et al., GECCO 2022; choices: Hamano et al., CatCMA, GECCO 2024; restarts: Auger &
 * Hansen, CEC 2005; steps told from elsewhere: Hansen, arXiv:1110.4181. Differs: generations are counted by tells, so that
 * trials may run in parallel; no negative weights; draws outside the range are drawn again, then cut.
 * @example openStudy({ id: 'fit', space, objectives, seed: 7, sampler: cmaEsSampler() })
 */
export function cmaEsSampler(options: CmaEsOptions = {}): Sampler {
  checkOptions('cmaEsSampler', options, { population: rule.optional(rule.int(4, 10_000)) })
  const { population } = { population: undefined, ...definedOptions(options) }
  const searchOf = incremental<CmaSearch>((context) => startSearch(context, population), addToSearch)
  const triedIn = configMemory()
  const seenIn = seenMemory()
  return {
    name: 'cma-es',
    ask(context) {
      const { space, random } = context
      const [seen, tried, search] = [seenIn(context), triedIn(context), searchOf(context)]
      for (let i = 0; i < drawsMax; i++) {
        const config = draw(search, space.dimensions, random)
        if (space.satisfies(config) && !tried.finished(config) && !tried.pending(config)) return config
      }
      return sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

function draw(search: CmaSearch, dimensions: readonly Dimension[], random: Random): Config {
  const { gaussian, numbers, choices } = search
  let point = drawPoint(gaussian, random)
  const isOutside = () =>
    numbers.some(({ dimension }, j) => dimension.kind === 'continuous' && isBeyond(point[j] as number))
  for (let i = 0; i < insideDrawsMax && isOutside(); i++) point = drawPoint(gaussian, random)
  let [number, choice] = [0, 0]
  const shares = dimensions.map((dimension) => {
    if (dimension.kind !== 'unordered') return Math.min(1, Math.max(0, point[number++] as number))
    const index = drawShare((choices[choice++] as (typeof choices)[number]).shares, random)
    return (index + 0.5) / dimension.count
  })
  return buildConfig(dimensions, (dimension, d) => valueAtUnit(dimension, shares[d] as number))
}

function isBeyond(unit: number): boolean {
  return unit < 0 || unit > 1
}
