/**
 * The threads of one node: started when an actor needs one, watched while there are any, ended when idle. Where an actor
 * goes is decided by `thread-placement.ts`, when a thread is blocked by `thread-watch.ts`.
 */

import type { ActorDefinition } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import { LocalRef } from '../actors/local-ref.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import { type CancelTimer, type Clock, delay, systemClock } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { threadClock } from '../errors/thread-errors.ts'
import { toWireError } from '../errors.ts'
import type { Telemetry, TelemetryEvent } from '../telemetry.ts'
import { Thread, type ThreadEnding, type ThreadOwner } from './thread.ts'
import { standIn, ThreadActor } from './thread-actor.ts'
import { threadCodecs } from './thread-codecs.ts'
import type { BoundRef } from './thread-errands.ts'
import type { ThreadSettings } from './thread-options.ts'
import { type PlacementLimits, placeActor, type Wish } from './thread-placement.ts'

/** What threads need of the kernel. */
export interface ThreadKernel {
  readonly clock: Clock
  readonly settings: { readonly name: string; readonly telemetry: Telemetry; readonly messageBytesMax: number }
  /** The actor whose handler runs right now. */
  readonly running: RunningActor | undefined
  readonly stopped: boolean
  bind(address: ActorAddress): LocalRef
  addressOf(actor: RunningActor): ActorAddress
}

type Wanted = 'thread' | 'own-thread'

/** Code that no thread of JavaScript can be ended in (a system call that blocks) does not hold the node up for longer. */
const closeMsMax = 5_000

