/** The actors and supervisors of a node: starts them, finds them, and ends them in reverse. */

import type { ActorDefinition, ArgOf, StateOf } from '../actors/actor.ts'
import type { ActorReference } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { OnStart } from '../actors/actor-settings.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import { type ActorInspection, inspectActor, replaceActorState } from '../actors/inspection.ts'
import type { Kernel } from '../actors/kernel.ts'
import type { LocalRef } from '../actors/local-ref.ts'
import { RunningActor } from '../actors/running-actor.ts'
import { actorStopped, nodeStopped, noSuchActor } from '../errors/actor-errors.ts'
import { type DynamicSupervisor, DynamicSupervisorRuntime } from '../supervision/dynamic-supervisor.ts'
import { type NodeTree, treeEntriesMax } from '../supervision/supervision-tree.ts'
import { type Supervisor, type SupervisorHow, SupervisorRuntime } from '../supervision/supervisor.ts'
import {
  type ChildOptions,
  child,
  type DynamicSupervisorOptions,
  type SupervisorOptions,
} from '../supervision/supervisor-options.ts'
import type { NodeSettings } from './node-options.ts'
import type { SpawnOptions } from './spawn-options.ts'

/** An actor that has a supervisor of its own. */
export interface Supervised<D extends ActorDefinition> {
  readonly ref: ActorRef<D>
  readonly supervisor: SupervisorRuntime
  /** How long it may take to stop. */
  readonly shutdownMs: number
}

export class NodeActors {
  readonly #kernel: Kernel
  readonly #settings: NodeSettings
  /** Those that no other supervises. */
  readonly #supervisors = new Set<SupervisorRuntime | DynamicSupervisorRuntime>()

  constructor(kernel: Kernel, settings: NodeSettings) {
    this.#kernel = kernel
    this.#settings = settings
  }

