/**
 * What the actors of one node share: names, ids, clock, codec, and the way of a message from a reference into a
 * mailbox. Nothing here decides anything; it is the one place where effects of handlers are carried out.
 */

import { currentContext } from '../async-context.ts'
import type { Clock } from '../clock.ts'
import { type Codec, createCodec } from '../codec/codec.ts'
import {
  callCycle,
  callTimeout,
  invalidMessage,
  limitReached,
  mailboxFull,
  nameTaken,
  nodeStopped,
  noSuchActor,
} from '../errors/actor-errors.ts'
import { invalidOption, unknownName } from '../options.ts'
import type { Random } from '../random.ts'
import type { Telemetry } from '../telemetry.ts'
import { Turns } from '../turns.ts'
import type { ActorDefinition, Handler } from './actor.ts'
import type { ActorAddress, ActorReference } from './actor-address.ts'
import type { CallOptions } from './actor-ref.ts'
import { CallDeadlines } from './call-deadlines.ts'
import { CallExtras, findCallCycle, Message } from './call-message.ts'
import type { Effect } from './effect.ts'
import type { ExitReason } from './exit-reason.ts'
import { LocalRef, type NameEntry, type RefHost } from './local-ref.ts'
import type { Overflow } from './mailbox.ts'
import { type ActorHost, type ActorLimits, type ActorOwner, type OnStart, RunningActor } from './running-actor.ts'

export interface KernelSettings extends ActorLimits {
  readonly system: string
  readonly name: string
  readonly epoch: number
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly codec: boolean
  readonly messageBytesMax: number
  readonly callTimeoutMs: number
  readonly actorsMax: number
  readonly timersMax: number
}

/** How actors of other nodes are reached. What it is given has been checked. */
export interface Elsewhere {
  call(to: ActorAddress, call: OutgoingCall): Promise<unknown>
  cast(to: ActorAddress, name: string, input: unknown): void
  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void
}

export interface OutgoingCall {
  readonly name: string
  readonly input: unknown
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Who waits for it, the caller last. */
  readonly chain: readonly string[]
}

/** A call of another node, with its input as it was decoded. */
export interface IncomingCall {
  readonly name: string
  readonly input: unknown
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly chain: readonly string[]
}

/** How an actor is started. */
export interface StartSettings {
  readonly entry?: NameEntry | undefined
  readonly owner?: ActorOwner | undefined
  readonly mailboxCapacity?: number | undefined
  readonly overflow?: Overflow | undefined
  readonly shutdownMs?: number | undefined
  readonly onStart: OnStart
}

export class Kernel implements ActorHost, RefHost {
  readonly settings: KernelSettings
  readonly clock: Clock
  readonly random: Random
  readonly turns: Turns
  readonly timersMax: number
  readonly actors = new Map<number, RunningActor>()
  running: RunningActor | undefined
  waitingHandlers = 0
  stopped = false
  /** Set once other nodes can be reached. */
  elsewhere: Elsewhere | undefined
  readonly #names = new Map<string, NameEntry>()
  readonly #deadlines: CallDeadlines
  readonly #codec: Codec | undefined
  #lastId = 0
  #resolve: (reply: unknown) => void = () => {}
  #reject: (thrown: unknown) => void = () => {}

  constructor(settings: KernelSettings) {
    this.settings = settings
    this.clock = settings.clock
    this.random = settings.random.fork('actors')
    this.turns = new Turns(settings.clock)
    this.timersMax = settings.timersMax
    this.#deadlines = new CallDeadlines(settings.clock)
    if (settings.codec) {
      this.#codec = createCodec({ bytesMax: settings.messageBytesMax, extensions: [this.#refExtension()] })
    }
  }

  /** Ids also order what was started, so that it can be stopped in reverse. */
  nextId(): number {
    return ++this.#lastId
  }

