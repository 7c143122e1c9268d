/**
 * Supervision: children started in order, restarted by a strategy when they crash, stopped in reverse. This module only
 * carries out what `supervisor-step.ts` decides.
 */

import type { ActorDefinition } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { ActorOwner, OnStart } from '../actors/actor-settings.ts'
import { type ExitReason, isAbnormal } from '../actors/exit-reason.ts'
import type { Kernel, StartSettings } from '../actors/kernel.ts'
import type { NameEntry } from '../actors/local-ref.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import type { CancelTimer } from '../clock.ts'
import { supervisorStartFailed } from '../errors/actor-errors.ts'
import { messageOf } from '../errors.ts'
import { jitteredMs } from './backoff.ts'
import { type DynamicSupervisor, DynamicSupervisorRuntime } from './dynamic-supervisor.ts'
import { exitText, givingUpText } from './giving-up.ts'
import type { ChildTree, SupervisorTree } from './supervision-tree.ts'
import {
  checkSupervisorOptions,
  childDefaults,
  type SupervisorChild,
  type SupervisorOptions,
  supervisorDefaults,
} from './supervisor-options.ts'
import {
  type ChildState,
  type Command,
  newSupervisor,
  type StopReason,
  type SupervisorEvent,
  type SupervisorState,
  supervisorStep,
} from './supervisor-step.ts'

/** A running supervisor; disposing stops it. */
export interface Supervisor extends AsyncDisposable {
  /** Resolves when it is no more: asked to stop, or gave up. */
  readonly stopped: Promise<ExitReason>
  /** The child of that id as it is now, if it runs: by name it survives a restart, otherwise it does not. */
  child<D extends ActorDefinition>(definition: D, id: string): ActorRef<D> | undefined
  /** The dynamic supervisor of that id as it is now, if it runs: a restart begins an empty one. */
  dynamic(id: string): DynamicSupervisor | undefined
  tree(): SupervisorTree
  /** Stops the children in reverse order and resolves when all have ended. Idempotent. */
  stop(): Promise<void>
}

/** What one child is at the moment. */
interface Running {
  readonly spec: SupervisorChild
  readonly entry: NameEntry | undefined
  actor: RunningActor | undefined
  nested: SupervisorRuntime | DynamicSupervisorRuntime | undefined
  lastExit: ExitReason | undefined
  cancelWait: CancelTimer | undefined
}

/** For whom a supervisor is. */
export interface SupervisorHow {
  /** Called once it is no more, in the turn in which that happens. */
  readonly onEnd: (reason: ExitReason) => void
  /** It has one child and ends with it. */
  readonly alone: boolean
  /** Whether the names of its children are the whole system's. @default those of the node */
  readonly scope?: 'system'
  /** Asked at each start of a child that holds a place. @default none does */
  readonly place?: () => Pick<StartSettings, 'fence' | 'begin' | 'startMs'>
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
  /** How the last child ended that was to be restarted, or what it threw instead. */
  #lastCause = ''
  /** Why it, or one above it, gave up. */
  #goneBecause: string | undefined

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

  /** What a child threw that would not start. */
  get failure(): unknown {
    return this.#failure?.thrown
  }

