/**
 * Supervision: children started in order, restarted by a strategy when they crash, stopped in reverse. This module only
 * carries out what `supervisor-step.ts` decides.
 */

import type { ActorDefinition, ArgOf } from '../actors/actor.ts'
import type { ActorAddress } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { type ExitReason, isAbnormal } from '../actors/exit-reason.ts'
import type { Kernel } from '../actors/kernel.ts'
import type { NameEntry } from '../actors/local-ref.ts'
import type { Overflow } from '../actors/mailbox.ts'
import type { ActorOwner, OnStart, RunningActor } from '../actors/running-actor.ts'
import { supervisorStartFailed } from '../errors/actor-errors.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import {
  type ChildStatus,
  type Command,
  newSupervisor,
  type Restart,
  type StopReason,
  type Strategy,
  type SupervisorEvent,
  type SupervisorState,
  supervisorStep,
} from './supervisor-step.ts'

export interface SupervisorOptions {
  /** For people: in errors, telemetry and the tree. @default 'supervisor' */
  readonly name?: string
  /** @default 'one-for-one' */
  readonly strategy?: Strategy
  /** Restarts allowed inside `windowMs`; one more and all children are stopped and the supervisor gives up. @default 3 */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** In the order of starting; made by `child` and `childSupervisor`. At most 1,000. */
  readonly children: readonly SupervisorChild[]
}

const supervisorDefaults = {
  name: 'supervisor',
  strategy: 'one-for-one',
  restartsMax: 3,
  windowMs: 5_000,
} as const satisfies Omit<Required<SupervisorOptions>, 'children'>

const childrenMax = 1_000

export interface ChildOptions {
  /** Registered, so that references by it survive a restart. @default none */
  readonly name?: string
  /** Unique in its supervisor. @default the name, else the name of the definition */
  readonly id?: string
  /** @default 'permanent' */
  readonly restart?: Restart
  /** How long it may take to stop before it is killed. @default 5_000 */
  readonly shutdownMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
  /** @default as the definition says, else the node */
  readonly overflow?: Overflow
}

const childDefaults = { restart: 'permanent', shutdownMs: 5_000 } as const satisfies Partial<ChildOptions>

/** A child as a supervisor is given it. */
export type SupervisorChild =
  | {
      readonly type: 'actor'
      readonly id: string
      readonly restart: Restart
      readonly definition: ActorDefinition
      readonly arg: unknown
      readonly options: ChildOptions
    }
  | {
      readonly type: 'supervisor'
      readonly id: string
      readonly restart: Restart
      readonly options: SupervisorOptions
    }

/** @example child(Counter, 1, { name: 'counter', restart: 'transient' }) */
export function child<D extends ActorDefinition>(
  definition: D,
  arg: ArgOf<D>,
  options: ChildOptions = {},
): SupervisorChild {
  checkChildOptions('child', options)
  const id = options.id ?? options.name ?? definition.name
  return { type: 'actor', id, restart: options.restart ?? childDefaults.restart, definition, arg, options }
}

/** A supervisor under a supervisor: when it gives up, that is the exit its own supervisor sees. */
export function childSupervisor(
  id: string,
  options: SupervisorOptions,
  restart: Restart = childDefaults.restart,
): SupervisorChild {
  return { type: 'supervisor', id, restart, options: { ...options, name: options.name ?? id } }
}

/** A supervision tree as data. */
export interface SupervisorTree {
  readonly name: string
  readonly strategy: Strategy
  readonly phase: SupervisorState['phase']
  readonly children: readonly {
    readonly id: string
    readonly restart: Restart
    readonly status: ChildStatus
    readonly actor?: ActorAddress
    readonly supervisor?: SupervisorTree
  }[]
}

/** A running supervisor; disposing stops it. */
export interface Supervisor extends AsyncDisposable {
  /** Resolves when it is no more: asked to stop, or gave up. */
  readonly stopped: Promise<ExitReason>
  /** The child of that id as it is now, if it runs: by name it survives a restart, otherwise it does not. */
  child<D extends ActorDefinition>(definition: D, id: string): ActorRef<D> | undefined
  tree(): SupervisorTree
  /** Stops the children in reverse order and resolves when all have ended. Idempotent. */
  stop(): Promise<void>
}

/** Checks what a child may be given; `owner` names the function it was given to. */
export function checkChildOptions(owner: string, options: object): void {
  checkOptions(owner, options, childRules)
}

const childRules = {
  name: rule.optional(rule.string()),
  id: rule.optional(rule.string()),
  restart: rule.optional(rule.oneOf(['permanent', 'transient', 'temporary'])),
  shutdownMs: rule.optional(rule.number(0)),
  mailboxCapacity: rule.optional(rule.int(1)),
  overflow: rule.optional(rule.oneOf(['reject', 'drop-oldest', 'drop-newest'])),
}

