/**
 * The valid configurations of a finite space that is small enough to list. Under constraints the list makes sampling
 * exact: a point is drawn with the prior's probability given that the constraints hold, with no rejection.
 */

import type { Random } from '@mabeam/foundation'
import type { Dimension } from './dimension.ts'
import type { Config } from './space.ts'

/** The most combinations of values that are listed. */
export const pointsMax = 65_536

/** Valid configurations by position, in a fixed order. */
export interface Points {
  readonly count: number
  /** Requires: `0 <= position < count`. */
  at(position: number): Config
  /** A draw with the prior's probability given the constraints. Requires: `count >= 1`. */
  sample(random: Random): Config
}

/** How many combinations of values there are, ignoring constraints; `Infinity` with a continuous dimension. */
export function combinations(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, { count }) => product * count, 1)
}

/** The combination with this rank in mixed radix, the last dimension counting fastest. */
export function combinationAt(dimensions: readonly Dimension[], rank: number): Config {
  const indices: number[] = []
  let rest = rank
  for (let d = dimensions.length - 1; d >= 0; d--) {
    const { count } = dimensions[d] as Dimension
    indices[d] = rest % count
    rest = Math.floor(rest / count)
  }
  return Object.fromEntries(dimensions.map((dimension, d) => [dimension.name, dimension.valueAt(indices[d] as number)]))
}

/**
 * Lists the valid points, or undefined when there are more than `pointsMax` combinations.
 *
 * @example listPoints(dimensionsOf({ a: bool(), b: bool() }), ({ a, b }) => a !== b)?.count // => 2
 */
export function listPoints(dimensions: readonly Dimension[], valid: (config: Config) => boolean): Points | undefined {
  const size = combinations(dimensions)
  if (size > pointsMax) return undefined
  const ranks: number[] = []
  const cumulative: number[] = []
  let total = 0
  for (let rank = 0; rank < size; rank++) {
    const config = combinationAt(dimensions, rank)
    if (!valid(config)) continue
    total += weightOf(dimensions, config)
    ranks.push(rank)
    cumulative.push(total)
  }
  const at = (position: number) => combinationAt(dimensions, ranks[position] as number)
  return { count: ranks.length, at, sample: (random) => at(firstAbove(cumulative, random.next() * total)) }
}

/** Prior weight: the length of each cell on its axis (log variables make points differ). */
function weightOf(dimensions: readonly Dimension[], config: Config): number {
  let weight = 1
  for (const dimension of dimensions) {
    const index = dimension.indexOf(config[dimension.name] as Config[string])
    weight *= dimension.edge(index) - (index === 0 ? dimension.low : dimension.edge(index - 1))
  }
  return weight
}

function firstAbove(cumulative: readonly number[], level: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cumulative[middle] as number) > level) high = middle
    else low = middle + 1
  }
  return low
}
