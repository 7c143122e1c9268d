/** Actors that are placed in the system: how many, where, and what their holders leave to each other. */

import type { ActorDefinition, ArgOf } from '../actors/actor.ts'
import { addressByName } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { Kernel } from '../actors/kernel.ts'
import { optionsDiffer } from '../errors/engine-errors.ts'
import type { NodePort } from '../node-port.ts'
import type { DrainLeft, DrainPart } from '../operations/drain-part.ts'
import { invalidOption } from '../options.ts'
import { otherTerms, Placement } from '../placement/placement.ts'
import { shardOf } from '../placement/rendezvous.ts'
import type { NodeActors } from './node-actors.ts'
import type { NodeSystem } from './node-system.ts'
import { ActorPlaceHost } from './place-host.ts'
import { meets, type PlaceOptions, placeNames, refuseDefaultMs } from './place-options.ts'
import { openReplicas } from './replicas.ts'

/** What this node takes part in. Disposing hands over what runs here and takes part no more; elsewhere it goes on. */
export interface Placed<D extends ActorDefinition> extends AsyncDisposable {
  readonly name: string
  /** Names of the places. */
  readonly places: readonly string[]
  /**
   * The actor at a place, wherever it is by then: of a partitioned one by key, of a group by its number from 0, of a
   * replicated one that of this node. A call waits, within its deadline, for a place that is being taken or moved.
   */
  ref(key?: string | number): ActorRef<D>
  /** One of each: the places, or the replicas that are known. */
  refs(): readonly ActorRef<D>[]
  /** The node that holds a place, as far as this node knows. */
  holder(place?: string): string | undefined
  /** Nodes that offer to run it. */
  readonly candidates: readonly string[]
  /** Resolves when this node knows of a holder of every place. */
  ready(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>
  /** Wants a place to be on that node for as long as the node offers itself; none takes that back. */
  moveTo(node: string | undefined, place?: string): Promise<void>
}

export interface PlacingParts {
  readonly port: NodePort
  readonly kernel: Kernel
  readonly actors: NodeActors
  readonly system: NodeSystem
  /** The node is drained: what it takes part in begins so. */
  readonly draining: boolean
}

/** Options have been checked. */
export async function openPlaces<D extends ActorDefinition>(
  parts: PlacingParts,
  given: { readonly definition: D; readonly arg: ArgOf<D>; readonly options: PlaceOptions },
): Promise<Placed<D>> {
  const { port, system } = parts
  const { name, strategy, requires = {}, refuseMs = refuseDefaultMs } = given.options
  const offers = meets(system.membership.self, requires)
  if (strategy === 'replicated') return await openReplicas(parts, given, offers)
  const places = placeNames(given.options)
  const { sessions, claims, pins } = system
  const terms = `${strategy} of ${places.length}`
  const agreed = otherTerms(claims, name, terms)
  if (agreed !== undefined) throw optionsDiffer(`placement ${name}`, agreed, terms)
  const host = new ActorPlaceHost(parts, given)
  const policy = strategy === 'partitioned' ? 'balance' : 'stay'
  const placement = new Placement(
    { name, places, policy, host, refuseMs, offers, terms },
    { port, sessions, claims, pins },
  )
  if (parts.draining) placement.drain(() => {})
  placement.open()
  return new OpenPlaces<D>(parts, placement, strategy)
}

class OpenPlaces<D extends ActorDefinition> implements Placed<D>, DrainPart {
  readonly #parts: PlacingParts
  readonly #placement: Placement
  readonly #strategy: PlaceOptions['strategy']

  constructor(parts: PlacingParts, placement: Placement, strategy: PlaceOptions['strategy']) {
    this.#parts = parts
    this.#placement = placement
    this.#strategy = strategy
  }

  get name(): string {
    return this.#placement.name
  }

  get places(): readonly string[] {
    return this.#placement.places
  }

  get candidates(): readonly string[] {
    return this.#placement.candidates
  }

  ref(key?: string | number): ActorRef<D> {
    return this.#refTo(this.#placeOf(key))
  }

  refs(): readonly ActorRef<D>[] {
    return this.places.map((place) => this.#refTo(place))
  }

  holder(place: string = this.name): string | undefined {
    return this.#placement.holder(this.#known(place))
  }

  async ready(options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#placement.settled(options)
  }

  async moveTo(node: string | undefined, place: string = this.name): Promise<void> {
    const { pins } = this.#parts.system
    const known = this.#known(place)
    await (node === undefined ? pins.unset(known) : pins.set(known, node))
  }

  drain(onChange: () => void): void {
    this.#placement.drain(onChange)
  }

  undrain(): void {
    this.#placement.undrain()
  }

  get left(): DrainLeft {
    return this.#placement.left
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#placement[Symbol.asyncDispose]()
  }

  #refTo(place: string): ActorRef<D> {
    const { port, kernel } = this.#parts
    return kernel.bind(addressByName(port.system, place)) as unknown as ActorRef<D>
  }

  #placeOf(key: string | number | undefined): string {
    const { places, name } = this
    if (this.#strategy === 'singleton') return name
    if (key === undefined) throw invalidOption(`placed ${name}`, 'key', 'a key, or the number of a place', key)
    const index = typeof key === 'number' ? key : shardOf(key, places.length)
    const place = places[index]
    if (place === undefined)
      throw invalidOption(`placed ${name}`, 'key', `a number from 0 to ${places.length - 1}`, key)
    return place
  }

  #known(place: string): string {
    if (this.places.includes(place)) return place
    throw invalidOption(`placed ${this.name}`, 'place', `one of ${this.places.slice(0, 8).join(', ')}`, place)
  }
}
