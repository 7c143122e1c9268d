/**
 * Actors that are not of this node, as the kernel reaches them. A name that is unique in the system is looked up for each message, and a
 * call that surely was not worked on is made again where the actor is by then, until its deadline: its reference outlives restarts,
 * moves and the death of a node.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Elsewhere, IncomingCall, IncomingCast, OutgoingCall } from '../actors/elsewhere.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import { delay } from '../clock.ts'
import { callTimeout, noSuchActor } from '../errors/actor-errors.ts'
import { isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { Remote } from './remote.ts'

/** Who has a name now. */
export interface NameResolver {
  /** Undefined while nobody is known to have it. */
  find(name: string): ActorAddress | undefined
}

/** The actors of this node, for names that turn out to be here. */
export interface LocalActors {
  call(address: ActorAddress, call: IncomingCall): Promise<unknown>
  cast(address: ActorAddress, cast: IncomingCast): void
  monitor(address: ActorAddress, listener: (reason: ExitReason) => void): () => void
}

export interface ElsewhereSettings {
  readonly port: NodePort
  readonly remote: Remote
  readonly names: NameResolver
  readonly local: LocalActors
}

/** A call that failed so was not worked on: it may be made again elsewhere. */
const undelivered: ReadonlySet<string> = new Set([
  'foundation/node-unreachable',
  'foundation/no-such-actor',
  'foundation/message-late',
  'foundation/actor-moved',
])
const retryFirstMs = 20
const retryMaxMs = 500

export class ElsewhereActors implements Elsewhere {
  readonly #settings: ElsewhereSettings

  constructor(settings: ElsewhereSettings) {
    this.#settings = settings
  }

  call(to: ActorAddress, call: OutgoingCall): Promise<unknown> {
    return to.scope === 'system' ? this.#callByName(to, call) : this.#settings.remote.call(to, call)
  }

  cast(to: ActorAddress, cast: IncomingCast): void {
    const at = this.#find(to)
    if (this.#isHere(at)) this.#settings.local.cast(at, cast)
    else this.#settings.remote.cast(at, cast)
  }

  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void {
    const at = this.#find(to)
    return this.#isHere(at) ? this.#settings.local.monitor(at, listener) : this.#settings.remote.monitor(at, listener)
  }

  async #callByName(to: ActorAddress, call: OutgoingCall): Promise<unknown> {
    const { clock } = this.#settings.port
    const untilMs = clock.monotonicMs() + call.timeoutMs
    const name = to.name as string
    for (let pauseMs = retryFirstMs; ; pauseMs = Math.min(pauseMs * 2, retryMaxMs)) {
      const leftMs = untilMs - clock.monotonicMs()
      if (leftMs <= 0) throw callTimeout(`"${name}"`, call.name, call.timeoutMs)
      const at = this.#settings.names.find(name)
      try {
        if (at === undefined) throw noSuchActor(`"${name}"`, false)
        return await this.#callAt(at, { ...call, timeoutMs: leftMs })
      } catch (thrown) {
        if (!isMabeamError(thrown) || !undelivered.has(thrown.code)) throw thrown
        if (clock.monotonicMs() + pauseMs >= untilMs) throw thrown
      }
      await delay(clock, pauseMs, call.signal)
    }
  }

  #callAt(at: ActorAddress, call: OutgoingCall): Promise<unknown> {
    return this.#isHere(at) ? this.#settings.local.call(at, call) : this.#settings.remote.call(at, call)
  }

  #find(to: ActorAddress): ActorAddress {
    return (to.scope === 'system' ? this.#settings.names.find(to.name as string) : undefined) ?? to
  }

  #isHere({ node, epoch, name }: ActorAddress): boolean {
    const { port } = this.#settings
    return node === port.name && (name !== undefined || epoch === port.epoch)
  }
}
