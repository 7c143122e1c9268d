/**
 * Children that come and go while the program runs: sessions, jobs, connections. This module only carries out what
 * `dynamic-step.ts` decides. A child is one small record and no closure, so that a hundred thousand idle ones fit.
 */

import type { ActorDefinition, ArgOf } from '../actors/actor.ts'
import type { ActorReference } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { type ActorLimits, type ActorOwner, actorLimits, type OnStart } from '../actors/actor-settings.ts'
import { type ExitReason, isAbnormal } from '../actors/exit-reason.ts'
import type { Kernel, StartSettings } from '../actors/kernel.ts'
import { LocalRef, type NameEntry } from '../actors/local-ref.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import type { CancelTimer } from '../clock.ts'
import { limitReached, noSuchChild, supervisorStopping } from '../errors/actor-errors.ts'
import { messageOf } from '../errors.ts'
import { jitteredMs } from './backoff.ts'
import { Chain, type Link } from './chain.ts'
import {
  type DynamicChildState,
  type DynamicCommand,
  type DynamicEvent,
  type DynamicState,
  type DynamicStopReason,
  dynamicStep,
  newDynamic,
} from './dynamic-step.ts'
import { exitText, givingUpText } from './giving-up.ts'
import { type ChildTree, type SupervisorTree, treeEntriesMax } from './supervision-tree.ts'
import {
  checkDynamicChildOptions,
  checkDynamicOptions,
  childDefaults,
  type DynamicChildOptions,
  type DynamicSupervisorOptions,
  dynamicSupervisorDefaults,
} from './supervisor-options.ts'

interface Sent {
  readonly child: DynamicChild | undefined
  readonly event: DynamicEvent
  /** How the child ended, or what it threw. */
  readonly cause: string | undefined
}

/** A supervisor whose children are started one by one; disposing stops it. */
export interface DynamicSupervisor extends AsyncDisposable {
  /** Resolves when it is no more: asked to stop, or gave up. */
  readonly stopped: Promise<ExitReason>
  /** Children there are: those that run, start, stop or wait for a restart. */
  readonly count: number
  /**
   * Starts a child and resolves when its `init` is done. Children may start at the same time.
   *
   * Rejects with `foundation/actor-init-failed`, `foundation/start-timeout`, `foundation/name-taken`,
   * `foundation/limit-reached`, `foundation/supervisor-stopping`, `foundation/node-stopped`. What failed its first start is
   * not kept.
   */
  startChild<D extends ActorDefinition>(
    definition: D,
    arg: ArgOf<D>,
    options?: DynamicChildOptions,
  ): Promise<ActorRef<D>>
  /**
   * Ends a child for good and resolves with how it ended; one that waits for a restart is not restarted. Rejects with
   * `foundation/no-such-child`. An unnamed reference does not outlive a restart.
   */
  stopChild(child: ActorReference): Promise<ExitReason>
  /** The first 1,000 children, and how many there are. */
  tree(): SupervisorTree
  /** Stops all children at once and resolves when they have ended. Idempotent. */
  stop(): Promise<void>
}

/** *Runs in* the turn in which a child starts, ends, or somebody stops it. */
export class DynamicSupervisorRuntime implements DynamicSupervisor {
  readonly id: number
  readonly kernel: Kernel
  readonly #settings: Required<DynamicSupervisorOptions>
  readonly #onEnd: (reason: ExitReason) => void
  readonly #stopped = Promise.withResolvers<ExitReason>()
  readonly #children = new Chain<DynamicChild>()
  readonly #kinds = new WeakMap<ActorDefinition, ChildKind>()
  readonly #events: Sent[] = []
  #stepping = false
  #state: DynamicState

  constructor(kernel: Kernel, options: DynamicSupervisorOptions, onEnd: (reason: ExitReason) => void) {
    checkDynamicOptions(options)
    this.kernel = kernel
    this.#settings = { ...dynamicSupervisorDefaults, ...options }
    this.#onEnd = onEnd
    this.id = kernel.nextId()
    this.#state = newDynamic(this.#settings)
  }

