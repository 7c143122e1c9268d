/**
 * The valid configurations of a finite space that is small enough to list. Under constraints the list makes sampling
 * exact: a point is drawn with the prior's probability given that the constraints hold, with no rejection.
 */

import type { Random } from '@mabeam/foundation'
import { type Config, inOrder } from './config.ts'
import { countConfigs } from './config-count.ts'
import { type Dimension, isActive } from './dimension.ts'
import type { SizeBound } from './list-scalars.ts'
import type { Scalar } from './variable.ts'

/** The most configurations that are listed. */
export const pointsMax = 65_536

/** Valid configurations by position, in a fixed order. */
export interface Points<C = Config> {
  readonly count: number
  /** Requires: `0 <= position < count`. */
  at(position: number): C
  /** A draw with the prior's probability given the constraints. Requires: `count >= 1`. */
  sample(random: Random): C
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

/** What listing must respect. */
export interface ListingOptions {
  readonly sizes?: readonly SizeBound[]
  /** The most configurations that are looked at. @default pointsMax */
  readonly visitsMax?: number
}

/**
 * Lists the valid points, or undefined when there are more than `visitsMax` configurations or more than `pointsMax` valid ones.
 *
 * @example listPoints(dimensionsOf({ a: bool(), b: bool() }), ({ a, b }) => a !== b)?.count // => 2
 */
export function listPoints(
  dimensions: readonly Dimension[],
  valid: (config: Config) => boolean,
  { sizes = [], visitsMax = pointsMax }: ListingOptions = {},
): Points | undefined {
  if (countConfigs(dimensions, sizes) > visitsMax) return undefined
  const rows: Uint16Array[] = []
  const cumulative: number[] = []
  let total = 0
  walk(dimensions, sizes, (config, places, weight) => {
    if (rows.length > pointsMax || !valid(config)) return
    total += weight
    rows.push(places.slice())
    cumulative.push(total)
  })
  if (rows.length > pointsMax) return undefined
  const at = (position: number) => configOf(dimensions, rows[position] as Uint16Array)
  return { count: rows.length, at, sample: (random) => at(firstAbove(cumulative, random.next() * total)) }
}

/** The points of all combinations of the parts' points, values in the order of `names`. Requires: at least one part. */
export function productPoints(parts: readonly Points[], names: readonly string[]): Points {
  const at = (position: number) => {
    let rest = position
    const chosen: Config[] = []
    for (let p = parts.length - 1; p >= 0; p--) {
      const part = parts[p] as Points
      chosen[p] = part.at(rest % part.count)
      rest = Math.floor(rest / part.count)
    }
    return inOrder(names, Object.assign({}, ...chosen) as Config)
  }
  return {
    count: parts.reduce((product, { count }) => product * count, 1),
    at,
    sample: (random) => inOrder(names, Object.assign({}, ...parts.map((part) => part.sample(random))) as Config),
  }
}

/**
 * Visits every configuration, the last dimension changing fastest; `places` are indices plus 1, 0 where inactive. What is
 * visited changes afterwards: it must not be kept.
 */
function walk(
  dimensions: readonly Dimension[],
  sizes: readonly SizeBound[],
  visit: (config: Config, places: Uint16Array, weight: number) => void,
): void {
  const places = new Uint16Array(dimensions.length)
  const boundOf = new Map(sizes.flatMap((bound) => bound.names.map((name) => [name, bound])))
  const from = (d: number, above: Config, weight: number): void => {
    const dimension = dimensions[d]
    if (dimension === undefined) visit(above, places, weight)
    else if (!isActive(dimension, above)) from(d + 1, above, weight)
    else {
      const { name, count } = dimension
      const bound = boundOf.get(name)
      const config: { [name: string]: Scalar } = { ...above }
      for (let index = 0; index < count; index++) {
        places[d] = index + 1
        config[name] = dimension.valueAt(index)
        if (!bound || canFit(bound, config)) from(d + 1, config, weight * shareOf(dimension, index))
      }
      places[d] = 0
    }
  }
  from(0, {}, 1)
}

/** Whether what is chosen so far can still be completed to an allowed size. */
function canFit({ names, min, max }: SizeBound, config: Config): boolean {
  let chosen = 0
  let open = 0
  for (const name of names) {
    if (config[name] === undefined) open++
    else if (config[name]) chosen++
  }
  return chosen <= max && chosen + open >= min
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
