/**
 * One running actor: its state, its mailbox, and the rule that it works on one message at a time. It knows no registry
 * and no supervisor; whoever started it hears of its start and its end through `ActorOwner`.
 */

import type { Clock } from '../clock.ts'
import { type AsyncContext, currentAsyncContext, runInContext, runOutsideContext } from '../context/async-context.ts'
import { childContext } from '../context/context.ts'
import {
  actorCrashed,
  actorInitFailed,
  actorMoved,
  actorStopped,
  linkBroken,
  startTimeout,
} from '../errors/actor-errors.ts'
import { toWireError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Turns } from '../turns.ts'
import type { ActorContext, ActorDefinition, Handler } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import type {
  ActorLimits,
  ActorOwner,
  ActorSettings,
  ActorSnapshot,
  OnStart,
  PendingHandler,
} from './actor-settings.ts'
import { type AttachedActor, Attachments, type Control } from './attachments.ts'
import { Message, type Worker } from './call-message.ts'
import { type Effect, isWithEffects } from './effect.ts'
import type { ExitReason } from './exit-reason.ts'
import { HandlerContext } from './handler-context.ts'
import { type Gone, type LinkExits, linkedReason } from './links.ts'
import { Mailbox } from './mailbox.ts'

/** What an actor needs of its node. */
export interface ActorHost {
  readonly clock: Clock
  readonly random: Random
  /** Names the spans of handlers. */
  readonly spans: Random
  readonly turns: Turns
  readonly timersMax: number
  readonly monitorsMax: number
  readonly linkExits: LinkExits
  /** The actor whose handler runs right now, in this very turn. */
  running: RunningActor | undefined
  /** Handlers that wait for a promise: only while there are any does somebody read the async context. */
  waitingHandlers: number
  reference(actor: RunningActor): ActorReference
  /** The reply as its caller gets it; throws for one that can't be sent. */
  checkedReply(actor: RunningActor, handler: Handler, reply: unknown): unknown
  carryOut(actor: RunningActor, effect: Effect): void
  /** Called once for each actor that ended, before its owner hears of it. */
  ended(actor: RunningActor, reason: ExitReason): void
}

/** Messages taken before other actors get a turn. */
const messagesPerTurn = 32

export class RunningActor implements Worker, AttachedActor, ActorSettings {
  readonly host: ActorHost
  readonly definition: ActorDefinition
  readonly id: number
  readonly name: string | undefined
  readonly owner: ActorOwner | undefined
  readonly limits: ActorLimits
  state: unknown
  work: Message | undefined
  nextTask: RunningActor | undefined
  #status: ActorSnapshot['status'] = 'starting'
  /** It waits for a promise of a handler. */
  #pending: PendingHandler | undefined
  #asked = false
  #onStart: OnStart | undefined
  #mailbox: Mailbox<Message> | undefined
  #context: HandlerContext | undefined
  #rare: Attachments | undefined
  #handled = 0

  constructor(host: ActorHost, definition: ActorDefinition, settings: ActorSettings) {
    this.host = host
    this.definition = definition
    this.id = settings.id
    this.name = settings.name
    this.owner = settings.owner
    // A field that most never have would cost each of a hundred thousand idle ones.
    this.limits = settings.fence === undefined ? settings.limits : { ...settings.limits, fence: settings.fence }
  }

  /** Its own fields, since an object for them would cost as much as its state. */
  get settings(): ActorSettings {
    return this
  }

  get fence(): number | undefined {
    return this.limits.fence
  }

  get label(): string {
    const { id, name } = this.settings
    return name === undefined ? `${this.definition.name}#${id}` : `"${name}"`
  }

  /** The definition as its author knows it. */
  get kind(): ActorDefinition {
    return this.definition.original ?? this.definition
  }

  /** What hangs on it, made now if nothing did. */
  get attachments(): Attachments {
    this.#rare ??= new Attachments(this)
    return this.#rare
  }