  /** Options have been checked. */
  async spawn<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options?: SpawnOptions): Promise<ActorRef<D>> {
    if (options === undefined || (options.restart ?? 'temporary') === 'temporary') {
      const once = this.#spawnOnce(definition, arg, options ?? {})
      return (once instanceof Promise ? await once : once) as unknown as ActorRef<D>
    }
    return (await this.spawnSupervised(definition, arg, options)).ref
  }

  async spawnSupervised<D extends ActorDefinition>(
    definition: D,
    arg: ArgOf<D>,
    given: SpawnOptions & Pick<SupervisorHow, 'place'>,
  ): Promise<Supervised<D>> {
    const { place, ...options } = given
    const { restartsMax, windowMs, backoff, scope, node: _, ...childOptions } = options
    const { shutdownMs, startMs } = this.#settings
    const kept: ChildOptions & { readonly shutdownMs: number } = { shutdownMs, startMs, ...childOptions }
    const supervisor = this.#supervisor(
      {
        name: options.name ?? definition.name,
        children: [child(definition, arg, { ...kept, id: 'actor' })],
        ...(restartsMax !== undefined && { restartsMax }),
        ...(windowMs !== undefined && { windowMs }),
        ...(backoff !== undefined && { backoff }),
      },
      { alone: true, ...(scope === 'system' && { scope }), ...(place !== undefined && { place }) },
    )
    try {
      await supervisor.start()
    } catch (thrown) {
      throw supervisor.failure ?? thrown
    }
    const ref = supervisor.child(definition, 'actor')
    if (ref === undefined) throw actorStopped(definition.name)
    return { ref, supervisor, shutdownMs: kept.shutdownMs }
  }

  async supervise(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = this.#supervisor(options, { alone: false })
    await supervisor.start()
    return supervisor
  }

  superviseDynamic(options: DynamicSupervisorOptions): DynamicSupervisor {
    if (this.#kernel.stopped) throw nodeStopped(this.#settings.name)
    const supervisor = new DynamicSupervisorRuntime(this.#kernel, options, () => {
      this.#supervisors.delete(supervisor)
    })
    this.#supervisors.add(supervisor)
    return supervisor
  }

  tree(): NodeTree {
    const { system, name: node, epoch } = this.#settings
    const alone = [...this.#kernel.actors.values()].filter((actor) => actor.settings.owner === undefined)
    const actors = alone.slice(0, treeEntriesMax).map((actor) => this.#kernel.addressOf(actor))
    const supervisors = [...this.#supervisors].map((one) => one.tree())
    return { system, node, epoch, supervisors, actors, actorCount: alone.length }
  }

  inspect(actor: ActorReference): ActorInspection | undefined {
    const { target } = this.#kernel.own(actor)
    return target && inspectActor(this.#kernel, target)
  }

  async replaceState<D extends ActorDefinition>(
    actor: ActorRef<D>,
    change: (state: StateOf<D>) => StateOf<D>,
  ): Promise<void> {
    const { inspectable = this.#settings.codec, name: node } = this.#settings
    const ref = this.#kernel.own(actor)
    if (ref.target === undefined) throw noSuchActor(ref.label, ref.restarting)
    await replaceActorState(ref.target, change, { inspectable, node })
  }

  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined {
    const actor = this.#kernel.entryOf(name)?.actor
    if (actor === undefined || actor.kind !== definition) return undefined
    return this.#kernel.reference(actor) as unknown as ActorRef<D>
  }

  /** Of this node only: a name that somebody else has by now is nobody's here. */
  stop(ref: LocalRef): Promise<ExitReason> {
    const running = ref.target
    if (running === undefined) return Promise.resolve({ type: 'no-such-actor' })
    return new Promise((resolve) => {
      running.monitor(resolve)
      if (running.settings.owner?.stop !== undefined) running.settings.owner.stop()
      else running.stop({ type: 'shutdown' })
    })
  }

  /** In reverse order of starting; nothing is started any more. */
  async close(): Promise<void> {
    this.#kernel.stopped = true
    const actors = [...this.#kernel.actors.values()].filter((actor) => actor.settings.owner === undefined)
    const idOf = (part: Part) => (part instanceof RunningActor ? part.settings.id : part.id)
    const parts = [...actors, ...this.#supervisors].sort((a, b) => idOf(b) - idOf(a))
    for (const part of parts) {
      if (!(part instanceof RunningActor)) await part.stop()
      else if (part.alive) await stopped(part)
    }
    this.#kernel.close()
  }

  /** A promise only where `init` has to be waited for. */
  #spawnOnce(definition: ActorDefinition, arg: unknown, options: SpawnOptions): LocalRef | Promise<LocalRef> {
    const { name, scope, restart: _, node: __, ...limits } = options
    const ownScope = scope === 'system' ? scope : undefined
    const entry = name === undefined ? undefined : this.#kernel.reserve(name, false, ownScope)
    let outcome: { readonly failure: Parameters<OnStart>[0] } | undefined
    let waiting: PromiseWithResolvers<LocalRef> | undefined
    const onStart: OnStart = (failure) => {
      outcome = { failure }
      if (failure === undefined) waiting?.resolve(ref)
      else waiting?.reject(failure.thrown)
    }
    let ref: LocalRef
    try {
      const how = { ...limits, entry, onStart }
      ref = this.#kernel.reference(this.#kernel.start(definition, arg, how))
    } catch (thrown) {
      this.#kernel.release(entry)
      throw thrown
    }
    if (outcome === undefined) {
      waiting = Promise.withResolvers()
      return waiting.promise
    }
    if (outcome.failure !== undefined) throw outcome.failure.thrown
    return ref
  }

  #supervisor(options: SupervisorOptions, how: Omit<SupervisorHow, 'onEnd'>): SupervisorRuntime {
    const onEnd = () => void this.#supervisors.delete(supervisor)
    const supervisor = new SupervisorRuntime(this.#kernel, options, { ...how, onEnd })
    this.#supervisors.add(supervisor)
    return supervisor
  }
}

/** What a node stops one after the other. */
type Part = RunningActor | SupervisorRuntime | DynamicSupervisorRuntime

/** Resolves at once where the actor has nothing to finish. */
function stopped(actor: RunningActor): Promise<void> | undefined {
  actor.stop({ type: 'shutdown' })
  return actor.alive ? new Promise((resolve) => void actor.monitor(() => resolve())) : undefined
}
