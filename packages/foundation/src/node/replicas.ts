/** One actor on each node that places it, found by the group they form. */

import type { ActorDefinition, ArgOf } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { invalidOption } from '../options.ts'
import type { Supervised } from './node-actors.ts'
import { actorOptionsOf, type PlaceOptions } from './place-options.ts'
import type { Placed, PlacingParts } from './placing.ts'

/** Resolves when this node's own runs and is in the group. */
export async function openReplicas<D extends ActorDefinition>(
  parts: PlacingParts,
  given: { readonly definition: D; readonly arg: ArgOf<D>; readonly options: PlaceOptions },
  offers: boolean,
): Promise<Placed<D>> {
  const { definition, arg, options } = given
  const group = `placed.${options.name}`
  if (!offers) return new Replicas<D>(parts, options.name, undefined)
  const own = await parts.actors.spawnSupervised(definition, arg, {
    ...actorOptionsOf(options),
    name: options.name,
    restart: 'permanent',
  })
  // As it joined: started again it has another id.
  const { address } = own.ref
  const { directory } = parts.system
  try {
    await directory.join(group, address)
  } catch (thrown) {
    await own.supervisor.stop()
    throw thrown
  }
  // Given up, or stopped by hand: the records of a node that is closed by then go anyway.
  void own.supervisor.stopped.then(() => directory.leave(group, address)).catch(() => {})
  return new Replicas<D>(parts, options.name, { ...own, address })
}

interface Replica<D extends ActorDefinition> extends Supervised<D> {
  /** Its place in the group. */
  readonly address: ActorAddress
}

class Replicas<D extends ActorDefinition> implements Placed<D> {
  readonly name: string
  readonly #parts: PlacingParts
  readonly #own: Replica<D> | undefined

  constructor(parts: PlacingParts, name: string, own: Replica<D> | undefined) {
    this.#parts = parts
    this.name = name
    this.#own = own
  }

  get places(): readonly string[] {
    return [this.name]
  }

  get candidates(): readonly string[] {
    return this.#members.map(({ address }) => address.node)
  }

  ref(): ActorRef<D> {
    if (this.#own !== undefined) return this.#own.ref
    throw invalidOption(`placed ${this.name}`, 'requires', 'what this node has', 'more than that: it runs none')
  }

  refs(): readonly ActorRef<D>[] {
    return this.#members.map(({ address }) => this.#parts.kernel.bind(address) as unknown as ActorRef<D>)
  }

  holder(): string | undefined {
    return this.candidates[0]
  }

  async ready(): Promise<void> {}

  async moveTo(): Promise<void> {
    throw invalidOption(`placed ${this.name}`, 'strategy', 'one whose places can move', 'replicated')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#own === undefined) return
    // Where the engine is away the directory gives it back later, or others do, who hear that this node leaves.
    await this.#parts.system.directory.leave(this.#group, this.#own.ref.address).catch(() => {})
    await this.#own.supervisor.stop()
  }

  get #group(): string {
    return `placed.${this.name}`
  }

  get #members() {
    return this.#parts.system.directory.groupMembers(this.#group)
  }
}