  get stopped(): Promise<ExitReason> {
    return this.#stopped.promise
  }

  get count(): number {
    return this.#state.children
  }

  async startChild<D extends ActorDefinition>(
    definition: D,
    arg: ArgOf<D>,
    options?: DynamicChildOptions,
  ): Promise<ActorRef<D>> {
    if (options !== undefined) checkDynamicChildOptions('startChild', options)
    const { state, child, commands } = dynamicStep(this.#state, undefined, {
      type: 'child-add',
      restart: options?.restart ?? childDefaults.restart,
    })
    if (child === undefined) throw this.#refusal(commands)
    const entry = options?.name === undefined ? undefined : this.kernel.reserve(options.name, true)
    this.#state = state
    const record = new DynamicChild(this, { definition, arg, options, entry }, child)
    this.#children.add(record)
    const starting = record.start()
    return (starting instanceof Promise ? await starting : starting) as unknown as ActorRef<D>
  }

  async stopChild(child: ActorReference): Promise<ExitReason> {
    const record = this.#find(child)
    if (record === undefined) throw noSuchChild(this.#settings.name, labelOf(child))
    const { actor } = record
    if (actor === undefined) {
      this.send(record, { type: 'child-stop' })
      return record.lastExit ?? { type: 'shutdown' }
    }
    return await new Promise((resolve) => {
      actor.monitor(resolve)
      this.send(record, { type: 'child-stop' })
    })
  }

  tree(): SupervisorTree {
    const children: ChildTree[] = []
    for (const one of this.#children) {
      if (children.length === treeEntriesMax) break
      children.push(one.tree())
    }
    const { phase, restartsMs, children: childCount } = this.#state
    const { name } = this.#settings
    return { name, strategy: 'dynamic', phase, restartsInWindow: restartsMs.length, childCount, children }
  }

  async stop(): Promise<void> {
    this.requestStop()
    await this.stopped
  }

  /** `because`: where it ends along with one above it that gave up. */
  requestStop(because?: string): void {
    if (because !== undefined) this.#rememberNames(because)
    this.send(undefined, { type: 'stop' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /**
   * One event of one child, or of none; `cause` is how it ended, or what it threw. What comes while others are carried out
   * waits.
   */
  send(child: DynamicChild | undefined, event: DynamicEvent, cause?: string): void {
    this.#events.push({ child, event, cause })
    if (this.#stepping) return
    this.#stepping = true
    for (let at = 0; at < this.#events.length; at++) {
      const one = this.#events[at] as Sent
      const { reason: before } = this.#state
      const stepped = dynamicStep(this.#state, one.child?.state, one.event)
      this.#state = stepped.state
      if (stepped.state.reason !== before) this.#tellGivingUp(one.cause ?? '')
      if (one.child !== undefined && stepped.child !== undefined) one.child.take(stepped.child)
      for (const command of stepped.commands) this.#carryOut(command, one.child)
    }
    this.#events.length = 0
    this.#stepping = false
  }

  kindOf(definition: ActorDefinition): ChildKind {
    let kind = this.#kinds.get(definition)
    if (kind === undefined) {
      const limits = actorLimits(this.kernel.settings, definition, { shutdownMs: childDefaults.shutdownMs })
      kind = { supervisor: this, definition, limits }
      this.#kinds.set(definition, kind)
    }
    return kind
  }

  waitMs(delayMs: number): number {
    return jitteredMs(this.#settings.backoff, delayMs, this.kernel.random)
  }

  restarted(child: DynamicChild): void {
    this.#emit('child-restarted', { child: child.label })
  }

  #carryOut(command: DynamicCommand, child: DynamicChild | undefined): void {
    switch (command.type) {
      case 'children-stop':
        for (const one of this.#children) this.send(one, { type: 'child-stop' })
        break
      case 'child-gone':
        if (child === undefined) break
        this.#children.delete(child)
        this.kernel.release(child.entry)
        break
      case 'supervisor-stopped':
        this.#end(command.reason)
        break
      default:
        child?.carryOut(command)
    }
  }

  #end(why: DynamicStopReason): void {
    const reason: ExitReason = why === 'shutdown' ? { type: 'shutdown' } : { type: 'gave-up', cause: why }
    this.#emit('supervisor-stopped', { reason: why })
    this.#onEnd(reason)
    this.#stopped.resolve(reason)
  }

  #tellGivingUp(last: string): void {
    const { name: supervisor, restartsMax, windowMs } = this.#settings
    this.#rememberNames(givingUpText({ supervisor, cause: 'restart-intensity', restartsMax, windowMs, last }))
  }

  /** Who calls by name from now on is told why nobody is there. */
  #rememberNames(because: string): void {
    for (const { entry } of this.#children) {
      if (entry !== undefined) this.kernel.goneNames.remember(entry.name, because)
    }
  }

  #refusal(commands: readonly DynamicCommand[]): Error {
    const [refuse] = commands
    const { name, childrenMax } = this.#settings
    if (refuse?.type === 'child-refuse' && refuse.reason === 'stopping') return supervisorStopping(name)
    return limitReached(`supervisor ${name}`, 'childrenMax', childrenMax)
  }

  #find(child: ActorReference): DynamicChild | undefined {
    const ref = this.kernel.own(child)
    const owner = ref.target?.settings.owner
    if (owner instanceof DynamicChild) return owner.supervisor === this ? owner : undefined
    const { name } = ref
    // Between two lives only its name leads to it.
    if (name !== undefined) for (const one of this.#children) if (one.entry?.name === name) return one
    return undefined
  }

  #emit(event: string, more: { readonly [key: string]: string }): void {
    const { telemetry, name: node } = this.kernel.settings
    if (!telemetry.enabled) return
    const metadata = { node, supervisor: this.#settings.name, ...more }
    const measurements = { restarts: this.#state.restartsMs.length }
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata })
  }
}

function labelOf(ref: ActorReference): string {
  return ref instanceof LocalRef ? ref.label : JSON.stringify(ref)
}

/** One child: what it is started from, what it is now, and what its supervisor decided about it. */
class DynamicChild implements ActorOwner, Link<DynamicChild> {
  previous: DynamicChild | undefined
  next: DynamicChild | undefined
  readonly #kind: ChildKind
  readonly #arg: unknown
  #state: DynamicChildState
  #actor: RunningActor | undefined
  /** What most never have, kept apart so that they stay small. */
  #rare: RareParts | undefined

  constructor(supervisor: DynamicSupervisorRuntime, given: GivenChild, state: DynamicChildState) {
    this.#kind = supervisor.kindOf(given.definition)
    this.#arg = given.arg
    this.#state = state
    if (given.options !== undefined) this.#rare = { options: given.options, entry: given.entry }
  }

  get supervisor(): DynamicSupervisorRuntime {
    return this.#kind.supervisor
  }

  get state(): DynamicChildState {
    return this.#state
  }

  get actor(): RunningActor | undefined {
    return this.#actor
  }

  get entry(): NameEntry | undefined {
    return this.#rare?.entry
  }

  get lastExit(): ExitReason | undefined {
    return this.#rare?.lastExit
  }

  get label(): string {
    return this.entry?.name ?? this.#kind.definition.name
  }

  /** The first start: a promise only where `init` has to be waited for; throws what kept it from starting. */
  start(): LocalRef | Promise<LocalRef> {
    const { kernel } = this.supervisor
    let failure: Parameters<OnStart>[0]
    let done = false
    let waiting: PromiseWithResolvers<LocalRef> | undefined
    const actor = this.#begin((failed) => {
      done = true
      failure = failed
      if (failed !== undefined) waiting?.reject(failed.thrown)
      else if (this.#actor !== undefined) waiting?.resolve(kernel.reference(this.#actor))
    })
    if (done) {
      if (failure !== undefined) throw failure.thrown
      return kernel.reference(actor as RunningActor)
    }
    waiting = Promise.withResolvers()
    return waiting.promise
  }

  /** Called once for each life of its actor. */
  exited(reason: ExitReason): void {
    const abnormal = isAbnormal(reason)
    const { restart } = this.#state
    this.#actor = undefined
    const { entry } = this
    if (entry !== undefined) {
      entry.restarting =
        this.#state.status === 'running' && (restart === 'permanent' || (restart === 'transient' && abnormal))
    }
    this.#rarely().lastExit = reason
    this.supervisor.send(this, { type: 'child-exited', abnormal, atMs: this.#nowMs() }, exitText(reason))
  }

  take(state: DynamicChildState): void {
    this.#state = state
  }

  carryOut(command: DynamicCommand): void {
    switch (command.type) {
      case 'child-start':
        this.supervisor.restarted(this)
        this.#begin(() => {})
        break
      case 'child-stop':
        this.#actor?.stop({ type: 'shutdown' })
        break
      case 'child-wait': {
        const due = () => this.supervisor.send(this, { type: 'child-due' })
        const delayMs = this.supervisor.waitMs(command.delayMs)
        this.#rarely().cancelWait = this.supervisor.kernel.clock.setTimer(delayMs, due)
        break
      }
      case 'child-wait-cancel':
        this.#rare?.cancelWait?.()
    }
  }

  tree(): ChildTree {
    const { restart, status, restarts } = this.#state
    const actor = this.#actor && this.supervisor.kernel.addressOf(this.#actor)
    const id = this.entry?.name ?? `${this.#kind.definition.name}#${actor?.id ?? '?'}`
    const { lastExit } = this
    const more = { ...(lastExit && { lastExit }), ...(actor && { actor }) }
    return { id, restart, significant: false, status: status === 'gone' ? 'stopped' : status, restarts, ...more }
  }

  #begin(told: OnStart): RunningActor | undefined {
    const { kernel } = this.supervisor
    const onStart: OnStart = (failed) => {
      if (failed === undefined) {
        if (this.entry !== undefined) this.entry.restarting = false
        this.supervisor.send(this, { type: 'child-started' })
      } else {
        this.#actor = undefined
        const cause = messageOf(failed.thrown)
        this.supervisor.send(this, { type: 'child-start-failed', atMs: this.#nowMs() }, cause)
      }
      told(failed)
    }
    try {
      const actor = kernel.start(this.#kind.definition, this.#arg, this.#how(onStart))
      if (actor.alive) this.#actor = actor
      return actor
    } catch (thrown) {
      onStart({ thrown })
      return undefined
    }
  }

  #how(onStart: OnStart): StartSettings {
    const options = this.#rare?.options
    if (options === undefined) return { limits: this.#kind.limits, owner: this, onStart }
    const { name: _, restart: __, ...limits } = options
    return { shutdownMs: childDefaults.shutdownMs, ...limits, entry: this.entry, owner: this, onStart }
  }

  #rarely(): RareParts {
    this.#rare ??= {}
    return this.#rare
  }

  #nowMs(): number {
    return this.supervisor.kernel.clock.monotonicMs()
  }
}

/** What children of one definition share. */
interface ChildKind {
  readonly supervisor: DynamicSupervisorRuntime
  readonly definition: ActorDefinition
  /** Of those without options of their own. */
  readonly limits: ActorLimits
}

interface GivenChild {
  readonly definition: ActorDefinition
  readonly arg: unknown
  readonly options: DynamicChildOptions | undefined
  readonly entry: NameEntry | undefined
}

interface RareParts {
  readonly options?: DynamicChildOptions
  readonly entry?: NameEntry | undefined
  lastExit?: ExitReason
  cancelWait?: CancelTimer
}