/** What one child is at the moment. */
interface Running {
  readonly spec: SupervisorChild
  readonly entry: NameEntry | undefined
  actor: RunningActor | undefined
  nested: SupervisorRuntime | undefined
}

/** For whom a supervisor is. */
export interface SupervisorHow {
  /** Called once it is no more, in the turn in which that happens. */
  readonly onEnd: (reason: ExitReason) => void
  /** It has one child and ends with it. */
  readonly alone: boolean
}

/** *Runs in* the turn in which a child starts, ends, or somebody stops it. */
export class SupervisorRuntime implements Supervisor {
  readonly id: number
  readonly #kernel: Kernel
  readonly #settings: Required<SupervisorOptions>
  readonly #children = new Map<string, Running>()
  readonly #how: SupervisorHow
  readonly #started = Promise.withResolvers<void>()
  readonly #stopped = Promise.withResolvers<ExitReason>()
  readonly #events: SupervisorEvent[] = []
  #stepping = false
  #state: SupervisorState
  #failure: { readonly childId: string; readonly thrown: unknown } | undefined

  constructor(kernel: Kernel, options: SupervisorOptions, how: SupervisorHow) {
    checkSupervisorOptions(options)
    this.#kernel = kernel
    this.#settings = { ...supervisorDefaults, ...options }
    this.#how = how
    this.id = kernel.nextId()
    this.#state = newSupervisor(this.#settings, this.#settings.children)
    // Whoever starts it may not look at the promise.
    this.#started.promise.catch(() => {})
  }

  get stopped(): Promise<ExitReason> {
    return this.#stopped.promise
  }

  get phase(): SupervisorState['phase'] {
    return this.#state.phase
  }

  /** What a child threw that would not start. */
  get failure(): unknown {
    return this.#failure?.thrown
  }

  /** Resolves when all children have started; rejects with `foundation/supervisor-start-failed`. */
  start(): Promise<void> {
    try {
      for (const spec of this.#settings.children) {
        const name = spec.type === 'actor' ? spec.options.name : undefined
        const entry = name === undefined ? undefined : this.#kernel.reserve(name, true)
        this.#children.set(spec.id, { spec, entry, actor: undefined, nested: undefined })
      }
    } catch (thrown) {
      this.#state = { ...this.#state, phase: 'stopped' }
      this.#releaseNames()
      this.#how.onEnd({ type: 'gave-up', cause: 'start-failed' })
      this.#stopped.resolve({ type: 'gave-up', cause: 'start-failed' })
      throw thrown
    }
    this.#send({ type: 'start' })
    return this.#started.promise
  }

  child<D extends ActorDefinition>(definition: D, id: string): ActorRef<D> | undefined {
    const actor = this.#children.get(id)?.actor
    if (actor === undefined || actor.definition !== definition) return undefined
    return this.#kernel.reference(actor) as unknown as ActorRef<D>
  }

  tree(): SupervisorTree {
    const { name, strategy } = this.#settings
    const children = this.#state.children.map((one) => {
      const running = this.#children.get(one.id)
      const actor = running?.actor && { actor: this.#kernel.addressOf(running.actor) }
      const supervisor = running?.nested && { supervisor: running.nested.tree() }
      return { ...one, ...actor, ...supervisor }
    })
    return { name, strategy, phase: this.#state.phase, children }
  }

  async stop(): Promise<void> {
    this.requestStop()
    await this.stopped
  }