  /** Takes a name; throws `foundation/name-taken`. */
  reserve(name: string, supervised: boolean): NameEntry {
    if (this.#names.has(name)) throw nameTaken(name)
    const entry: NameEntry = { name, actor: undefined, supervised, restarting: false }
    this.#names.set(name, entry)
    return entry
  }

  release(entry: NameEntry | undefined): void {
    if (entry !== undefined && this.#names.get(entry.name) === entry) this.#names.delete(entry.name)
  }

  start(definition: ActorDefinition, arg: unknown, how: StartSettings): RunningActor {
    const { actorsMax, name: node } = this.settings
    if (this.stopped) throw nodeStopped(node)
    if (this.actors.size >= actorsMax) throw limitReached(`node ${node}`, 'actorsMax', actorsMax)
    const actor = new RunningActor(this, definition, {
      id: this.nextId(),
      name: how.entry?.name,
      owner: how.owner,
      limits: this.#limits(definition, how),
    })
    this.actors.set(actor.settings.id, actor)
    if (how.entry !== undefined) how.entry.actor = actor
    this.#emit('actor-started', actor, {})
    actor.start(arg, how.onStart)
    return actor
  }

  reference(actor: RunningActor): LocalRef {
    const entry = actor.settings.name === undefined ? undefined : this.#names.get(actor.settings.name)
    return new LocalRef(this, entry?.actor === actor ? { actor, entry } : { actor })
  }

  /** A reference by what was sent of one. */
  bind(address: ActorAddress): LocalRef {
    const { system, name, epoch } = this.settings
    const here = address.system === system && address.node === name && address.epoch === epoch
    const entry = here && address.name !== undefined ? this.entryOf(address.name) : undefined
    if (entry !== undefined) return new LocalRef(this, { entry, ...(entry.actor && { actor: entry.actor }) })
    const actor = here ? this.actors.get(address.id) : undefined
    return new LocalRef(this, actor === undefined ? { elsewhere: address } : { actor })
  }

  entryOf(name: string): NameEntry | undefined {
    return this.#names.get(name)
  }

  addressOf(actor: RunningActor): ActorAddress {
    const { system, name: node, epoch } = this.settings
    const { id, name } = actor.settings
    return name === undefined ? { system, node, epoch, id } : { system, node, epoch, id, name }
  }

  call(ref: LocalRef, name: string, input: unknown): Promise<unknown> {
    const actor = ref.target
    if (actor === undefined) return this.#callElsewhere(ref, { name, input }, {})
    try {
      return this.#ask(actor, this.#message(actor, callHandler(actor, name), input), undefined)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  callWith(ref: LocalRef, what: { readonly name: string; readonly input: unknown }, options: CallOptions) {
    const actor = ref.target
    if (actor === undefined) return this.#callElsewhere(ref, what, options)
    try {
      return this.#ask(actor, this.#message(actor, callHandler(actor, what.name), what.input), options)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  cast(ref: LocalRef, name: string, input: unknown): void {
    const refused = this.#tell(ref, name, input)
    if (refused !== undefined) throw refused
  }

  /** The actor of this node that another node means: by its name, else by id in this life of the node. */
  actorAt(target: { readonly id: number; readonly epoch: number; readonly name: string }): RunningActor | undefined {
    if (target.name !== '') return this.entryOf(target.name)?.actor
    return target.epoch === this.settings.epoch ? this.actors.get(target.id) : undefined
  }

  /** A call from another node: its input is checked whatever the settings say. */
  answer(actor: RunningActor, call: IncomingCall): Promise<unknown> {
    try {
      const handler = callHandler(actor, call.name)
      const message = new Message(handler, schemaChecked(actor, handler, call.input))
      message.extras = new CallExtras(message, () => callTimeout(actor.label, call.name, call.timeoutMs), call.chain)
      return this.#ask(actor, message, { timeoutMs: call.timeoutMs, signal: call.signal })
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  /** A cast from another node; returns why it was refused. */
  take(actor: RunningActor, name: string, input: unknown): Error | undefined {
    const handler = castHandler(actor, name)
    return this.#offerCast(actor, new Message(handler, schemaChecked(actor, handler, input)))
  }

  monitor(ref: LocalRef, listener: (reason: ExitReason) => void): () => void {
    const actor = ref.target
    if (actor !== undefined) return actor.monitor(listener)
    const there = this.#reachable(ref)
    if (there !== undefined) return there.elsewhere.monitor(there.address, listener)
    let wanted = true
    queueMicrotask(() => {
      if (wanted) listener({ type: 'no-such-actor' })
    })
    return () => {
      wanted = false
    }
  }

  checkedReply(actor: RunningActor, handler: Handler, reply: unknown): unknown {
    return this.#codec === undefined ? reply : this.#codec.copy(reply, `${actor.definition.name}.${handler.name} reply`)
  }

  carryOut(actor: RunningActor, effect: Effect): void {
    switch (effect.type) {
      case 'cast-send':
        // A full mailbox elsewhere is no fault of the sender: the cast is dropped and counted.
        this.#tell(this.#own(effect.to), effect.cast, effect.input)
        break
      case 'timer-start': {
        const handler = castHandler(actor, effect.cast)
        const message = () => new Message(handler, effect.input)
        actor.startTimer(effect.timer, { delayMs: effect.delayMs, repeat: effect.repeat }, message)
        break
      }
      case 'timer-cancel':
        actor.cancelTimer(effect.timer)
        break
      case 'monitor-start': {
        const ref = this.#own(effect.actor)
        actor.watch(ref, (listener) => this.monitor(ref, listener))
        break
      }
      case 'telemetry-emit':
        this.settings.telemetry.emit(effect.event)
        break
      case 'actor-stop':
        actor.stop({ type: 'normal' })
    }
  }

  ended(actor: RunningActor, reason: ExitReason): void {
    this.actors.delete(actor.settings.id)
    const entry = actor.settings.name === undefined ? undefined : this.#names.get(actor.settings.name)
    if (entry?.actor === actor) {
      entry.actor = undefined
      if (!entry.supervised) this.release(entry)
    }
    if (reason.type === 'crashed')
      this.#emit('actor-crashed', actor, { code: reason.error.code, message: reason.error.message })
    else this.#emit('actor-stopped', actor, { reason: reason.type })
  }

  /** Ends what waits for time. Actors are stopped by then. */
  close(): void {
    this.stopped = true
    this.#deadlines.clear()
  }

  readonly #capture = (resolve: (reply: unknown) => void, reject: (thrown: unknown) => void): void => {
    this.#resolve = resolve
    this.#reject = reject
  }

  #message(actor: RunningActor, handler: Handler, input: unknown): Message {
    return new Message(handler, this.#codec === undefined ? input : this.#checkedInput(actor, handler, input))
  }

  #ask(actor: RunningActor, message: Message, options: CallOptions | undefined): Promise<unknown> {
    const promise = new Promise<unknown>(this.#capture)
    message.resolve = this.#resolve
    message.reject = this.#reject
    const bare =
      options === undefined &&
      this.settings.callTimeoutMs === Number.POSITIVE_INFINITY &&
      this.running === undefined &&
      this.waitingHandlers === 0
    if (!bare && !this.#prepared(message, actor, options)) return promise
    const left = actor.offer(message)
    if (left !== undefined) this.#dropped(actor, left)
    return promise
  }

  /** Returns why the sender is refused, where the receiver says so. */
  #tell(ref: LocalRef, name: string, input: unknown): Error | undefined {
    const actor = ref.target
    if (actor === undefined) {
      const there = this.#reachable(ref)
      if (there === undefined) this.#undelivered(ref, name)
      else there.elsewhere.cast(there.address, name, input)
      return undefined
    }
    return this.#offerCast(actor, this.#message(actor, castHandler(actor, name), input))
  }

  #offerCast(actor: RunningActor, message: Message): Error | undefined {
    const left = actor.offer(message)
    if (left === undefined) return undefined
    this.#dropped(actor, left)
    const { mailboxCapacity, overflow } = actor.settings.limits
    return overflow === 'reject' ? mailboxFull(actor.label, mailboxCapacity) : undefined
  }

  #limits(definition: ActorDefinition, how: StartSettings): ActorLimits {
    const mailboxCapacity = how.mailboxCapacity ?? definition.mailboxCapacity
    const overflow = how.overflow ?? definition.overflow
    const { shutdownMs } = how
    if (mailboxCapacity === undefined && overflow === undefined && shutdownMs === undefined) return this.settings
    return {
      mailboxCapacity: mailboxCapacity ?? this.settings.mailboxCapacity,
      overflow: overflow ?? this.settings.overflow,
      shutdownMs: shutdownMs ?? this.settings.shutdownMs,
    }
  }

  #reachable(ref: LocalRef): { readonly elsewhere: Elsewhere; readonly address: ActorAddress } | undefined {
    const { elsewhere, stopped, settings } = this
    const address = ref.elsewhere
    if (elsewhere === undefined || stopped || address === undefined || address.system !== settings.system) return undefined
    return address.node === settings.name && address.scope === undefined ? undefined : { elsewhere, address }
  }

  #callElsewhere(
    ref: LocalRef,
    what: { readonly name: string; readonly input: unknown },
    options: CallOptions,
  ): Promise<unknown> {
    const there = this.#reachable(ref)
    if (there === undefined) return Promise.reject(this.#absence(ref))
    const timeoutMs = options.timeoutMs ?? this.settings.callTimeoutMs
    const refused = callOptionsRefusal(options, timeoutMs)
    if (refused !== undefined) return Promise.reject(refused)
    const caller = this.#caller()
    const chain = caller === undefined ? [] : this.#chainOf(caller)
    return there.elsewhere.call(there.address, { ...what, timeoutMs, signal: options.signal, chain })
  }

  /** Who waits for what this actor works on now, itself last. */
  #chainOf(caller: RunningActor): readonly string[] {
    const before = caller.work?.extras?.chain ?? []
    return [...before, this.#chainLink(caller)]
  }

  #chainLink(actor: RunningActor): string {
    const { name, epoch } = this.settings
    return `${name}/${epoch}/${actor.settings.id}`
  }

  /** Deadline, signal and who waits for whom; false when the call has failed already. */
  #prepared(message: Message, actor: RunningActor, options: CallOptions | undefined): boolean {
    const timeoutMs = options?.timeoutMs ?? this.settings.callTimeoutMs
    const signal = options?.signal
    const refused = callOptionsRefusal(options, timeoutMs)
    if (refused !== undefined) message.fail(refused)
    else if (signal?.aborted) message.fail(signal.reason)
    if (message.done) return false
    const caller = this.#caller()
    const way = caller === undefined ? undefined : findCallCycle(caller, actor)
    if (way !== undefined) {
      message.fail(callCycle(way))
      return false
    }
    message.extras ??= new CallExtras(message, () => callTimeout(actor.label, message.handler.name, timeoutMs))
    if (message.extras.chain.includes(this.#chainLink(actor))) {
      message.fail(callCycle([...message.extras.chain, this.#chainLink(actor)]))
      return false
    }
    if (timeoutMs !== Number.POSITIVE_INFINITY) message.extras.expireWith(this.#deadlines, timeoutMs)
    if (signal != null) message.extras.abortWith(signal)
    if (caller?.work !== undefined) {
      message.extras.waitedForBy(caller.work, actor)
      if (caller.work.extras?.chain.length) message.extras.chain = this.#chainOf(caller)
    }
    return true
  }

  /** The actor on whose behalf this call is made, while it works on the message that made it. */
  #caller(): RunningActor | undefined {
    if (this.running !== undefined) return this.running.work === undefined ? undefined : this.running
    if (this.waitingHandlers === 0) return undefined
    const work = currentContext()?.work
    const worker = work?.worker
    return worker instanceof RunningActor && worker.host === this && worker.work === work?.message ? worker : undefined
  }

  #checkedInput(actor: RunningActor, handler: Handler, input: unknown): unknown {
    const target = `${actor.definition.name}.${handler.name}`
    return schemaChecked(actor, handler, (this.#codec as Codec).copy(input, target))
  }

  #own(ref: ActorReference): LocalRef {
    return ref instanceof LocalRef ? ref : this.bind(ref.address)
  }

  #dropped(actor: RunningActor, message: Message): void {
    message.fail(mailboxFull(actor.label, actor.settings.limits.mailboxCapacity))
    this.#emit('message-dropped', actor, { message: message.handler.name, reason: 'mailbox-full' })
  }

  #undelivered(ref: LocalRef, name: string): void {
    const { telemetry, name: node } = this.settings
    if (!telemetry.enabled) return
    const metadata = { node, actor: ref.label, message: name, reason: 'no-such-actor' }
    telemetry.emit({ name: 'foundation.message-dropped', measurements: { count: 1 }, metadata })
  }

  #absence(ref: LocalRef): Error {
    if (this.stopped) return nodeStopped(this.settings.name)
    return noSuchActor(ref.label, ref.restarting)
  }

  #emit(event: string, actor: RunningActor, more: { readonly [key: string]: string }): void {
    const { telemetry, name: node } = this.settings
    if (!telemetry.enabled) return
    const metadata = { node, actor: actor.label, definition: actor.definition.name, ...more }
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata })
  }

  #refExtension() {
    return {
      tag: 'ref',
      accepts: (value: object) => value instanceof LocalRef,
      toPlain: (value: object) => (value as LocalRef).address,
      fromPlain: (plain: unknown) => this.bind(plain as ActorAddress),
    }
  }
}

