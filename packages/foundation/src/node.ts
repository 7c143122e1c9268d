/** A node: the actors of one process (or of one test), their clock, randomness, telemetry and messages. */

import { randomInt, randomUUID } from 'node:crypto'
import type { ActorDefinition, ArgOf, Isolation, StateOf } from './actors/actor.ts'
import type { ActorReference } from './actors/actor-address.ts'
import type { ActorRef } from './actors/actor-ref.ts'
import type { ExitReason } from './actors/exit-reason.ts'
import { type ActorInspection, inspectActor, replaceActorState } from './actors/inspection.ts'
import { Kernel } from './actors/kernel.ts'
import { LocalRef } from './actors/local-ref.ts'
import { type Overflow, overflows } from './actors/mailbox.ts'
import { type OnStart, RunningActor } from './actors/running-actor.ts'
import { type Clock, systemClock } from './clock.ts'
import { codecDefaults } from './codec/codec.ts'
import type { Engine } from './engine/engine.ts'
import { memoryEngine } from './engine/engines/memory.ts'
import { actorStopped, nodeStopped, noSuchActor } from './errors/actor-errors.ts'
import { checkOptions, rule, unknownName } from './options.ts'
import { type Random, seededRandom } from './random.ts'
import { type Backoff, checkBackoff } from './supervision/backoff.ts'
import { type DynamicSupervisor, DynamicSupervisorRuntime } from './supervision/dynamic-supervisor.ts'
import { type NodeTree, treeEntriesMax } from './supervision/supervision-tree.ts'
import { type Supervisor, SupervisorRuntime } from './supervision/supervisor.ts'
import {
  type ChildOptions,
  checkChildOptions,
  child,
  type DynamicSupervisorOptions,
  type SupervisorOptions,
} from './supervision/supervisor-options.ts'
import type { Restart } from './supervision/supervisor-step.ts'
import { silentTelemetry, type Telemetry } from './telemetry.ts'
import { refuseInThread } from './threads/inside-thread.ts'
import { type ThreadOptions, threadSettings } from './threads/thread-options.ts'
import { ThreadPool } from './threads/thread-pool.ts'

export interface NodeOptions {
  /** Nodes of one system know each other. @default 'mabeam' */
  readonly system?: string
  /** Unique in its system. @default 'node-' and eight random characters */
  readonly name?: string
  /** This life of the node; higher than any before it. @default the time on the clock */
  readonly epoch?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a stream with a seed of its own */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
  /** Carries messages between nodes; the node ends one of its own, not one it was given. @default memoryEngine() */
  readonly engine?: Engine
  /**
   * Inputs and replies pass the codec and the schemas between local actors too, so that what works here works between
   * nodes. Turn it off in production: a call costs about twice as much with it.
   * @default true
   */
  readonly codec?: boolean
  /**
   * Bytes of the longest message, also between local actors where they pass the codec; one that is longer is refused
   * with `foundation/payload-too-large`.
   * @default 1_048_576
   */
  readonly messageBytesMax?: number
  /** @default 30_000 */
  readonly callTimeoutMs?: number
  /** Messages waiting at one actor. @default 10_000 */
  readonly mailboxCapacity?: number
  /** What happens to the one too many. @default 'reject' */
  readonly overflow?: Overflow
  /** Calls that wait for room at one actor where `overflow` is `block`. @default 10_000 */
  readonly waitersMax?: number
  /** Actors alive. @default 1_000_000 */
  readonly actorsMax?: number
  /** Timers of one actor. @default 1_000 */
  readonly timersMax?: number
  /** Monitors one actor has of others, and links it has. @default 10_000 */
  readonly monitorsMax?: number
  /** How long an actor started by `spawn` may take to stop before it is killed. @default 5_000 */
  readonly shutdownMs?: number
  /** How long `init` may take before the start has failed with `foundation/start-timeout`. @default 30_000 */
  readonly startMs?: number
  /** What the threads of isolated actors may use. @default {} */
  readonly threads?: ThreadOptions
  /** Whether `replaceState` may be used. @default as `codec`: in development */
  readonly inspectable?: boolean
}