  requestStop(): void {
    this.#send({ type: 'stop' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Events that come while one is being carried out wait, so that each meets the state the last one left. */
  #send(event: SupervisorEvent): void {
    this.#events.push(event)
    if (this.#stepping) return
    this.#stepping = true
    for (let one = this.#events.shift(); one !== undefined; one = this.#events.shift()) {
      const restarting = this.#state.phase === 'restarting'
      const [state, commands] = supervisorStep(this.#state, one)
      this.#state = state
      for (const command of commands) this.#carryOut(command, restarting || state.phase === 'restarting')
    }
    this.#stepping = false
  }

  #carryOut(command: Command, restarting: boolean): void {
    switch (command.type) {
      case 'child-start':
        this.#startChild(this.#children.get(command.childId) as Running, restarting)
        break
      case 'child-stop':
        this.#stopChild(this.#children.get(command.childId) as Running)
        break
      case 'supervisor-started':
        this.#started.resolve()
        break
      case 'supervisor-stopped':
        this.#end(command.reason)
    }
  }

  #startChild(running: Running, restarting: boolean): void {
    const { spec, entry } = running
    if (restarting) this.#emit('child-restarted', { child: spec.id }, this.#state.restartsMs.length)
    try {
      if (spec.type === 'supervisor') return void this.#startNested(running, spec.options)
      const { mailboxCapacity, overflow, shutdownMs = childDefaults.shutdownMs } = spec.options
      const onStart: OnStart = (failure) => this.#onStart(running, failure)
      const how = { entry, owner: this.#ownerOf(running), onStart, mailboxCapacity, overflow, shutdownMs }
      const actor = this.#kernel.start(spec.definition, spec.arg, how)
      if (actor.alive) running.actor = actor
    } catch (thrown) {
      this.#startFailed(running, thrown)
    }
  }

  #startNested(running: Running, options: SupervisorOptions): void {
    const childId = running.spec.id
    const onEnd = (reason: ExitReason) => {
      running.nested = undefined
      // That one is told by the promise of the start.
      if (reason.type === 'gave-up' && reason.cause === 'start-failed') return
      this.#send({ type: 'child-exited', childId, abnormal: isAbnormal(reason), atMs: this.#nowMs() })
    }
    const nested = new SupervisorRuntime(this.#kernel, options, { onEnd, alone: false })
    running.nested = nested
    nested.start().then(
      () => this.#send({ type: 'child-started', childId }),
      (thrown) => this.#startFailed(running, thrown),
    )
  }

  #stopChild(running: Running): void {
    running.nested?.requestStop()
    running.actor?.stop({ type: 'shutdown' })
  }

  #onStart(running: Running, failure: Parameters<OnStart>[0]): void {
    if (failure !== undefined) return void this.#startFailed(running, failure.thrown)
    if (running.entry !== undefined) running.entry.restarting = false
    this.#send({ type: 'child-started', childId: running.spec.id })
  }

  #ownerOf(running: Running): ActorOwner {
    const childId = running.spec.id
    const exited = (reason: ExitReason) => {
      running.actor = undefined
      this.#expect(running, isAbnormal(reason))
      this.#send({ type: 'child-exited', childId, abnormal: isAbnormal(reason), atMs: this.#nowMs() })
      // Alone and not restarted: nothing is left to supervise.
      if (this.#how.alone && this.#state.phase === 'running' && running.actor === undefined) this.requestStop()
    }
    return this.#how.alone ? { exited, stop: () => this.requestStop() } : { exited }
  }

  /** Who calls by name meanwhile is told whether to try again. */
  #expect(running: Running, abnormal: boolean): void {
    const { entry, spec } = running
    if (entry === undefined) return
    const restarted = spec.restart === 'permanent' || (spec.restart === 'transient' && abnormal)
    entry.restarting = restarted && this.#state.phase !== 'stopping'
  }

  #startFailed(running: Running, thrown: unknown): void {
    running.actor = undefined
    this.#failure = { childId: running.spec.id, thrown }
    this.#send({ type: 'child-start-failed', childId: running.spec.id, atMs: this.#nowMs() })
  }

  #end(why: StopReason): void {
    this.#releaseNames()
    const reason: ExitReason = why === 'shutdown' ? { type: 'shutdown' } : { type: 'gave-up', cause: why }
    this.#emit('supervisor-stopped', { reason: why }, this.#state.restartsMs.length)
    const { childId = '', thrown } = this.#failure ?? {}
    this.#started.reject(supervisorStartFailed(this.#settings.name, childId, thrown))
    this.#how.onEnd(reason)
    this.#stopped.resolve(reason)
  }

  #releaseNames(): void {
    for (const running of this.#children.values()) this.#kernel.release(running.entry)
  }

  #nowMs(): number {
    return this.#kernel.clock.monotonicMs()
  }

  #emit(event: string, more: { readonly [key: string]: string }, restarts: number): void {
    const { telemetry, name: node } = this.#kernel.settings
    if (!telemetry.enabled) return
    const metadata = { node, supervisor: this.#settings.name, ...more }
    telemetry.emit({ name: `foundation.${event}`, measurements: { restarts }, metadata })
  }
}

function checkSupervisorOptions(options: SupervisorOptions): void {
  checkOptions('supervise', options, {
    name: rule.optional(rule.string()),
    strategy: rule.optional(rule.oneOf(['one-for-one', 'one-for-all', 'rest-for-one'])),
    restartsMax: rule.optional(rule.int(0)),
    windowMs: rule.optional(rule.number(1)),
    children: rule.array(),
  })
  const { children } = options
  if (children.length > childrenMax) {
    throw invalidOption('supervise', 'children', `at most ${childrenMax} children`, children.length)
  }
  const ids = new Set<string>()
  for (const { id } of children) {
    if (ids.has(id)) throw invalidOption('supervise', 'children', 'children with ids of their own', id)
    ids.add(id)
  }
}