function callOptionsRefusal(options: CallOptions | undefined, timeoutMs: number): Error | undefined {
  for (const key in options) {
    if (key !== 'timeoutMs' && key !== 'signal') return unknownName('call', 'option', key, ['timeoutMs', 'signal'])
  }
  return timeoutMs > 0 ? undefined : invalidOption('call', 'timeoutMs', 'a number of milliseconds > 0', timeoutMs)
}

/** The input itself; throws `foundation/invalid-message` for one that does not pass the schema of its handler. */
function schemaChecked(actor: RunningActor, handler: Handler, input: unknown): unknown {
  if (handler.input === undefined) return input
  const target = `${actor.definition.name}.${handler.name}`
  const result = handler.input['~standard'].validate(input)
  if (result instanceof Promise) throw invalidMessage(target, 'its schema is async; a schema of a message must not be')
  const issue = result.issues?.[0]
  if (issue === undefined) return input
  const path = (issue.path ?? []).map((step) => `.${String(typeof step === 'object' ? step.key : step)}`).join('')
  throw invalidMessage(target, `input${path}: ${issue.message}`)
}

function callHandler(actor: RunningActor, name: string): Handler {
  const { name: owner, calls } = actor.definition
  const handler = calls.get(name)
  if (handler === undefined) throw unknownName(owner, 'call', name, [...calls.keys()])
  return handler
}

function castHandler(actor: RunningActor, name: string): Handler {
  const { name: owner, casts } = actor.definition
  const handler = casts.get(name)
  if (handler === undefined) throw unknownName(owner, 'cast', name, [...casts.keys()])
  return handler
}