export class ThreadPool implements ThreadOwner {
  readonly clock: Clock
  readonly codec: Codec
  readonly crossing: Codec
  readonly messageBytesMax: number
  readonly settings: ThreadSettings
  readonly lookMs: number
  readonly #kernel: ThreadKernel
  readonly #threads = new Map<number, Thread>()
  /** Ended and not gone yet. */
  readonly #ending = new Set<Thread>()
  readonly #idle = new Map<Thread, CancelTimer>()
  readonly #standIns = {
    thread: new WeakMap<object, ActorDefinition>(),
    'own-thread': new WeakMap<object, ActorDefinition>(),
  }
  /** Those that ended a thread: from then on they are put apart, so that they take no others along. */
  readonly #suspects = new WeakSet<ActorDefinition>()
  /** Ready to replace one that seems blocked; at most one, besides those that are allowed. */
  #spare: Thread | undefined
  #lastId = 0
  #cancelLook: CancelTimer | undefined

  constructor(kernel: ThreadKernel, settings: ThreadSettings) {
    this.clock = kernel.clock
    this.messageBytesMax = kernel.settings.messageBytesMax
    this.settings = settings
    this.lookMs = Math.min(25, Math.max(2, settings.blockedMsMax / 8))
    this.#kernel = kernel
    const { checked, crossing } = threadCodecs(kernel.settings.messageBytesMax, {
      accepts: (value) => value instanceof LocalRef,
      toAddress: (value) => (value as LocalRef).address,
      fromAddress: (address) => kernel.bind(address),
    })
    this.codec = checked
    this.crossing = crossing
  }

  /**
   * The definition that runs the handlers of `definition` in a thread. Throws `foundation/thread-clock` on a node that
   * has not the clock of the machine.
   */
  standIn(definition: ActorDefinition, wanted: Wanted): ActorDefinition {
    if (this.clock !== systemClock) throw threadClock(definition.name)
    const known = this.#standIns[wanted].get(definition)
    if (known !== undefined) return known
    const made = standIn(definition, (ended) => this.#place(definition, wanted, ended))
    this.#standIns[wanted].set(definition, made)
    return made
  }

  /** Ends all threads and resolves when they are gone, as far as that can be had. */
  async close(): Promise<void> {
    this.#spare?.close('closed')
    for (const thread of [...this.#threads.values()]) thread.close('closed')
    if (this.#ending.size === 0) return
    const enough = new AbortController()
    const gone = Promise.all([...this.#ending].map((thread) => thread.gone)).then(() => enough.abort())
    await Promise.race([gone, delay(this.clock, closeMsMax, enough.signal).catch(() => {})])
  }

  bind(address: ActorAddress): BoundRef {
    return this.#kernel.bind(address)
  }

  addressOf(actor: RunningActor): ActorAddress {
    return this.#kernel.addressOf(actor)
  }

  castRefused(thread: Thread, cast: string, thrown: unknown): void {
    const { code, message } = toWireError(thrown)
    const metadata = { cast, code, message }
    this.#emit('thread-cast-refused', thread, { measurements: { count: 1 }, metadata })
  }

  suspected(thread: Thread): void {
    if (this.#spare !== undefined || this.#kernel.stopped) return
    this.#spare = this.#started(false)
    this.#spare.prepareFor(thread)
    this.#idleLater(this.#spare)
  }

  emptied(thread: Thread): void {
    if (!this.#threads.has(thread.id)) return
    if (thread.own || this.#kernel.stopped) thread.close('idle')
    else this.#idleLater(thread)
  }

  #idleLater(thread: Thread): void {
    const end = () => {
      this.#idle.delete(thread)
      thread.close('idle')
    }
    this.#idle.set(thread, this.clock.setTimer(this.settings.threadIdleMs, end, { unref: true }))
  }

  ended(thread: Thread, ending: ThreadEnding, by: ThreadActor | undefined): void {
    this.#threads.delete(thread.id)
    if (this.#spare === thread) this.#spare = undefined
    this.#stopIdling(thread)
    this.#ending.add(thread)
    void thread.gone.then(() => this.#ending.delete(thread))
    if (this.#threads.size === 0) this.#stopLooking()
    const atFault = ending === 'idle' || ending === 'closed' ? undefined : by
    if (atFault !== undefined) this.#suspects.add(atFault.actor.kind)
    const metadata = { reason: ending, ...(atFault !== undefined && { by: atFault.actor.label }) }
    const measurements = { actors: thread.actors.size, ...thread.memory }
    this.#emit('thread-ended', thread, { measurements, metadata })
  }

  #place(definition: ActorDefinition, wanted: Wanted, ended: AbortSignal): ThreadActor {
    const actor = this.#kernel.running as RunningActor
    const wish: Wish = wanted === 'own-thread' ? 'own' : this.#suspects.has(definition) ? 'apart' : 'shared'
    const threads = [...this.#threads.values()].map(({ id, own, actors }) => ({ id, own, actors: actors.size }))
    const placement = placeActor(threads, wish, this.settings)
    if (placement.type === 'refused') throw this.#refusal(placement.limit)
    const thread =
      placement.type === 'thread-start' ? this.#start(placement.own) : (this.#threads.get(placement.thread) as Thread)
    this.#stopIdling(thread)
    const there = new ThreadActor(actor, thread, ended)
    thread.actors.set(actor.settings.id, there)
    return there
  }

  #start(own: boolean): Thread {
    const { threadsMax, ownThreadsMax } = this.settings
    // Threads that can't be ended yet count once they are as many as there may be at all.
    if (this.#ending.size >= threadsMax + ownThreadsMax) throw this.#refusal('threadsMax')
    const thread = this.#spare ?? this.#started(own)
    this.#spare = undefined
    thread.own = own
    this.#threads.set(thread.id, thread)
    if (this.#cancelLook === undefined) this.#planLook()
    return thread
  }

  #started(own: boolean): Thread {
    const thread = new Thread(this, ++this.#lastId, own)
    this.#emit('thread-started', thread, { measurements: { threads: this.#threads.size + 1 }, metadata: {} })
    return thread
  }

  #refusal(limit: keyof PlacementLimits): Error {
    return limitReached(`threads of node ${this.#kernel.settings.name}`, limit, this.settings[limit])
  }

  #planLook(): void {
    const look = () => {
      this.#cancelLook = undefined
      const atMs = this.clock.monotonicMs()
      for (const thread of [...this.#threads.values()]) thread.look(atMs)
      if (this.#threads.size > 0 && this.#cancelLook === undefined) this.#planLook()
    }
    this.#cancelLook = this.clock.setTimer(this.lookMs, look, { unref: true })
  }

  #stopLooking(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  #stopIdling(thread: Thread): void {
    this.#idle.get(thread)?.()
    this.#idle.delete(thread)
  }

  #emit(event: string, thread: Thread, details: Pick<TelemetryEvent, 'measurements' | 'metadata'>): void {
    const { telemetry, name: node } = this.#kernel.settings
    if (!telemetry.enabled) return
    const metadata = { node, thread: thread.id, own: thread.own, ...details.metadata }
    telemetry.emit({ name: `foundation.${event}`, measurements: details.measurements, metadata })
  }
}
