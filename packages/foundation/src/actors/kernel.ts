/**
 * What the actors of one node share: names, ids, clock, codec, and the way of a message from a reference into a
 * mailbox. Nothing here decides anything; it is the one place where effects of handlers are carried out.
 */

import type { Clock } from '../clock.ts'
import { type Codec, createCodec } from '../codec/codec.ts'
import { currentAsyncContext, currentFlow } from '../context/async-context.ts'
import { boundedByContext, withoutDeadline } from '../context/context.ts'
import { contextFromWire, contextToWire } from '../context/wire-context.ts'
import {
  callCycle,
  callTimeout,
  limitReached,
  linkElsewhere,
  mailboxFull,
  nameTaken,
  nodeStopped,
  noSuchActor,
} from '../errors/actor-errors.ts'
import { storedStateExtension } from '../migration/snapshots.ts'
import type { NodePort } from '../node-port.ts'
import { invalidOption, unknownName } from '../options.ts'
import type { Random } from '../random.ts'
import { sentReply } from '../threads/thread-actor.ts'
import { sliceDefaults, Turns } from '../turns.ts'
import type { ActorContext, ActorDefinition, Handler, Isolation } from './actor.ts'
import type { ActorAddress, ActorReference } from './actor-address.ts'
import type { CallOptions } from './actor-ref.ts'
import { type ActorLimits, type ActorOwner, actorLimits, type GivenLimits, type OnStart } from './actor-settings.ts'
import type { AttachedActor } from './attachments.ts'
import { CallDeadlines } from './call-deadlines.ts'
import { CallExtras, findCallCycle, Message } from './call-message.ts'
import type { Effect } from './effect.ts'
import type { Elsewhere, IncomingCall, IncomingCast } from './elsewhere.ts'
import type { ExitReason } from './exit-reason.ts'
import { GoneNames } from './gone-names.ts'
import { callHandler, castHandler, checkedInput, schemaChecked } from './handlers.ts'
import { LinkExits } from './links.ts'
import { LocalRef, type NameEntry, type RefHost } from './local-ref.ts'
import { type ActorHost, RunningActor } from './running-actor.ts'

export interface KernelSettings extends ActorLimits, Omit<NodePort, 'codec' | 'engine'> {
  readonly codec: boolean
  readonly messageBytesMax: number
  readonly callTimeoutMs: number
  readonly actorsMax: number
  readonly timersMax: number
  readonly monitorsMax: number
}

/** Where handlers of isolated actors run. */
export interface ActorThreads {
  readonly codec: Codec
  /** The definition whose handlers run those of `definition` in a thread. */
  standIn(definition: ActorDefinition, isolation: Exclude<Isolation, 'none'>): ActorDefinition
}

/** How an actor is started. */
export interface StartSettings extends GivenLimits {
  readonly entry?: NameEntry | undefined
  readonly owner?: ActorOwner | undefined
  /** @default as the definition says */
  readonly isolation?: Isolation | undefined
  /** The token of the claim under which it runs. */
  readonly fence?: number | undefined
  /** In place of `init`, where it goes on from what another has left; by the definition that runs here, which may be a stand-in. */
  readonly begin?: ((context: ActorContext, definition: ActorDefinition) => unknown) | undefined
  /** In place of limits of its own, where many actors share them. */
  readonly limits?: ActorLimits | undefined
  readonly onStart: OnStart
}

export class Kernel implements ActorHost, RefHost {
  readonly settings: KernelSettings
  readonly clock: Clock
  readonly random: Random
  readonly turns: Turns
  readonly timersMax: number
  readonly monitorsMax: number
  readonly linkExits = new LinkExits()
  readonly goneNames = new GoneNames()
  readonly actors = new Map<number, RunningActor>()
  running: RunningActor | undefined
  waitingHandlers = 0
  stopped = false
  /** Set once other nodes can be reached. */
  elsewhere: Elsewhere | undefined
  /** Told when an actor with a name begins: it takes messages from now on. */
  onNamed: ((name: string) => void) | undefined
  /** Set before the first actor starts. */
  threads: ActorThreads | undefined
  readonly #names = new Map<string, NameEntry>()
  readonly #deadlines: CallDeadlines
  readonly #codec: Codec | undefined
  /** For those who look into actors, made when somebody does. */
  #looking: Codec | undefined
  readonly spans: Random
  #lastId = 0
  #resolve: (reply: unknown) => void = () => {}
  #reject: (thrown: unknown) => void = () => {}

