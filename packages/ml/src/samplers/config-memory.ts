/** Which configurations a study has had, in spaces that are infinite too: for samplers that propose exact points. */

import type { AskContext } from '../sampler.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import { incremental } from './incremental.ts'
import { type Seen, seenMemory } from './seen.ts'

/** What was tried. */
export interface Tried {
  finished(config: Config): boolean
  pending(config: Config): boolean
}

/** @example const triedIn = configMemory(); triedIn(context).finished(config) */
export function configMemory(): (context: AskContext) => Tried {
  const keysOf = incremental(
    ({ space }) => ({ dimensions: space.dimensions, keys: new Set<string>() }),
    ({ dimensions, keys }, { config }) => keys.add(configKey(dimensions, config)),
  )
  return (context) => {
    const { dimensions } = context.space
    const { keys } = keysOf(context)
    const waiting = new Set(context.pending.map(({ config }) => configKey(dimensions, config)))
    return {
      finished: (config) => keys.has(configKey(dimensions, config)),
      pending: (config) => waiting.has(configKey(dimensions, config)),
    }
  }
}

/**
 * As `seenMemory`, and in an infinite space what was asked to the last digit, which without noise is not worth asking again and with
 * noise has neighbours as good.
 *
 * @example const triedIn = exactMemory(); triedIn(context).has(config)
 */
export function exactMemory(): (context: AskContext) => Seen {
  const triedIn = configMemory()
  const seenIn = seenMemory()
  return (context) => {
    const seen = seenIn(context)
    if (context.space.cardinality !== Number.POSITIVE_INFINITY) return seen
    const tried = triedIn(context)
    return { count: seen.count, has: (config) => tried.finished(config) || tried.pending(config) }
  }
}

/** The values in the order of dimensions, as text; equal for equal configurations only. */
export function configKey(dimensions: readonly Dimension[], config: Config): string {
  return JSON.stringify(dimensions.map(({ name }) => config[name] ?? null))
}
