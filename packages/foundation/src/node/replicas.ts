/** One actor on each node that places it, found by the group they form. */

import type { ActorDefinition, ArgOf } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { delay } from '../clock.ts'
import { type DrainLeft, type DrainPart, nothingLeft } from '../operations/drain-part.ts'
import { invalidOption } from '../options.ts'
import type { Supervised } from './node-actors.ts'
import { actorOptionsOf, type PlaceOptions } from './place-options.ts'
import type { Placed, PlacingParts } from './placing.ts'

/** How long after the engine did not answer it is asked again. */
const againMs = 500

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

class Replicas<D extends ActorDefinition> implements Placed<D>, DrainPart {
  readonly name: string
  readonly #parts: PlacingParts
  readonly #own: Replica<D> | undefined
  /** Whether others should find it, and whether that is being seen to. */
  #wantsOut = false
  #isOut = false
  #moving = false
  #ended = false
  #onDrain: () => void = () => {}

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

  /** Others do not find it any more; it runs on for this node, since each node has its own. */
  drain(onChange: () => void): void {
    this.#onDrain = onChange
    this.#wantsOut = true
    void this.#move()
  }

  undrain(): void {
    this.#wantsOut = false
    void this.#move()
  }

  get left(): DrainLeft {
    return { ...nothingLeft, registrations: this.#own === undefined || this.#isOut ? 0 : 1 }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    if (this.#own === undefined) return
    // Where the engine is away the directory gives it back later, or others do, who hear that this node leaves.
    await this.#parts.system.directory.leave(this.#group, this.#own.ref.address).catch(() => {})
    await this.#own.supervisor.stop()
  }

  /** One thing at a time; while the engine is away it is tried again. Never rejects. */
  async #move(): Promise<void> {
    const { clock } = this.#parts.port
    const { directory } = this.#parts.system
    if (this.#own === undefined || this.#moving) return
    this.#moving = true
    while (this.#wantsOut !== this.#isOut && !this.#ended) {
      const out = this.#wantsOut
      try {
        await (out ? directory.leave(this.#group, this.#own.address) : directory.join(this.#group, this.#own.address))
        this.#isOut = out
      } catch {
        await delay(clock, againMs)
      }
    }
    this.#moving = false
    this.#onDrain()
  }

  get #group(): string {
    return `placed.${this.name}`
  }

  get #members() {
    return this.#parts.system.directory.groupMembers(this.#group)
  }
}