const nodeDefaults = {
  system: 'mabeam',
  clock: systemClock,
  telemetry: silentTelemetry,
  codec: true,
  messageBytesMax: codecDefaults.bytesMax,
  callTimeoutMs: 30_000,
  mailboxCapacity: 10_000,
  overflow: 'reject',
  waitersMax: 10_000,
  actorsMax: 1_000_000,
  timersMax: 1_000,
  monitorsMax: 10_000,
  shutdownMs: 5_000,
  startMs: 30_000,
  threads: {},
} as const satisfies Omit<Required<NodeOptions>, 'name' | 'epoch' | 'random' | 'engine' | 'inspectable'>

export interface SpawnOptions {
  /** @default as the definition says */
  readonly isolation?: Isolation
  /** Registered on this node; references by it survive a restart. @default none */
  readonly name?: string
  /** Restarted always, after an abnormal exit, never. @default 'temporary' */
  readonly restart?: Restart
  /** Restarts allowed inside `windowMs` before it is given up. @default 3 */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** Delays between restarts. @default none: at once */
  readonly backoff?: Backoff
  /** @default shutdownMs of the node */
  readonly shutdownMs?: number
  /** @default startMs of the node */
  readonly startMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
  /** @default as the definition says, else the node */
  readonly overflow?: Overflow
  /** @default as the definition says, else the node */
  readonly waitersMax?: number
}

/** A running node; disposing stops it. */
export interface Node extends AsyncDisposable {
  readonly system: string
  readonly name: string
  readonly epoch: number
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly engine: Engine
  /** Actors alive. */
  readonly actors: number
  /**
   * Starts an actor and resolves when its `init` is done. The argument stays on this node, so it may hold anything.
   *
   * Rejects with `foundation/actor-init-failed`, `foundation/name-taken`, `foundation/limit-reached`,
   * `foundation/node-stopped`.
   */
  spawn<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options?: SpawnOptions): Promise<ActorRef<D>>
  /** Starts children in order; rejects with `foundation/supervisor-start-failed` when one would not start. */
  supervise(options: SupervisorOptions): Promise<Supervisor>
  /** A supervisor without children, to which they are added one by one. */
  superviseDynamic(options?: DynamicSupervisorOptions): Promise<DynamicSupervisor>
  /** All supervisors and actors as data: what a dashboard draws. */
  supervisionTree(): NodeTree
  /** An actor of this node as it is now, if it runs. The state is a copy. */
  inspect(actor: ActorReference): ActorInspection | undefined
  /**
   * Puts another state into an actor between two messages, before those that wait, and resolves when that is done. What
   * `change` throws rejects and leaves the state as it was. For tests and debugging.
   *
   * Rejects with `foundation/not-inspectable` on a node that is not `inspectable` and for an actor in a thread,
   * `foundation/no-such-actor`, `foundation/actor-stopped`.
   */
  replaceState<D extends ActorDefinition>(actor: ActorRef<D>, change: (state: StateOf<D>) => StateOf<D>): Promise<void>
  /** The actor of that name and definition, if it runs. */
  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined
  /**
   * Asks an actor to stop and resolves with how it ended. One that `spawn` restarts is not restarted; a child of a
   * supervisor is, when it is permanent.
   */
  stop(actor: ActorReference): Promise<ExitReason>
  /** Stops everything in reverse order of starting. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts a node.
 *
 * @example await using node = await startNode(); const counter = await node.spawn(Counter, 1, { name: 'counter' })
 */
export async function startNode(options: NodeOptions = {}): Promise<Node> {
  refuseInThread()
  checkNodeOptions(options)
  const { clock = nodeDefaults.clock, random = seededRandom(randomInt(2 ** 47)) } = options
  const name = options.name ?? `node-${randomUUID().slice(0, 8)}`
  const settings = { ...nodeDefaults, epoch: clock.nowMs(), ...options, name, clock, random }
  const node = new LocalNode(settings, options.engine)
  node.emit('node-started')
  return node
}

type NodeSettings = Omit<Required<NodeOptions>, 'engine' | 'inspectable'> & Pick<NodeOptions, 'inspectable'>

class LocalNode implements Node {
  readonly engine: Engine
  readonly #settings: NodeSettings
  readonly #ownsEngine: boolean
  readonly #kernel: Kernel
  readonly #threads: ThreadPool
  /** Those that no other supervises. */
  readonly #supervisors = new Set<SupervisorRuntime | DynamicSupervisorRuntime>()
  #closing: Promise<void> | undefined