  /** A stream of its own. */
  get random(): Random {
    return this.attachments.random
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.alive ? this.attachments.signal : AbortSignal.abort(actorStopped(this.label))
  }

  get alive(): boolean {
    return this.#status !== 'dead'
  }

  get snapshot(): ActorSnapshot {
    return {
      status: this.#status,
      mailboxSize: this.#mailbox?.size ?? 0,
      waiters: this.#mailbox?.waiters ?? 0,
      handled: this.#handled,
      pending: this.#pending,
      attachments: this.#rare,
    }
  }

  /** Runs `init`, or what is to begin in its place. Messages may be offered from now on; they wait until it is done. */
  start(arg: unknown, onStart: OnStart, begin?: (context: ActorContext, definition: ActorDefinition) => unknown): void {
    this.#onStart = onStart
    const context = this.#handlerContext()
    const init = () => (begin === undefined ? this.definition.init(arg, context) : begin(context, this.definition))
    this.#attempt('init', init, (next) => {
      const started = this.#onStart
      this.#status = 'running'
      this.#onStart = undefined
      // Many actors are started and wait long for their first message.
      this.#context = undefined
      this.#take(next)
      started?.()
      this.#askForTurn()
    })
    if (this.#status === 'starting') this.#limitStart(onStart)
  }

  /** Returns the message that found no place: the one offered or another one; undefined when all did. */
  offer(message: Message): Message | undefined {
    if (this.#mailbox === undefined) {
      const { mailboxCapacity, overflow, waitersMax } = this.settings.limits
      this.#mailbox = new Mailbox(mailboxCapacity, overflow, waitersMax)
    }
    const left = this.#mailbox.offer(message)
    this.#askForTurn()
    return left
  }

  runTurn(): void {
    this.#asked = false
    // That of whoever asked first for a turn of any actor.
    const around = currentAsyncContext()
    for (let left = messagesPerTurn; left > 0; left--) {
      if (this.#pending !== undefined || this.#status !== 'running') return
      if (this.#rare !== undefined && this.#workOnRare(this.#rare, around)) continue
      const message = this.#mailbox?.take()
      if (message === undefined) return
      this.#workOn(message, around)
    }
    this.#askForTurn()
  }

  /** Ends after the message under way, before those that wait; is killed when that takes longer than its limit. */
  stop(reason: ExitReason): void {
    if (!this.alive) return
    const { shutdownMs } = this.settings.limits
    const rare = this.attachments
    rare.stopReason ??= reason
    if (this.#status === 'running' && this.#pending === undefined && this.host.running !== this)
      this.#beginStop(rare.stopReason)
    if (!this.alive || rare.cancelShutdown !== undefined || shutdownMs === Number.POSITIVE_INFINITY) return
    rare.cancelShutdown = this.host.clock.setTimer(shutdownMs, () => this.#exit({ type: 'killed' }))
  }

  /** Tells `listener` of the end, once. The result takes that back. */
  monitor(listener: (reason: ExitReason) => void): () => void {
    return this.attachments.monitor(listener)
  }

  linkedEnded(gone: Gone): void {
    if (!this.alive) return
    const { exit } = this.definition
    const { actor, reason } = gone
    if (exit !== undefined) return void this.tell(new Message(exit, { actor, reason }), gone.id)
    if (reason.type === 'normal') return
    const { node, id, name } = actor.address
    const label = name === undefined ? `actor ${id} of node ${node}` : `"${name}"`
    this.#end(linkedReason(actor, reason), () => linkBroken(this.label, label, reason.type))
  }

  /** Ends it now, without last words. */
  kill(): void {
    if (this.alive) this.#exit({ type: 'killed' })
  }

  /** What its handlers run in is no more. */
  crash(thrown: unknown): void {
    if (this.alive) this.#crash('its thread', thrown)
  }

  control(control: Control): void {
    if (!this.alive) return void (control.type === 'task' && control.ended(() => actorStopped(this.label)))
    this.attachments.controls.push(control)
    this.#askForTurn()
  }

  tell(news: Message, fromId: number): void {
    if (!this.alive) return
    let sent = false
    if (fromId !== 0)
      this.#mailbox?.each((one) => {
        if (one.senderId === fromId) sent = true
      })
    if (!sent) return void this.control({ type: 'message', message: news })
    this.#mailbox?.append(news)
    this.#askForTurn()
  }

  eachWaiting(visit: (message: Message) => void): void {
    this.#mailbox?.each(visit)
  }

  /** All of it is done on behalf of whoever sent the message: handler, effects, and what they set in motion. */
  #workOn(message: Message, around: AsyncContext | undefined): void {
    const { context } = message
    if (context === undefined) {
      if (around === undefined) this.#run(message)
      else runOutsideContext(() => this.#run(message))
      return
    }
    const flow = childContext(context, this.host.spans)
    // To enter a context costs more than the rest of a call, and here is one that says the same: it names no work, and that
    // is asked for only by handlers that wait.
    const same = around?.flow === flow && around.work === undefined
    if (same && !message.handler.async) return void this.#run(message)
    runInContext({ work: { worker: this, message }, flow }, () => this.#run(message))
  }

  #run(message: Message): void {
    const { host } = this
    const { handler } = message
    const before = host.running
    this.#handled++
    this.work = message
    host.running = this
    let result: unknown
    try {
      result =
        handler.async && message.context === undefined
          ? runInContext({ work: { worker: this, message } }, () =>
              handler.run(this.state, message.input, this.#handlerContext()),
            )
          : handler.run(this.state, message.input, this.#handlerContext())
    } catch (thrown) {
      host.running = before
      return void this.#failed(handler.name, thrown)
    }
    host.running = before
    if (!isPromise(result)) return void this.#finish(message, result)
    handler.async = true
    this.#wait(handler.name, result, (value) => this.#finish(message, value))
  }

  #finish(message: Message, result: unknown): void {
    // A linked actor that ended in this very turn took this one along.
    if (!this.alive) return
    this.work = undefined
    if (message.resolve === undefined) return void this.#take(result)
    if (!Array.isArray(result) || result.length < 2) {
      const sentence = `a call returns [state, reply] or [state, reply, effects]; ${message.handler.name} did not`
      this.work = message
      return void this.#crash(message.handler.name, new TypeError(sentence))
    }
    let reply: unknown
    try {
      reply = this.host.checkedReply(this, message.handler, result[1])
    } catch (thrown) {
      // Found in development only: the caller learns which part of the reply can't be sent, the state stays.
      return void message.fail(thrown)
    }
    this.state = result[0]
    message.succeed(reply)
    if (result.length > 2) this.#carryOut(result[2] as readonly Effect[])
  }

  /** A new state, with effects or without. */
  #take(next: unknown): void {
    if (!isWithEffects(next)) {
      this.state = next
      return
    }
    this.state = next.state
    this.#carryOut(next.effects)
  }

  #carryOut(effects: readonly Effect[]): void {
    try {
      for (const effect of effects) {
        // Ended by one of them: the rest would hang on an actor that is no more.
        if (this.#status !== 'running') return
        this.host.carryOut(this, effect)
      }
    } catch (thrown) {
      this.#crash('an effect', thrown)
    }
  }

  /** What overtakes messages. True when there was something. */
  #workOnRare(rare: Attachments, around: AsyncContext | undefined): boolean {
    const { stopReason } = rare
    if (stopReason !== undefined) {
      runOutsideContext(() => this.#beginStop(stopReason))
      return true
    }
    const control = rare.controls.shift()
    if (control === undefined) return false
    if (control.type === 'task') {
      const result = runOutsideContext(() => control.run())
      if (result !== undefined) this.#wait('a pause', result, () => {})
    } else if (!control.message.done && control.wanted?.() !== false) this.#workOn(control.message, around)
    return true
  }

  #beginStop(reason: ExitReason): void {
    this.#status = 'stopping'
    const { stop } = this.definition
    if (stop === undefined) return void this.#exit(reason)
    this.#attempt(
      'stop',
      () => stop(this.state, reason, this.#handlerContext()),
      () => this.#exit(reason),
    )
  }

  /** Runs a handler that is no message. */
  #attempt(handler: string, run: () => unknown, done: (value: unknown) => void): void {
    const { host } = this
    const before = host.running
    host.running = this
    let result: unknown
    try {
      result = run()
    } catch (thrown) {
      host.running = before
      return void this.#crash(handler, thrown)
    }
    host.running = before
    if (isPromise(result)) this.#wait(handler, result, done)
    else if (this.alive) done(result)
  }

  #wait(handler: string, result: PromiseLike<unknown>, done: (value: unknown) => void): void {
    this.#pending = { handler, sinceMs: this.host.clock.monotonicMs() }
    this.host.waitingHandlers++
    result.then(
      (value) => {
        this.host.waitingHandlers--
        if (!this.alive) return
        this.#pending = undefined
        done(value)
        this.#askForTurn()
      },
      (thrown) => {
        this.host.waitingHandlers--
        if (!this.alive) return
        this.#pending = undefined
        this.#failed(handler, thrown)
        this.#askForTurn()
      },
    )
  }

  /** A handler threw: a crash, unless it did so because its caller gave up, as its signal told it. */
  #failed(handler: string, thrown: unknown): void {
    if (this.work?.extras?.endedBy(thrown)) this.work = undefined
    else this.#crash(handler, thrown)
  }

  #crash(handler: string, thrown: unknown): void {
    const starting = this.#status === 'starting'
    this.#end({ type: 'crashed', error: toWireError(thrown) }, () =>
      starting ? actorInitFailed(this.label, thrown) : actorCrashed(this.label, handler, thrown),
    )
  }

  #exit(reason: ExitReason): void {
    this.#end(reason, () => (reason.type === 'moved' ? actorMoved(this.label) : actorStopped(this.label)))
  }

  /** The end of it: nothing of this actor runs after, except handlers that were killed and whose result is ignored. */
  #end(reason: ExitReason, told: () => Error): void {
    if (!this.alive) return
    const onStart = this.#onStart
    const work = this.work
    const mailbox = this.#mailbox
    this.#status = 'dead'
    this.work = undefined
    this.state = undefined
    this.#mailbox = undefined
    this.host.ended(this, reason)
    if (work?.reject !== undefined) work.fail(told())
    const mail = this.#rare?.mail
    const waiting: Message[] = []
    for (let message = mailbox?.take(); message !== undefined; message = mailbox?.take()) {
      if (mail !== undefined) waiting.push(message)
      else if (message.reject !== undefined) message.fail(told())
    }
    work?.extras?.abortHandler(told)
    mail?.(waiting)
    const rare = this.#rare
    this.#rare = undefined
    rare?.release(told)
    // Those who hear of it do not act on behalf of whoever sent the message that was under way.
    runOutsideContext(() => {
      if (onStart === undefined) this.settings.owner?.exited(reason)
      else onStart({ thrown: told() })
      rare?.tellEnd({ actor: this.host.reference(this), id: this.settings.id, reason })
    })
  }

  /** `init` must be done in time; nobody waits for one that hangs. */
  #limitStart(onStart: OnStart): void {
    const { startMs } = this.settings.limits
    if (startMs === Number.POSITIVE_INFINITY) return
    const cancel = this.host.clock.setTimer(startMs, () => {
      const timeout = startTimeout(this.label, startMs)
      this.#end({ type: 'crashed', error: toWireError(timeout) }, () => timeout)
    })
    this.#onStart = (failure) => {
      cancel()
      onStart(failure)
    }
  }

  #askForTurn(): void {
    if (this.#asked || this.#pending !== undefined || this.#status !== 'running') return
    this.#asked = true
    this.host.turns.ask(this)
  }

  #handlerContext(): ActorContext {
    this.#context ??= new HandlerContext(this.host, this)
    return this.#context
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  )
}
