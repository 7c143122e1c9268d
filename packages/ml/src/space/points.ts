/**
 * The valid configurations of a finite space that is small enough to list. Under constraints the list makes sampling
 * exact: a point is drawn with the prior's probability given that the constraints hold, with no rejection.
 */

import type { Random } from '@mabeam/foundation'
import { countConfigs } from './config-count.ts'
import { type Dimension, isActive } from './dimension.ts'
import type { Config } from './space.ts'
import type { Scalar } from './variable.ts'

/** The most configurations that are listed. */
export const pointsMax = 65_536

/** Valid configurations by position, in a fixed order. */
export interface Points {
  readonly count: number
  /** Requires: `0 <= position < count`. */
  at(position: number): Config
  /** A draw with the prior's probability given the constraints. Requires: `count >= 1`. */
  sample(random: Random): Config
}

/** The combination with this rank in mixed radix, the last dimension counting fastest, without what is inactive in it. */
export function combinationAt(dimensions: readonly Dimension[], rank: number): Config {
  const indices: number[] = []
  let rest = rank
  for (let d = dimensions.length - 1; d >= 0; d--) {
    const { count } = dimensions[d] as Dimension
    indices[d] = rest % count
    rest = Math.floor(rest / count)
  }
  const config: { [name: string]: Scalar } = {}
  for (const [d, dimension] of dimensions.entries()) {
    if (isActive(dimension, config)) config[dimension.name] = dimension.valueAt(indices[d] as number)
  }
  return config
}

/**
 * Lists the valid points, or undefined when there are more than `pointsMax` configurations.
 *
 * @example listPoints(dimensionsOf({ a: bool(), b: bool() }), ({ a, b }) => a !== b)?.count // => 2
 */
export function listPoints(dimensions: readonly Dimension[], valid: (config: Config) => boolean): Points | undefined {
  if (countConfigs(dimensions) > pointsMax) return undefined
  const rows: Uint16Array[] = []
  const cumulative: number[] = []
  let total = 0
  walk(dimensions, (config, places, weight) => {
    if (!valid(config)) return
    total += weight
    rows.push(places.slice())
    cumulative.push(total)
  })
  const at = (position: number) => configOf(dimensions, rows[position] as Uint16Array)
  return { count: rows.length, at, sample: (random) => at(firstAbove(cumulative, random.next() * total)) }
}

/** Visits every configuration, the last dimension changing fastest; `places` are indices plus 1, 0 where inactive. */
function walk(
  dimensions: readonly Dimension[],
  visit: (config: Config, places: Uint16Array, weight: number) => void,
): void {
  const places = new Uint16Array(dimensions.length)
  const config: { [name: string]: Scalar } = {}
  const from = (d: number, weight: number): void => {
    const dimension = dimensions[d]
    if (dimension === undefined) visit({ ...config }, places, weight)
    else if (!isActive(dimension, config)) from(d + 1, weight)
    else {
      for (let index = 0; index < dimension.count; index++) {
        places[d] = index + 1
        config[dimension.name] = dimension.valueAt(index)
        from(d + 1, weight * shareOf(dimension, index))
      }
      places[d] = 0
      delete config[dimension.name]
    }
  }
  from(0, 1)
}

function configOf(dimensions: readonly Dimension[], places: Uint16Array): Config {
  const config: { [name: string]: Scalar } = {}
  for (const [d, dimension] of dimensions.entries()) {
    const place = places[d] as number
    if (place > 0) config[dimension.name] = dimension.valueAt(place - 1)
  }
  return config
}

/** Prior probability of a value: the share of its cell on the axis (log variables make values differ). */
function shareOf(dimension: Dimension, index: number): number {
  const from = index === 0 ? dimension.low : dimension.edge(index - 1)
  return (dimension.edge(index) - from) / (dimension.high - dimension.low)
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