  constructor(settings: KernelSettings) {
    this.settings = settings
    this.clock = settings.clock
    this.random = settings.random.fork('actors')
    this.spans = settings.random.fork('spans')
    this.turns = new Turns(settings.clock, sliceDefaults, 'of-the-first')
    this.timersMax = settings.timersMax
    this.monitorsMax = settings.monitorsMax
    this.#deadlines = new CallDeadlines(settings.clock)
    if (settings.codec) this.#codec = this.newCodec()
  }

  /** Ids also order what was started, so that it can be stopped in reverse. */
  nextId(): number {
    return ++this.#lastId
  }

  /** Takes a name; throws `foundation/name-taken`. */
  reserve(name: string, supervised: boolean, scope?: 'system'): NameEntry {
    if (this.#names.has(name)) throw nameTaken(name)
    const entry: NameEntry = { name, actor: undefined, supervised, restarting: false, scope, isReturning: false }
    this.#names.set(name, entry)
    this.goneNames.forget(name)
    return entry
  }

  release(entry: NameEntry | undefined): void {
    if (entry !== undefined && this.#names.get(entry.name) === entry) this.#names.delete(entry.name)
  }

  start(definition: ActorDefinition, arg: unknown, how: StartSettings): RunningActor {
    const { actorsMax, name: node } = this.settings
    if (this.stopped) throw nodeStopped(node)
    if (this.actors.size >= actorsMax) throw limitReached(`node ${node}`, 'actorsMax', actorsMax)
    const actor = new RunningActor(this, this.#isolated(definition, how.isolation ?? definition.isolation), {
      id: this.nextId(),
      name: how.entry?.name,
      owner: how.owner,
      limits: how.limits ?? actorLimits(this.settings, definition, how),
      fence: how.fence,
    })
    this.actors.set(actor.settings.id, actor)
    if (how.entry !== undefined) {
      how.entry.actor = actor
      this.onNamed?.(how.entry.name)
    }
    this.#emit('actor-started', actor, {})
    actor.start(arg, how.onStart, how.begin)
    return actor
  }

  #isolated(definition: ActorDefinition, isolation: Isolation): ActorDefinition {
    if (isolation === 'none' || this.threads === undefined) return definition
    return this.threads.standIn(definition, isolation)
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

  /** Any reference as one of this node. */
  own(ref: ActorReference): LocalRef {
    return ref instanceof LocalRef ? ref : this.bind(ref.address)
  }

  entryOf(name: string): NameEntry | undefined {
    return this.#names.get(name)
  }

  addressOf(actor: Pick<AttachedActor, 'settings'>): ActorAddress {
    const { system, name: node, epoch } = this.settings
    const { id, name } = actor.settings
    return name === undefined ? { system, node, epoch, id } : { ...this.addressOfName(name), id }
  }

  /** Of whoever has the name, or will. */
  addressOfName(name: string): ActorAddress {
    const { system, name: node, epoch } = this.settings
    const scope = this.#names.get(name)?.scope
    return { system, node, epoch, id: 0, name, ...(scope !== undefined && { scope }) }
  }

  call(ref: LocalRef, name: string, input: unknown): Promise<unknown> {
    const actor = ref.receiver
    if (actor === undefined) return this.#callElsewhere(ref, { name, input }, {})
    try {
      return this.#ask(actor, this.#message(actor, callHandler(actor, name), input), undefined)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  callWith(ref: LocalRef, what: { readonly name: string; readonly input: unknown }, options: CallOptions) {
    const actor = ref.receiver
    if (actor === undefined) return this.#callElsewhere(ref, what, options)
    try {
      return this.#ask(actor, this.#message(actor, callHandler(actor, what.name), what.input), options)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  cast(ref: LocalRef, name: string, input: unknown): void {
    const actor = ref.receiver
    if (actor === undefined) return void this.#castElsewhere(ref, name, input)
    const message = this.#message(actor, castHandler(actor, name), input)
    const sender = this.running ?? this.#caller()
    if (sender !== undefined) message.senderId = sender.settings.id
    const refused = this.#offerCast(actor, message)
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
      const input = schemaChecked(actor, handler, call.input)
      const message = new Message(handler, input, contextFromWire(call.context, this.clock))
      message.extras = new CallExtras(message, () => callTimeout(actor.label, call.name, call.timeoutMs), call.chain)
      return this.#ask(actor, message, { timeoutMs: call.timeoutMs, signal: call.signal })
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  /** A cast from another node; returns why it was refused. */
  take(actor: RunningActor, cast: IncomingCast): Error | undefined {
    const handler = castHandler(actor, cast.name)
    const input = schemaChecked(actor, handler, cast.input)
    return this.#offerCast(actor, new Message(handler, input, contextFromWire(cast.context, this.clock)))
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

  /** A copy of what can be sent; throws for what can't, also where messages do not pass the codec. */
  copied(value: unknown, what: string): unknown {
    this.#looking ??= this.#codec ?? this.newCodec()
    return this.#looking.copy(value, what)
  }

  checkedReply(actor: RunningActor, handler: Handler, reply: unknown): unknown {
    if (actor.definition.original !== undefined) return sentReply(reply)
    return this.#codec === undefined ? reply : this.#codec.copy(reply, `${actor.definition.name}.${handler.name} reply`)
  }

  carryOut(actor: RunningActor, effect: Effect): void {
    switch (effect.type) {
      case 'cast-send':
        // A full mailbox elsewhere is no fault of the sender: the cast is dropped and counted.
        this.#castFor(actor, this.own(effect.to), effect)
        break
      case 'timer-start': {
        const handler = castHandler(actor, effect.cast)
        const context = effect.repeat ? withoutDeadline(currentFlow()) : currentFlow()
        const message = () => new Message(handler, effect.input, context)
        actor.attachments.startTimer(effect.timer, { delayMs: effect.delayMs, repeat: effect.repeat }, message)
        break
      }
      case 'timer-cancel':
        actor.attachments.cancelTimer(effect.timer)
        break
      case 'monitor-start': {
        const ref = this.own(effect.actor)
        actor.attachments.watch(ref, ref.target?.settings.id ?? 0, (listener) => this.monitor(ref, listener))
        break
      }
      case 'monitor-end':
        actor.attachments.unwatch(effect.actor.address)
        break
      case 'link-start':
        this.#link(actor, this.own(effect.actor))
        break
      case 'link-end':
        actor.attachments.unlink(this.own(effect.actor).target, effect.actor.address)
        break
      case 'telemetry-emit':
        this.settings.telemetry.emit(effect.event)
        break
      case 'actor-stop':
        actor.stop({ type: 'normal' })
        break
      default:
        throw invalidOption(actor.definition.name, 'effects', 'what the functions of effect give', effect)
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
    const codec = this.#codec ?? (actor.definition.original === undefined ? undefined : this.threads?.codec)
    const checked = codec === undefined ? input : checkedInput(codec, actor, { handler, input })
    return new Message(handler, checked, currentFlow())
  }

  #ask(actor: RunningActor, message: Message, options: CallOptions | undefined): Promise<unknown> {
    const promise = new Promise<unknown>(this.#capture)
    message.resolve = this.#resolve
    message.reject = this.#reject
    const bare =
      options === undefined &&
      this.settings.callTimeoutMs === Number.POSITIVE_INFINITY &&
      this.running === undefined &&
      this.waitingHandlers === 0 &&
      message.context?.deadline === undefined
    if (!bare && !this.#prepared(message, actor, options)) return promise
    const left = actor.offer(message)
    if (left !== undefined) this.#dropped(actor, left)
    return promise
  }

  #castFor(sender: RunningActor, ref: LocalRef, what: { readonly cast: string; readonly input: unknown }): void {
    const actor = ref.receiver
    if (actor === undefined) return void this.#castElsewhere(ref, what.cast, what.input)
    const message = this.#message(actor, castHandler(actor, what.cast), what.input)
    message.senderId = sender.settings.id
    this.#offerCast(actor, message)
  }

  #castElsewhere(ref: LocalRef, name: string, input: unknown): void {
    const there = this.#reachable(ref)
    if (there === undefined) this.#undelivered(ref, name)
    else there.elsewhere.cast(there.address, { name, input, context: contextToWire() })
  }

  /** Returns why the sender is refused, where the receiver says so. */
  #offerCast(actor: RunningActor, message: Message): Error | undefined {
    const left = actor.offer(message)
    if (left === undefined) return undefined
    this.#dropped(actor, left)
    const { mailboxCapacity, overflow } = actor.settings.limits
    return overflow === 'reject' || overflow === 'block' ? mailboxFull(actor.label, mailboxCapacity) : undefined
  }

  #reachable(ref: LocalRef): { readonly elsewhere: Elsewhere; readonly address: ActorAddress } | undefined {
    const { elsewhere, stopped, settings } = this
    const address = ref.elsewhere
    if (elsewhere === undefined || stopped || address === undefined || address.system !== settings.system)
      return undefined
    return address.node === settings.name && address.scope === undefined ? undefined : { elsewhere, address }
  }

  #callElsewhere(
    ref: LocalRef,
    what: { readonly name: string; readonly input: unknown },
    options: CallOptions,
  ): Promise<unknown> {
    const there = this.#reachable(ref)
    if (there === undefined) return Promise.reject(this.#absence(ref))
    const askedMs = options.timeoutMs ?? this.settings.callTimeoutMs
    const refused = callOptionsRefusal(options, askedMs)
    if (refused !== undefined) return Promise.reject(refused)
    const timeoutMs = boundedByContext(askedMs, currentFlow())
    if (timeoutMs <= 0) return Promise.reject(callTimeout(ref.label, what.name, 0))
    const caller = this.#caller()
    const chain = caller === undefined ? [] : this.#chainOf(caller)
    return there.elsewhere.call(there.address, {
      ...what,
      timeoutMs,
      signal: options.signal,
      chain,
      context: contextToWire(),
    })
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
    const askedMs = options?.timeoutMs ?? this.settings.callTimeoutMs
    const timeoutMs = boundedByContext(askedMs, message.context)
    const signal = options?.signal
    const refused = callOptionsRefusal(options, askedMs)
    if (refused !== undefined) message.fail(refused)
    else if (timeoutMs <= 0) message.fail(callTimeout(actor.label, message.handler.name, 0))
    else if (signal?.aborted) message.fail(signal.reason)
    if (message.done) return false
    const caller = this.#caller()
    if (caller !== undefined) message.senderId = caller.settings.id
    const way = caller === undefined ? undefined : findCallCycle(caller, actor)
    if (way !== undefined) {
      message.fail(callCycle(way))
      return false
    }
    message.extras ??= new CallExtras(message, () => callTimeout(actor.label, message.handler.name, timeoutMs))
    const { chain } = message.extras
    if (chain?.includes(this.#chainLink(actor))) {
      message.fail(callCycle([...chain, this.#chainLink(actor)]))
      return false
    }
    if (timeoutMs !== Number.POSITIVE_INFINITY) {
      const shared = timeoutMs < askedMs ? message.context?.deadline : undefined
      message.extras.expireWith(this.#deadlines, timeoutMs, shared)
    }
    if (signal != null) message.extras.abortWith(signal)
    if (caller?.work !== undefined) {
      message.extras.waitedForBy(caller.work, actor)
      if (caller.work.extras?.chain?.length) message.extras.chain = this.#chainOf(caller)
    }
    return true
  }

  /** The actor on whose behalf this call is made, while it works on the message that made it. */
  #caller(): RunningActor | undefined {
    if (this.running !== undefined) return this.running.work === undefined ? undefined : this.running
    if (this.waitingHandlers === 0) return undefined
    const work = currentAsyncContext()?.work
    const worker = work?.worker
    return worker instanceof RunningActor && worker.host === this && worker.work === work?.message ? worker : undefined
  }

  #link(actor: RunningActor, ref: LocalRef): void {
    const other = ref.target
    if (other !== undefined) return void actor.attachments.link(other)
    if (this.#reachable(ref) !== undefined) throw linkElsewhere(actor.label, ref.label)
    actor.linkedEnded({ actor: ref, id: 0, reason: { type: 'no-such-actor' } })
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
    return noSuchActor(ref.label, ref.restarting, this.goneNames.reasonOf(this.#nameOf(ref)))
  }

  /** Of an actor of this life of this node, also of one that is no more. */
  #nameOf({ name, elsewhere }: LocalRef): string | undefined {
    const { system, name: node, epoch } = this.settings
    const wasHere = elsewhere?.system === system && elsewhere.node === node && elsewhere.epoch === epoch
    return name ?? (wasHere ? elsewhere.name : undefined)
  }

  #emit(event: string, actor: RunningActor, more: { readonly [key: string]: string }): void {
    const { telemetry, name: node } = this.settings
    if (!telemetry.enabled) return
    const metadata = { node, actor: actor.label, definition: actor.definition.name, ...more }
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata })
  }

  /** One that references to actors survive. */
  newCodec(bytesMax: number = this.settings.messageBytesMax): Codec {
    return createCodec({ bytesMax, extensions: [this.#refExtension(), storedStateExtension] })
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
  if (!(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    return invalidOption('call', 'timeoutMs', 'a number of milliseconds > 0', timeoutMs)
  }
  const { signal } = options ?? {}
  return signal == null || signal instanceof AbortSignal
    ? undefined
    : invalidOption('call', 'signal', 'an AbortSignal', signal)
}
