/** Which configurations a study has had, and how to find one that it hasn't: finite spaces are never asked twice in vain. */

import { checkOptions, invalidOption, type Random, rule } from '@mabeam/foundation'
import type { AskContext } from '../sampler.ts'
import { combinations } from '../space/config-count.ts'
import type { Dimension } from '../space/dimension.ts'
import { combinationAt, type Points } from '../space/points.ts'
import type { Config, Space } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import { incremental } from './incremental.ts'

/** The configurations that were finished or are pending; empty for an infinite space, which does not repeat. */
export interface Seen {
  readonly count: number
  has(config: Config): boolean
}

/** Where to draw, what not to draw again, and by which stream. */
export interface UnseenDraws {
  readonly space: Space
  readonly seen: Seen
  readonly random: Random
}

/** Draws from the prior before an unseen point is looked for by listing. */
const drawsMax = 16
/** The most configurations at once. */
const countMax = 100_000
const drawRules = { space: rule.having('sample'), seen: rule.having('has'), random: rule.having('next', 'shuffle') }
/** Steps over the combinations of a large constrained space before its points count as exhausted. */
const walkMax = 1_000_000

/**
 * Remembers what was seen, so that an ask only looks at what is new.
 *
 * @example const seenIn = seenMemory(); seenIn(context).has(config)
 */
export function seenMemory(): (context: AskContext) => Seen {
  const keysOf = incremental(
    ({ space }) => ({ space, keys: new Set<number | string>() }),
    ({ space, keys }, { config }) => keys.add(keyOf(space, config)),
  )
  return (context) => {
    const { space, pending } = context
    if (space.cardinality === Number.POSITIVE_INFINITY) return { count: 0, has: () => false }
    const { keys } = keysOf(context)
    const waiting = new Set(pending.map(({ config }) => keyOf(space, config)).filter((key) => !keys.has(key)))
    return {
      count: keys.size + waiting.size,
      has: (config) => {
        const key = keyOf(space, config)
        return keys.has(key) || waiting.has(key)
      },
    }
  }
}

/**
 * Up to `count` draws from the prior that were not seen, each distinct from the others only by luck; none when every valid
 * configuration was seen. Where the space lists its points this is certain; else the combinations are walked
 * from a random one, at most 1,000,000 steps.
 *
 * Throws: `foundation/invalid-option` for a `count` that is no integer from 1 to 100,000, and for what is no space, memory or stream.
 */
export function sampleUnseen(from: UnseenDraws, count = 1): Config[] {
  const { space, seen, random } = (from ?? {}) as UnseenDraws
  checkOptions('sampleUnseen', { space, seen, random }, drawRules)
  if (!Number.isSafeInteger(count) || count < 1 || count > countMax) {
    throw invalidOption('sampleUnseen', 'count', `an integer from 1 to ${countMax}`, count)
  }
  const drawn: Config[] = []
  for (let i = 0; i < drawsMax * count && drawn.length < count; i++) {
    const config = space.sample(random)
    if (!seen.has(config)) drawn.push(config)
  }
  const isListed = space.cardinality !== Number.POSITIVE_INFINITY && seen.count < space.cardinality
  if (drawn.length > 0 || !isListed) return drawn
  return space.points ? unseenPoints(space.points, { space, seen, random }, count) : unseenOnWalk(space, seen, random)
}

function unseenPoints(points: Points, { seen, random }: UnseenDraws, count: number): Config[] {
  const unseen: number[] = []
  for (let i = 0; i < points.count; i++) if (!seen.has(points.at(i))) unseen.push(i)
  const chosen = unseen.length <= count ? unseen : random.shuffle(unseen).slice(0, count)
  return chosen.map((position) => points.at(position))
}

function unseenOnWalk(space: Space, seen: Seen, random: Random): Config[] {
  const { dimensions } = space
  const size = Math.min(combinations(dimensions), Number.MAX_SAFE_INTEGER)
  const from = Math.floor(random.next() * size)
  for (let step = 0; step < Math.min(size, walkMax); step++) {
    const config = combinationAt(dimensions, (from + step) % size)
    if (space.satisfies(config) && !seen.has(config)) return [config]
  }
  return []
}

/** Rank in mixed radix where that is exact, else the indices as text; absent values count as one more value. */
function keyOf({ dimensions }: Space, config: Config): number | string {
  let rank = 0
  let size = 1
  for (const dimension of dimensions) {
    const radix = dimension.condition ? dimension.count + 1 : dimension.count
    rank = rank * radix + placeOf(dimension, config)
    size *= radix
  }
  if (size <= Number.MAX_SAFE_INTEGER) return rank
  return dimensions.map((one) => placeOf(one, config)).join(',')
}

function placeOf(dimension: Dimension, config: Config): number {
  const value = config[dimension.name]
  if (dimension.condition === undefined) return dimension.indexOf(value as Scalar)
  return value === undefined ? 0 : dimension.indexOf(value) + 1
}
