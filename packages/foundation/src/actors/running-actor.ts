/**
 * One running actor: its state, its mailbox, and the rule that it works on one message at a time. It knows no registry
 * and no supervisor; whoever started it hears of its start and its end through `ActorOwner`.
 */

import { runInContext } from '../async-context.ts'
import type { CancelTimer, Clock } from '../clock.ts'
import { actorCrashed, actorInitFailed, actorStopped } from '../errors/actor-errors.ts'
import { toWireError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { Turns } from '../turns.ts'
import type { ActorContext, ActorDefinition, Handler } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import { ActorTimers, type TimerSettings } from './actor-timers.ts'
import type { Message, Worker } from './call-message.ts'
import { type Effect, isWithEffects } from './effect.ts'
import type { ExitReason } from './exit-reason.ts'
import { HandlerContext } from './handler-context.ts'
import { Mailbox, type Overflow } from './mailbox.ts'

/** What a actor needs of its node. */
export interface ActorHost {
  readonly clock: Clock
  readonly random: Random
  readonly turns: Turns
  readonly timersMax: number
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

/** Who restarts a actor. */
export interface ActorOwner {
  /** Called once, in the turn in which it happens, if `init` succeeded. */
  exited(reason: ExitReason): void
  /** Stops the owner, where it has this one child only. */
  stop?(): void
}

/** Shared by all actors started the same way. */
export interface ActorLimits {
  readonly mailboxCapacity: number
  readonly overflow: Overflow
  readonly shutdownMs: number
}

/** How a actor is made. */
export interface ActorSettings {
  readonly id: number
  readonly name: string | undefined
  readonly owner: ActorOwner | undefined
  readonly limits: ActorLimits
}

/** Called once when `init` is done, with what was thrown if it failed. */
export type OnStart = (failure?: { readonly thrown: unknown }) => void

/** What overtakes messages: news of the end of others, and timers. */
type Control =
  | { readonly type: 'down'; readonly actor: ActorReference; readonly reason: ExitReason }
  | { readonly type: 'timer'; readonly timer: string; readonly settings: TimerSettings; readonly message: Message }

/** Messages taken before other actors get a turn. */
const messagesPerTurn = 32

export class RunningActor implements Worker {
  readonly host: ActorHost
  readonly definition: ActorDefinition
  readonly settings: ActorSettings
  state: unknown
  work: Message | undefined
  nextTask: RunningActor | undefined
  #status: 'starting' | 'running' | 'stopping' | 'dead' = 'starting'
  /** It waits for a promise of a handler. */
  #waits = false
  #asked = false
  #onStart: OnStart | undefined
  #mailbox: Mailbox<Message> | undefined
  #context: HandlerContext | undefined
  #rare: Rare | undefined

  constructor(host: ActorHost, definition: ActorDefinition, settings: ActorSettings) {
    this.host = host
    this.definition = definition
    this.settings = settings
  }

  get label(): string {
    const { id, name } = this.settings
    return name === undefined ? `${this.definition.name}#${id}` : `"${name}"`
  }

  get alive(): boolean {
    return this.#status !== 'dead'
  }

  /** Messages waiting. */
  get waiting(): number {
    return this.#mailbox?.size ?? 0
  }

  /** Runs `init`. Messages may be offered from now on; they wait until it is done. */
  start(arg: unknown, onStart: OnStart): void {
    this.#onStart = onStart
    const init = () => this.definition.init(arg, this.#handlerContext())
    this.#attempt('init', init, (next) => {
      this.#status = 'running'
      this.#onStart = undefined
      this.#take(next)
      onStart()
      this.#askForTurn()
    })
  }

  /** Returns the message that found no place: the one offered or another one; undefined when all did. */
  offer(message: Message): Message | undefined {
    if (this.#mailbox === undefined) {
      const { mailboxCapacity, overflow } = this.settings.limits
      this.#mailbox = new Mailbox(mailboxCapacity, overflow)
    }
    const left = this.#mailbox.offer(message)
    this.#askForTurn()
    return left
  }

  runTurn(): void {
    this.#asked = false
    for (let left = messagesPerTurn; left > 0; left--) {
      if (this.#waits || this.#status !== 'running') return
      if (this.#rare !== undefined && this.#workOnRare(this.#rare)) continue
      const message = this.#mailbox?.take()
      if (message === undefined) return
      this.#workOn(message)
    }
    this.#askForTurn()
  }

  /** Ends after the message under way, before those that wait; is killed when that takes longer than its limit. */
  stop(reason: ExitReason): void {
    if (!this.alive) return
    const { shutdownMs } = this.settings.limits
    const rare = this.#rarely()
    rare.stopReason ??= reason
    if (this.#status === 'running' && !this.#waits && this.host.running !== this) this.#beginStop(rare.stopReason)
    if (!this.alive || rare.cancelShutdown !== undefined || shutdownMs === Number.POSITIVE_INFINITY) return
    rare.cancelShutdown = this.host.clock.setTimer(shutdownMs, () => this.#exit({ type: 'killed' }))
  }

  /** Tells `listener` of the end, once. The result takes that back. */
  monitor(listener: (reason: ExitReason) => void): () => void {
    const { monitors } = this.#rarely()
    monitors.add(listener)
    return () => monitors.delete(listener)
  }

  /** Monitors another actor for the `down` handler, until this one ends. */
  watch(actor: ActorReference, monitor: (listener: (reason: ExitReason) => void) => () => void): void {
    this.#rarely().watching.push(monitor((reason) => this.#control({ type: 'down', actor, reason })))
  }

  startTimer(timer: string, settings: Omit<TimerSettings, 'fire'>, message: () => Message): void {
    const rare = this.#rarely()
    rare.timers ??= new ActorTimers(this.host.clock, this.label, this.host.timersMax)
    const own: TimerSettings = {
      ...settings,
      fire: () => this.#control({ type: 'timer', timer, settings: own, message: message() }),
    }
    rare.timers.start(timer, own)
  }

  cancelTimer(timer: string): void {
    this.#rare?.timers?.cancel(timer)
  }

  #workOn(message: Message): void {
    const { host } = this
    const { handler } = message
    const before = host.running
    this.work = message
    host.running = this
    let result: unknown
    try {
      result = handler.async
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
      for (const effect of effects) this.host.carryOut(this, effect)
    } catch (thrown) {
      this.#crash('an effect', thrown)
    }
  }

  /** What overtakes messages. True when there was something. */
  #workOnRare(rare: Rare): boolean {
    if (rare.stopReason !== undefined) {
      this.#beginStop(rare.stopReason)
      return true
    }
    const control = rare.controls.shift()
    if (control === undefined) return false
    if (control.type === 'timer') {
      if (rare.timers?.taken(control.timer, control.settings)) this.#workOn(control.message)
      return true
    }
    const { down } = this.definition
    if (down === undefined) return true
    const gone = { actor: control.actor, reason: control.reason }
    this.#attempt(
      'down',
      () => down(this.state, gone as never, this.#handlerContext()),
      (next) => this.#take(next),
    )
    return true
  }

  #control(control: Control): void {
    if (!this.alive) return
    this.#rarely().controls.push(control)
    this.#askForTurn()
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
    else done(result)
  }

  #wait(handler: string, result: PromiseLike<unknown>, done: (value: unknown) => void): void {
    this.#waits = true
    this.host.waitingHandlers++
    result.then(
      (value) => {
        this.host.waitingHandlers--
        if (!this.alive) return
        this.#waits = false
        done(value)
        this.#askForTurn()
      },
      (thrown) => {
        this.host.waitingHandlers--
        if (!this.alive) return
        this.#waits = false
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
    this.#end(reason, () => actorStopped(this.label))
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
    for (let message = mailbox?.take(); message !== undefined; message = mailbox?.take()) {
      if (message.reject !== undefined) message.fail(told())
    }
    work?.extras?.abortHandler(told)
    this.#context?.end(told)
    const rare = this.#rare
    this.#rare = undefined
    rare?.cancelShutdown?.()
    rare?.timers?.clear()
    for (const stopWatching of rare?.watching ?? []) stopWatching()
    if (onStart === undefined) this.settings.owner?.exited(reason)
    else onStart({ thrown: told() })
    for (const listener of rare?.monitors ?? []) listener(reason)
  }

  #askForTurn(): void {
    if (this.#asked || this.#waits || this.#status !== 'running') return
    this.#asked = true
    this.host.turns.ask(this)
  }

  #handlerContext(): ActorContext {
    this.#context ??= new HandlerContext(this.host, this)
    return this.#context
  }

  #rarely(): Rare {
    this.#rare ??= new Rare()
    return this.#rare
  }
}

/** What most actors never need, kept out of the actor so that idle ones stay small. */
class Rare {
  readonly controls: Control[] = []
  readonly monitors = new Set<(reason: ExitReason) => void>()
  readonly watching: (() => void)[] = []
  timers: ActorTimers | undefined
  stopReason: ExitReason | undefined
  cancelShutdown: CancelTimer | undefined
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  )
}
