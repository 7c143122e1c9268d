/** Actors of this node whose names are the whole system's: what they were started with, so that they can be started elsewhere. */

import type { ActorContext, ActorDefinition, ArgOf } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { Kernel } from '../actors/kernel.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import type { Directory } from '../directory/directory.ts'
import { nameTaken } from '../errors/actor-errors.ts'
import type { Claims } from '../leases/claims.ts'
import type { NodePort } from '../node-port.ts'
import type { SupervisorRuntime } from '../supervision/supervisor.ts'
import type { NodeActors } from './node-actors.ts'
import type { SpawnOptions } from './spawn-options.ts'

export interface SystemActorsSettings {
  readonly port: NodePort
  readonly kernel: Kernel
  readonly actors: NodeActors
  readonly directory: Directory
  readonly claims: Claims
  /** What other nodes may have started here, by name and version. */
  readonly definitions: ReadonlyMap<string, ActorDefinition>
  /** Whether an actor of that name is on its way here, or may be on its way back. */
  readonly isComing: (name: string) => boolean
}

/** What an actor is started with. */
export interface SystemActorSpec<D extends ActorDefinition = ActorDefinition> {
  readonly definition: D
  readonly arg: ArgOf<D>
  readonly options: SpawnOptions & { readonly name: string }
}

/** In place of `init`, at its first start here. */
export type Begin = (context: ActorContext, running: ActorDefinition) => unknown

interface SystemActor {
  readonly spec: SystemActorSpec
  /** Of one that is restarted, or came from elsewhere. */
  supervisor: SupervisorRuntime | undefined
}

/** The name is made this node's before the actor runs, so that no two of a name ever do. */
export class SystemActors {
  readonly #settings: SystemActorsSettings
  readonly #actors = new Map<string, SystemActor>()

  constructor(settings: SystemActorsSettings) {
    this.#settings = settings
  }

  get names(): Iterable<string> {
    return this.#actors.keys()
  }

  get definitions(): ReadonlyMap<string, ActorDefinition> {
    return this.#settings.definitions
  }

  /** What it was started with; undefined for one that was not by its name in the system. */
  spec(name: string): SystemActorSpec | undefined {
    return this.#actors.get(name)?.spec
  }

  addressOf(name: string): ActorAddress {
    const { system, name: node, epoch } = this.#settings.port
    return { system, node, epoch, id: 0, name, scope: 'system' }
  }

  /** Rejects as `node.spawn` does. */
  async spawn<D extends ActorDefinition>(spec: SystemActorSpec<D>): Promise<ActorRef<D>> {
    const { directory, claims, actors, isComing } = this.#settings
    const { definition, arg, options } = spec
    const { name } = options
    // One that is started again would give back what the first one has. Who looks for a name is shown its place first.
    if (this.#actors.has(name) || claims.standing(name) !== 'free') throw nameTaken(name)
    // To the directory it would be the same one: what becomes of the one would become of the other.
    if (isComing(name)) throw nameTaken(name)
    const one = this.#note(spec)
    try {
      await directory.register(name, this.addressOf(name))
      if ((options.restart ?? 'temporary') === 'temporary') {
        const ref = await actors.spawn(definition, arg, options)
        ref.monitor(() => this.#giveBack(one))
        return ref
      }
      const { ref, supervisor } = await actors.spawnSupervised(definition, arg, options)
      this.#keep(one, supervisor)
      return ref
    } catch (thrown) {
      this.#giveBack(one)
      throw thrown
    }
  }

  /** Starts one that comes from another node, under a name that is this node's by now. Rejects when it does not begin. */
  async begin(spec: SystemActorSpec, begin: Begin): Promise<void> {
    const { name } = spec.options
    if (this.#actors.has(name)) throw nameTaken(name)
    const one = this.#note(spec)
    let first: Begin | undefined = begin
    const place = () => {
      const mine = first
      first = undefined
      // It begins to work when it is told to, however long that takes.
      return mine === undefined ? {} : { begin: mine, startMs: Number.POSITIVE_INFINITY }
    }
    try {
      const options = { ...spec.options, scope: 'system' as const, place }
      const { supervisor } = await this.#settings.actors.spawnSupervised(spec.definition, spec.arg, options)
      this.#keep(one, supervisor)
    } catch (thrown) {
      // The name is given back by whoever made it this node's.
      this.#forget(one)
      throw thrown
    }
  }

  running(name: string): RunningActor | undefined {
    return this.#settings.kernel.entryOf(name)?.actor
  }

  /** Asks it to stop, and to be started no more. */
  requestStop(name: string): void {
    const { supervisor } = this.#actors.get(name) ?? {}
    if (supervisor !== undefined) supervisor.requestStop()
    else this.running(name)?.stop({ type: 'shutdown' })
  }

  #note(spec: SystemActorSpec): SystemActor {
    const one: SystemActor = { spec, supervisor: undefined }
    this.#actors.set(spec.options.name, one)
    return one
  }

  #keep(one: SystemActor, supervisor: SupervisorRuntime): void {
    one.supervisor = supervisor
    void supervisor.stopped.then(() => this.#giveBack(one))
  }

  #forget(one: SystemActor): void {
    const { name } = one.spec.options
    if (this.#actors.get(name) === one) this.#actors.delete(name)
  }

  #giveBack(one: SystemActor): void {
    this.#forget(one)
    // One that is not this node's any more stays.
    this.#settings.directory.unregister(one.spec.options.name).catch(() => {})
  }
}