  constructor(settings: NodeSettings, engine: Engine | undefined) {
    const { clock, random, telemetry } = settings
    this.#settings = settings
    this.#kernel = new Kernel(settings)
    this.#threads = new ThreadPool(this.#kernel, threadSettings(settings.threads))
    this.#kernel.threads = this.#threads
    this.#ownsEngine = engine === undefined
    this.engine = engine ?? memoryEngine({ clock, random: random.fork('engine'), telemetry })
  }

  get system(): string {
    return this.#settings.system
  }

  get name(): string {
    return this.#settings.name
  }

  get epoch(): number {
    return this.#settings.epoch
  }

  get clock(): Clock {
    return this.#settings.clock
  }

  get random(): Random {
    return this.#settings.random
  }

  get telemetry(): Telemetry {
    return this.#settings.telemetry
  }

  get actors(): number {
    return this.#kernel.actors.size
  }

  async spawn<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options?: SpawnOptions): Promise<ActorRef<D>> {
    const restart = options?.restart ?? 'temporary'
    if (options !== undefined) checkSpawnOptions(options)
    if (options === undefined || restart === 'temporary') {
      const once = this.#spawnOnce(definition, arg, options ?? {})
      return (once instanceof Promise ? await once : once) as unknown as ActorRef<D>
    }
    const { restartsMax, windowMs, backoff, ...childOptions } = options
    const { shutdownMs, startMs } = this.#settings
    const given: ChildOptions = { shutdownMs, startMs, ...childOptions }
    const supervisor = this.#supervisor(
      {
        name: options.name ?? definition.name,
        children: [child(definition, arg, { ...given, id: 'actor' })],
        ...(restartsMax !== undefined && { restartsMax }),
        ...(windowMs !== undefined && { windowMs }),
        ...(backoff !== undefined && { backoff }),
      },
      true,
    )
    try {
      await supervisor.start()
    } catch (thrown) {
      throw supervisor.failure ?? thrown
    }
    const ref = supervisor.child(definition, 'actor')
    if (ref === undefined) throw actorStopped(definition.name)
    return ref
  }

  async supervise(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = this.#supervisor(options, false)
    await supervisor.start()
    return supervisor
  }

  async superviseDynamic(options: DynamicSupervisorOptions = {}): Promise<DynamicSupervisor> {
    if (this.#kernel.stopped) throw nodeStopped(this.name)
    const supervisor = new DynamicSupervisorRuntime(this.#kernel, options, () => {
      this.#supervisors.delete(supervisor)
    })
    this.#supervisors.add(supervisor)
    return supervisor
  }

  supervisionTree(): NodeTree {
    const { system, name: node, epoch } = this
    const alone = [...this.#kernel.actors.values()].filter((actor) => actor.settings.owner === undefined)
    const actors = alone.slice(0, treeEntriesMax).map((actor) => this.#kernel.addressOf(actor))
    const supervisors = [...this.#supervisors].map((one) => one.tree())
    return { system, node, epoch, supervisors, actors, actorCount: alone.length }
  }

  inspect(actor: ActorReference): ActorInspection | undefined {
    const { target } = this.#kernel.own(actor)
    return target && inspectActor(this.#kernel, target)
  }

  async replaceState<D extends ActorDefinition>(
    actor: ActorRef<D>,
    change: (state: StateOf<D>) => StateOf<D>,
  ): Promise<void> {
    const { inspectable = this.#settings.codec } = this.#settings
    const ref = this.#kernel.own(actor)
    if (ref.target === undefined) throw noSuchActor(ref.label, ref.restarting)
    await replaceActorState(ref.target, change, { inspectable, node: this.name })
  }

  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined {
    const actor = this.#kernel.entryOf(name)?.actor
    if (actor === undefined || actor.kind !== definition) return undefined
    return this.#kernel.reference(actor) as unknown as ActorRef<D>
  }
  stop(actor: ActorReference): Promise<ExitReason> {
    const ref = actor instanceof LocalRef ? actor : this.#kernel.bind(actor.address)
    const running = ref.target
    return new Promise((resolve) => {
      this.#kernel.monitor(ref, resolve)
      if (running?.settings.owner?.stop !== undefined) running.settings.owner.stop()
      else running?.stop({ type: 'shutdown' })
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  emit(event: string): void {
    if (!this.telemetry.enabled) return
    const { system, name: node, epoch } = this.#settings
    const measurements = { actors: this.actors }
    this.telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { system, node, epoch } })
  }

  /** A promise only where `init` has to be waited for. */
  #spawnOnce(definition: ActorDefinition, arg: unknown, options: SpawnOptions): LocalRef | Promise<LocalRef> {
    const { name, restart: _, ...limits } = options
    const entry = name === undefined ? undefined : this.#kernel.reserve(name, false)
    let outcome: { readonly failure: Parameters<OnStart>[0] } | undefined
    let waiting: PromiseWithResolvers<LocalRef> | undefined
    const onStart: OnStart = (failure) => {
      outcome = { failure }
      if (failure === undefined) waiting?.resolve(ref)
      else waiting?.reject(failure.thrown)
    }
    let ref: LocalRef
    try {
      const how = { ...limits, entry, onStart }
      ref = this.#kernel.reference(this.#kernel.start(definition, arg, how))
    } catch (thrown) {
      this.#kernel.release(entry)
      throw thrown
    }
    if (outcome === undefined) {
      waiting = Promise.withResolvers()
      return waiting.promise
    }
    if (outcome.failure !== undefined) throw outcome.failure.thrown
    return ref
  }

  #supervisor(options: SupervisorOptions, alone: boolean): SupervisorRuntime {
    const onEnd = () => void this.#supervisors.delete(supervisor)
    const supervisor = new SupervisorRuntime(this.#kernel, options, { onEnd, alone })
    this.#supervisors.add(supervisor)
    return supervisor
  }

  async #close(): Promise<void> {
    this.#kernel.stopped = true
    const actors = [...this.#kernel.actors.values()].filter((actor) => actor.settings.owner === undefined)
    const idOf = (part: Part) => (part instanceof RunningActor ? part.settings.id : part.id)
    const parts = [...actors, ...this.#supervisors].sort((a, b) => idOf(b) - idOf(a))
    for (const part of parts) {
      if (!(part instanceof RunningActor)) await part.stop()
      else if (part.alive) await stopped(part)
    }
    this.#kernel.close()
    await this.#threads.close()
    if (this.#ownsEngine) await this.engine.close()
    this.emit('node-stopped')
  }
}

/** What a node stops one after the other. */
type Part = RunningActor | SupervisorRuntime | DynamicSupervisorRuntime

/** Resolves at once where the actor has nothing to finish. */
function stopped(actor: RunningActor): Promise<void> | undefined {
  actor.stop({ type: 'shutdown' })
  return actor.alive ? new Promise((resolve) => void actor.monitor(() => resolve())) : undefined
}

function checkSpawnOptions(options: SpawnOptions): void {
  const { restartsMax, windowMs, backoff, ...childOptions } = options
  if ('id' in childOptions) throw unknownName('spawn', 'option', 'id', ['name'])
  checkChildOptions('spawn', childOptions)
  checkOptions('spawn', { restartsMax, windowMs, backoff }, restartRules)
  if (backoff !== undefined) checkBackoff('spawn', backoff)
}

const restartRules = {
  restartsMax: rule.optional(rule.int(0)),
  windowMs: rule.optional(rule.number(1)),
  backoff: rule.optional(rule.object()),
}

function checkNodeOptions(options: NodeOptions): void {
  checkOptions('startNode', options, {
    system: rule.optional(rule.string()),
    name: rule.optional(rule.string()),
    epoch: rule.optional(rule.number(0)),
    clock: rule.optional(rule.object()),
    random: rule.optional(rule.object()),
    telemetry: rule.optional(rule.object()),
    engine: rule.optional(rule.object()),
    codec: rule.optional(rule.boolean()),
    messageBytesMax: rule.optional(rule.int(1)),
    callTimeoutMs: rule.optional(rule.number(1)),
    mailboxCapacity: rule.optional(rule.int(1)),
    overflow: rule.optional(rule.oneOf(overflows)),
    waitersMax: rule.optional(rule.int(0)),
    actorsMax: rule.optional(rule.int(1)),
    timersMax: rule.optional(rule.int(1)),
    monitorsMax: rule.optional(rule.int(1)),
    shutdownMs: rule.optional(rule.number(0)),
    startMs: rule.optional(rule.number(1)),
    threads: rule.optional(rule.object()),
    inspectable: rule.optional(rule.boolean()),
  })
}
