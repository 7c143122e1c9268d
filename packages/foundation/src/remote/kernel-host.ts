/** What other nodes ask for, carried out by the kernel of this one. */

import { type ActorAddress, labelOf } from '../actors/actor-address.ts'
import type { IncomingCall, IncomingCast, Way } from '../actors/elsewhere.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Kernel } from '../actors/kernel.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import { nodeStopped, noSuchActor } from '../errors/actor-errors.ts'
import type { LocalActors } from './elsewhere-actors.ts'
import type { RemoteHost, RemoteMove, RemoteStart, RemoteTarget } from './remote.ts'

/** Messages for actors that have left this node. */
export interface LeftActors {
  /** Undefined when nobody of that name did. */
  call(name: string, call: IncomingCall): Promise<unknown> | undefined
  /** Whether it was taken. */
  cast(name: string, cast: IncomingCast): boolean
  /** Whether messages wait here, behind which one that came this way goes. */
  isInLine(name: string, way: Way | undefined): boolean
}

export interface KernelHostSettings {
  readonly kernel: Kernel
  /** Starts an actor that another node asks for by name and version. */
  readonly start: (what: RemoteStart) => Promise<ActorAddress>
  /** Asks an actor of this node to stop, as its own node would. */
  readonly stop: (actor: RunningActor) => Promise<ExitReason>
}

export class KernelHost implements RemoteHost {
  readonly #settings: KernelHostSettings
  /** Set once actors can move. */
  left: LeftActors | undefined
  onMove: ((what: RemoteMove) => Promise<unknown>) | undefined
  /** The same, for names in the system that turn out to be of this node. */
  readonly local: LocalActors

  constructor(settings: KernelHostSettings) {
    this.#settings = settings
    const targetOf = ({ id, epoch, name = '' }: ActorAddress): RemoteTarget => {
      return { targetId: id, targetEpoch: epoch, targetName: name }
    }
    this.local = {
      call: (address, call) => this.call(targetOf(address), call),
      cast: (address, cast) => this.cast(targetOf(address), cast),
      monitor: (address, listener) => this.monitor(targetOf(address), listener),
    }
  }

  async call(target: RemoteTarget, call: IncomingCall): Promise<unknown> {
    const left = this.#isAway(target, call.way) ? this.left?.call(target.targetName, call) : undefined
    return await (left ?? this.#settings.kernel.answer(this.#actor(target), call))
  }

  cast(target: RemoteTarget, cast: IncomingCast): void {
    if (this.#isAway(target, cast.way) && this.left?.cast(target.targetName, cast)) return
    const refused = this.#settings.kernel.take(this.#actor(target), cast)
    if (refused !== undefined) throw refused
  }

  monitor(target: RemoteTarget, listener: (reason: ExitReason) => void): () => void {
    return this.#actor(target).monitor(listener)
  }

  async stop(target: RemoteTarget): Promise<ExitReason> {
    return await this.#settings.stop(this.#actor(target))
  }

  start(what: RemoteStart): Promise<ActorAddress> {
    return this.#settings.start(what)
  }

  async move(what: RemoteMove): Promise<unknown> {
    if (this.onMove === undefined) throw nodeStopped(this.#settings.kernel.settings.name)
    return await this.onMove(what)
  }

  #isAway({ targetName: name }: RemoteTarget, way: Way | undefined): boolean {
    if (name === '' || this.left === undefined) return false
    return this.left.isInLine(name, way) || this.#settings.kernel.entryOf(name)?.actor === undefined
  }

  #actor({ targetId: id, targetEpoch: epoch, targetName: name }: RemoteTarget): RunningActor {
    const { kernel } = this.#settings
    const actor = kernel.actorAt({ id, epoch, name })
    if (actor !== undefined) return actor
    const { name: node } = kernel.settings
    const label = labelOf(name === '' ? { node, id } : { node, id, name })
    throw noSuchActor(label, kernel.entryOf(name)?.restarting === true, kernel.goneNames.reasonOf(name))
  }
}
