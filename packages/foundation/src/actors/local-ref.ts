/** A reference to an actor of this node, or the address of one that is elsewhere or no more. */

import { type ActorAddress, type ActorReference, labelOf } from './actor-address.ts'
import type { CallOptions } from './actor-ref.ts'
import type { ExitReason } from './exit-reason.ts'
import type { RunningActor } from './running-actor.ts'

/** The holder of a name: the actor that has it now, if any. */
export interface NameEntry {
  readonly name: string
  actor: RunningActor | undefined
  /** Whether it outlives the actor that has it: a supervisor gives it to the next one. */
  readonly supervised: boolean
  /** Whether the next one is about to be started. */
  restarting: boolean
  /** Whether the whole system knows it. */
  readonly scope: 'system' | undefined
  /** It is back from another node, and what was sent there may be still on its way. */
  isReturning: boolean
}

/** What a reference needs of its node. */
export interface RefHost {
  call(ref: LocalRef, name: string, input: unknown): Promise<unknown>
  callWith(
    ref: LocalRef,
    what: { readonly name: string; readonly input: unknown },
    options: CallOptions,
  ): Promise<unknown>
  cast(ref: LocalRef, name: string, input: unknown): void
  monitor(ref: LocalRef, listener: (reason: ExitReason) => void): () => void
  addressOf(actor: RunningActor): ActorAddress
  addressOfName(name: string): ActorAddress
  entryOf(name: string): NameEntry | undefined
}

export class LocalRef implements ActorReference {
  readonly #host: RefHost
  readonly #actor: RunningActor | undefined
  #entry: NameEntry | undefined
  readonly #elsewhere: ActorAddress | undefined

  constructor(
    host: RefHost,
    to: { readonly actor?: RunningActor; readonly entry?: NameEntry; readonly elsewhere?: ActorAddress },
  ) {
    this.#host = host
    this.#actor = to.actor
    this.#entry = to.entry
    this.#elsewhere = to.elsewhere
  }

  /** The actor it points at now. */
  get target(): RunningActor | undefined {
    if (this.#entry === undefined) return this.#actor?.alive ? this.#actor : undefined
    if (this.#entry.actor === undefined) this.#entry = this.#host.entryOf(this.#entry.name) ?? this.#entry
    return this.#entry.actor
  }

  /** The actor that takes messages in this turn. */
  get receiver(): RunningActor | undefined {
    const { target } = this
    return this.#entry?.isReturning ? undefined : target
  }

  /** Of an actor of this node that has one, also between two lives of it. */
  get name(): string | undefined {
    return this.#entry?.name
  }

  /** Where it is when it is not an actor of this node. */
  get elsewhere(): ActorAddress | undefined {
    if (this.#elsewhere !== undefined || this.#entry?.scope === undefined) return this.#elsewhere
    // Known to the whole system by its name, so another node may have it by now.
    const { name, scope } = this.#entry
    return { ...this.address, id: 0, name, scope }
  }

  get restarting(): boolean {
    return this.#entry !== undefined && this.#host.entryOf(this.#entry.name)?.restarting === true
  }

  get address(): ActorAddress {
    if (this.#elsewhere !== undefined) return this.#elsewhere
    const actor = this.target ?? this.#actor
    // Bound by its name while the one that has it is between two lives.
    const address =
      actor === undefined ? this.#host.addressOfName(this.#entry?.name ?? '') : this.#host.addressOf(actor)
    // Its node may have given the name away.
    return this.#entry?.scope === undefined ? address : { ...address, scope: this.#entry.scope }
  }

  get label(): string {
    return labelOf(this.address)
  }

  toJSON(): ActorAddress {
    return this.address
  }

  call(name: string, input?: unknown, options?: CallOptions): Promise<unknown> {
    return options === undefined
      ? this.#host.call(this, name, input)
      : this.#host.callWith(this, { name, input }, options)
  }

  cast(name: string, input?: unknown): void {
    this.#host.cast(this, name, input)
  }

  monitor(listener: (reason: ExitReason) => void): () => void {
    return this.#host.monitor(this, listener)
  }
}