  /** Resolves when all children have started; rejects with `foundation/supervisor-start-failed`. */
  start(): Promise<void> {
    try {
      for (const spec of this.#settings.children) {
        const name = spec.type === 'actor' ? spec.options.name : undefined
        const entry = name === undefined ? undefined : this.#kernel.reserve(name, true, this.#how.scope)
        const blank = { actor: undefined, nested: undefined, lastExit: undefined, cancelWait: undefined }
        this.#children.set(spec.id, { spec, entry, ...blank })
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
    if (actor === undefined || actor.kind !== definition) return undefined
    return this.#kernel.reference(actor) as unknown as ActorRef<D>
  }

  dynamic(id: string): DynamicSupervisor | undefined {
    const nested = this.#children.get(id)?.nested
    return nested instanceof DynamicSupervisorRuntime ? nested : undefined
  }

  tree(): SupervisorTree {
    const { name, strategy } = this.#settings
    const { phase, restartsMs, children } = this.#state
    return {
      name,
      strategy,
      phase,
      restartsInWindow: restartsMs.length,
      childCount: children.length,
      children: children.map((one) => this.#childTree(one)),
    }
  }

  async stop(): Promise<void> {
    this.requestStop()
    await this.stopped
  }

  /** `because`: where it ends along with one above it that gave up. */
  requestStop(because?: string): void {
    if (because !== undefined) this.#rememberNames(because)
    this.#send({ type: 'stop' })
    // A start under way is waited for, no longer than a child may take to stop.
    for (const { id, status } of this.#state.children) {
      if (status === 'starting') this.#stopChild(this.#children.get(id) as Running)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #childTree({ id, restart, significant, status, restarts }: ChildState): ChildTree {
    const { actor, nested, lastExit } = this.#children.get(id) ?? {}
    return {
      id,
      restart,
      significant,
      status,
      restarts,
      ...(lastExit && { lastExit }),
      ...(actor && { actor: this.#kernel.addressOf(actor) }),
      ...(nested && { supervisor: nested.tree() }),
    }
  }

  /** Events that come while one is being carried out wait, so that each meets the state the last one left. */
  #send(event: SupervisorEvent): void {
    this.#events.push(event)
    if (this.#stepping) return
    this.#stepping = true
    for (let one = this.#events.shift(); one !== undefined; one = this.#events.shift()) {
      const restarting = this.#state.phase === 'restarting'
      const { reason: before } = this.#state
      const [state, commands] = supervisorStep(this.#state, one)
      this.#state = state
      if (state.reason !== before) this.#tellStopping(state.reason)
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
      case 'child-wait':
        this.#wait(this.#children.get(command.childId) as Running, command.delayMs)
        break
      case 'child-wait-cancel':
        this.#children.get(command.childId)?.cancelWait?.()
        break
      case 'supervisor-started':
        this.#started.resolve()
        break
      case 'supervisor-stopped':
        this.#end(command.reason)
    }
  }

  #wait(running: Running, delayMs: number): void {
    const { clock, random } = this.#kernel
    const jittered = jitteredMs(this.#settings.backoff, delayMs, random)
    running.cancelWait = clock.setTimer(jittered, () => this.#send({ type: 'child-due', childId: running.spec.id }))
  }

  #startChild(running: Running, restarting: boolean): void {
    const { spec, entry } = running
    if (restarting) this.#emit('child-restarted', { child: spec.id }, this.#state.restartsMs.length)
    try {
      if (spec.type !== 'actor') return void this.#startNested(running, spec)
      const { name: _, id: __, restart: ___, significant: ____, ...limits } = spec.options
      const onStart: OnStart = (failure) => this.#onStart(running, failure)
      const owner = this.#ownerOf(running)
      const placed = this.#how.place?.()
      const how = { shutdownMs: childDefaults.shutdownMs, ...limits, ...placed, entry, owner, onStart }
      const actor = this.#kernel.start(spec.definition, spec.arg, how)
      if (actor.alive) running.actor = actor
    } catch (thrown) {
      this.#startFailed(running, thrown)
    }
  }

  #startNested(running: Running, spec: Exclude<SupervisorChild, { type: 'actor' }>): void {
    const childId = spec.id
    const onEnd = (reason: ExitReason) => {
      running.nested = undefined
      // That one is told by the promise of the start.
      if (reason.type === 'gave-up' && reason.cause === 'start-failed') return
      running.lastExit = reason
      this.#blame(running, reason)
      this.#send({ type: 'child-exited', childId, abnormal: isAbnormal(reason), atMs: this.#nowMs() })
    }
    if (spec.type === 'dynamic') {
      running.nested = new DynamicSupervisorRuntime(this.#kernel, spec.options, onEnd)
      return void this.#send({ type: 'child-started', childId })
    }
    const nested = new SupervisorRuntime(this.#kernel, spec.options, { onEnd, alone: false })
    running.nested = nested
    nested.start().then(
      () => this.#send({ type: 'child-started', childId }),
      (thrown) => this.#startFailed(running, thrown),
    )
  }

  #stopChild(running: Running): void {
    running.nested?.requestStop(this.#goneBecause)
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
      running.lastExit = reason
      this.#expect(running, isAbnormal(reason))
      this.#blame(running, reason)
      this.#send({ type: 'child-exited', childId, abnormal: isAbnormal(reason), atMs: this.#nowMs() })
      // Alone and not restarted: nothing is left to supervise.
      if (this.#how.alone && this.#state.children[0]?.status === 'stopped') this.requestStop()
    }
    return this.#how.alone ? { exited, stop: () => this.requestStop() } : { exited }
  }

  /** Who calls by name meanwhile is told whether to try again. */
  #expect(running: Running, abnormal: boolean): void {
    const { entry, spec } = running
    if (entry !== undefined) entry.restarting = isRestarted(spec, abnormal) && this.#state.phase !== 'stopping'
  }

  /** What it stops itself is to blame for nothing. */
  #blame({ spec }: Running, reason: ExitReason): void {
    const status = this.#state.children.find(({ id }) => id === spec.id)?.status
    if (status === 'running' && isRestarted(spec, isAbnormal(reason))) this.#lastCause = exitText(reason)
  }

  /** Nobody is restarted any more. */
  #tellStopping(cause: StopReason | undefined): void {
    for (const { entry } of this.#children.values()) if (entry !== undefined) entry.restarting = false
    if (cause !== 'restart-intensity' && cause !== 'start-failed') return
    const { name: supervisor, restartsMax, windowMs } = this.#settings
    this.#rememberNames(givingUpText({ supervisor, cause, restartsMax, windowMs, last: this.#lastCause }))
  }

  /** Who calls by name from now on is told why nobody is there. */
  #rememberNames(because: string): void {
    this.#goneBecause = because
    for (const { entry } of this.#children.values()) {
      if (entry !== undefined) this.#kernel.goneNames.remember(entry.name, because)
    }
  }

  #startFailed(running: Running, thrown: unknown): void {
    running.actor = undefined
    this.#failure = { childId: running.spec.id, thrown }
    this.#lastCause = messageOf(thrown)
    this.#send({ type: 'child-start-failed', childId: running.spec.id, atMs: this.#nowMs() })
  }

  #end(why: StopReason): void {
    this.#releaseNames()
    const asked = why === 'shutdown' || why === 'auto-shutdown'
    const reason: ExitReason = asked ? { type: 'shutdown' } : { type: 'gave-up', cause: why }
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

function isRestarted({ restart }: SupervisorChild, abnormal: boolean): boolean {
  return restart === 'permanent' || (restart === 'transient' && abnormal)
}
