/** What hangs on an actor besides its messages: monitors, links, timers, news that overtakes. Most actors have none. */

import type { CancelTimer, Clock } from '../clock.ts'
import { limitReached } from '../errors/actor-errors.ts'
import type { Random } from '../random.ts'
import type { ActorDefinition, Handler } from './actor.ts'
import type { ActorAddress, ActorReference } from './actor-address.ts'
import { ActorTimers, type TimerSettings } from './actor-timers.ts'
import { Message } from './call-message.ts'
import type { ExitReason } from './exit-reason.ts'
import { type Gone, type LinkExits, type Linked, sameActor } from './links.ts'

/** What overtakes messages. */
export type Control =
  /** The end of another, or a timer that fell due. `wanted` says whether it still counts when its turn comes. */
  | { readonly type: 'message'; readonly message: Message; readonly wanted?: () => boolean }
  /**
   * Done between two messages; the next one waits for what it promises, which must not reject. `ended` is called instead when the
   * actor is no more.
   */
  | { readonly type: 'task'; run(): void | PromiseLike<void>; ended(reason: () => Error): void }

/** A monitor this actor has of another. */
interface Watch {
  readonly actor: ActorReference
  cancel: () => void
}

/** The actor they hang on. */
export interface AttachedActor extends Linked {
  readonly label: string
  readonly definition: ActorDefinition
  readonly settings: { readonly id: number; readonly name: string | undefined }
  readonly host: {
    readonly clock: Clock
    readonly random: Random
    readonly timersMax: number
    readonly monitorsMax: number
    readonly linkExits: LinkExits
  }
  /** Made now if there were none. */
  readonly attachments: Attachments
  control(control: Control): void
  /** News of another's end: before what waits, but after what that one had sent; `fromId` is 0 where that is not known. */
  tell(news: Message, fromId: number): void
  eachWaiting(visit: (message: Message) => void): void
}

/** Made when an actor first needs it, so that idle ones stay small. */
export class Attachments {
  readonly controls: Control[] = []
  stopReason: ExitReason | undefined
  /** Takes what waits when the actor ends: it is worked on elsewhere. */
  mail: ((waiting: readonly Message[]) => void) | undefined
  cancelShutdown: CancelTimer | undefined
  readonly #actor: AttachedActor
  /** Who is told of the end of this actor. */
  #monitors: Set<(reason: ExitReason) => void> | undefined
  /** Whose end this actor is told of. */
  #watches: Set<Watch> | undefined
  #links: Set<AttachedActor> | undefined
  #timers: ActorTimers | undefined
  #random: Random | undefined
  #abort: AbortController | undefined

  constructor(actor: AttachedActor) {
    this.#actor = actor
  }

  get random(): Random {
    const { host, settings } = this.#actor
    this.#random ??= host.random.fork(settings.id)
    return this.#random
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  get timers(): readonly string[] {
    return this.#timers?.names ?? []
  }

  get watched(): readonly ActorReference[] {
    return [...(this.#watches ?? [])].map((one) => one.actor)
  }

  get monitoredBy(): number {
    return this.#monitors?.size ?? 0
  }

  get linked(): readonly AttachedActor[] {
    return [...(this.#links ?? [])]
  }

  /** Tells `listener` of the end, once. The result takes that back. */
  monitor(listener: (reason: ExitReason) => void): () => void {
    this.#monitors ??= new Set()
    const monitors = this.#monitors
    // A function of its own, so that the same listener may be given twice.
    const told = (reason: ExitReason) => listener(reason)
    monitors.add(told)
    return () => monitors.delete(told)
  }

  /** Monitors another actor for the `down` handler. `id` is that of an actor of this node, else 0. */
  watch(actor: ActorReference, id: number, monitor: (listener: (reason: ExitReason) => void) => () => void): void {
    this.#watches ??= new Set()
    const watches = this.#watches
    const { definition, host, label } = this.#actor
    if (watches.size >= host.monitorsMax) throw limitReached(label, 'monitorsMax', host.monitorsMax)
    const watch: Watch = { actor, cancel: () => {} }
    watches.add(watch)
    watch.cancel = monitor((reason) => {
      watches.delete(watch)
      if (definition.down !== undefined) this.#actor.tell(new Message(definition.down, { actor, reason }), id)
    })
  }

  /** Ends all monitors this actor has of that one. */
  unwatch(actor: ActorAddress): void {
    for (const watch of this.#watches ?? []) {
      if (!sameActor(watch.actor.address, actor)) continue
      watch.cancel()
      this.#watches?.delete(watch)
    }
    this.#takeBack(this.#actor.definition.down, actor)
  }

  link(other: AttachedActor): void {
    if (other === this.#actor) return
    const theirs = other.attachments
    for (const [one, two] of [
      [this, other],
      [theirs, this.#actor],
    ] as const) {
      one.#roomForLink(two)
    }
    this.#links?.add(other)
    theirs.#links?.add(this.#actor)
  }

  unlink(other: AttachedActor | undefined, actor: ActorAddress): void {
    if (other !== undefined && this.#links?.delete(other)) other.attachments.#links?.delete(this.#actor)
    this.#takeBack(this.#actor.definition.exit, actor)
  }

  startTimer(timer: string, settings: Omit<TimerSettings, 'fire'>, message: () => Message): void {
    const { host, label } = this.#actor
    this.#timers ??= new ActorTimers(host.clock, label, host.timersMax)
    const timers = this.#timers
    const own: TimerSettings = {
      ...settings,
      fire: () => this.#actor.control({ type: 'message', message: message(), wanted: () => timers.taken(timer, own) }),
    }
    timers.start(timer, own)
  }

  cancelTimer(timer: string): void {
    this.#timers?.cancel(timer)
  }

  /** The actor is no more: ends what it has of the clock and of others. */
  release(told: () => Error): void {
    this.#abort?.abort(told())
    this.cancelShutdown?.()
    this.#timers?.clear()
    for (const watch of this.#watches ?? []) watch.cancel()
    for (const control of this.controls) if (control.type === 'task') control.ended(told)
  }

  /** Tells those who monitor it and those linked to it. */
  tellEnd(gone: Gone): void {
    for (const listener of this.#monitors ?? []) {
      try {
        listener(gone.reason)
      } catch (thrown) {
        // The fault of one listener, said where nobody can overlook it; the others are told all the same.
        queueMicrotask(() => {
          throw thrown
        })
      }
    }
    if (this.#links === undefined) return
    for (const other of this.#links) other.attachments.#links?.delete(this.#actor)
    this.#actor.host.linkExits.send(this.#links, gone)
  }

  #roomForLink(other: AttachedActor): void {
    const { host, label } = this.#actor
    this.#links ??= new Set()
    if (this.#links.size < host.monitorsMax || this.#links.has(other)) return
    throw limitReached(label, 'monitorsMax', host.monitorsMax)
  }

  /** Gives up news of `actor` that waits for its turn. */
  #takeBack(handler: Handler | undefined, actor: ActorAddress): void {
    const look = (message: Message) => {
      if (message.handler !== handler) return
      if (sameActor((message.input as { readonly actor: ActorReference }).actor.address, actor)) message.done = true
    }
    for (const control of this.controls) if (control.type === 'message') look(control.message)
    this.#actor.eachWaiting(look)
  }
}
