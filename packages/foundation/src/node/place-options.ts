/** How an actor is placed in the system. */

import type { NodeAttributes } from '../membership/member.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import { checkSpawnOptions, type SpawnOptions } from './spawn-options.ts'

/** What a node must have to run it. */
export interface PlaceRequirements {
  /** Labels with these values. @default {} */
  readonly labels?: { readonly [label: string]: string }
  /** @default 0 */
  readonly cores?: number
  /** @default 0 */
  readonly memoryBytes?: number
  /** @default 0 */
  readonly gpus?: number
}

export interface PlaceOptions extends Omit<SpawnOptions, 'name' | 'scope' | 'node' | 'restart'> {
  /** Unique in the system, and the same on all nodes that place it. */
  readonly name: string
  /**
   * `singleton`: one in the system; it stays where it is until that node goes. `group`: `places` of them, spread over the
   * nodes. `partitioned`: `places` shards, each with the keys that hash to it, rebalanced when nodes come and go.
   * `replicated`: one on each node that places it.
   */
  readonly strategy: 'singleton' | 'group' | 'partitioned' | 'replicated'
  /** Of a group; shards of a partitioned one. @default 64 for `partitioned` */
  readonly places?: number
  /** A node that has less does not offer itself. @default {} */
  readonly requires?: PlaceRequirements
  /**
   * After it would not start here, or was given up, this node refuses it for so long, and twice as long each time in a row, five
   * minutes at most, so that another one takes it.
   * @default 5_000
   */
  readonly refuseMs?: number
}

const placesDefault = 64
const placesMax = 1_024
export const refuseDefaultMs = 5_000

/** Throws `foundation/invalid-option`. */
export function checkPlaceOptions(options: PlaceOptions): void {
  const { name, strategy, places, requires, refuseMs } = options
  checkOptions(
    'place',
    { name, strategy, places, requires, refuseMs },
    {
      name: rule.string(),
      strategy: rule.oneOf(['singleton', 'group', 'partitioned', 'replicated']),
      places: rule.optional(rule.int(1, placesMax)),
      requires: rule.optional(rule.object()),
      refuseMs: rule.optional(rule.number(0)),
    },
  )
  checkSpawnOptions(actorOptionsOf(options))
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw invalidOption('place', 'name', 'up to 64 letters, digits, - and _', name)
  if (strategy === 'group' && places === undefined) {
    throw invalidOption('place', 'places', 'how many there are, since strategy is group', places)
  }
  if ((strategy === 'singleton' || strategy === 'replicated') && places !== undefined) {
    throw invalidOption('place', 'places', `nothing, since strategy is ${strategy}`, places)
  }
  checkOptions('requires', requires ?? {}, {
    labels: rule.optional(rule.object()),
    cores: rule.optional(rule.number(0)),
    memoryBytes: rule.optional(rule.number(0)),
    gpus: rule.optional(rule.number(0)),
  })
}

/** Whether a node that says this of itself may run it. */
export function meets(attributes: NodeAttributes, requires: PlaceRequirements): boolean {
  const { labels = {}, cores = 0, memoryBytes = 0, gpus = 0 } = requires
  const enough = attributes.cores >= cores && attributes.memoryBytes >= memoryBytes && attributes.gpus >= gpus
  return enough && Object.entries(labels).every(([label, value]) => attributes.labels[label] === value)
}

/** What of it says how the actor itself is kept. */
export function actorOptionsOf(options: PlaceOptions): SpawnOptions {
  const { name: _, strategy: __, places: ___, requires: ____, refuseMs: _____, ...actor } = options
  return actor
}

/** The keys of the places, which are names in the system. */
export function placeNames({ name, strategy, places }: PlaceOptions): readonly string[] {
  if (strategy === 'singleton') return [name]
  return Array.from({ length: places ?? placesDefault }, (_, i) => `${name}.${i}`)
}
