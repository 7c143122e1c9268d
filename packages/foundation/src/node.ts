/** A node: the actors of one process (or of one test), their clock, randomness, telemetry and messages. */

import { randomInt, randomUUID } from 'node:crypto'
import type { ActorDefinition, ArgOf } from './actors/actor.ts'
import type { ActorReference } from './actors/actor-address.ts'
import type { ActorRef } from './actors/actor-ref.ts'
import type { ExitReason } from './actors/exit-reason.ts'
import { Kernel } from './actors/kernel.ts'
import { LocalRef } from './actors/local-ref.ts'
import type { Overflow } from './actors/mailbox.ts'
import type { OnStart, RunningActor } from './actors/running-actor.ts'
import { type Clock, systemClock } from './clock.ts'
import { codecDefaults } from './codec/codec.ts'
import type { Engine } from './engine/engine.ts'
import { memoryEngine } from './engine/engines/memory.ts'
import { actorStopped } from './errors/actor-errors.ts'
import { checkOptions, rule, unknownName } from './options.ts'
import { type Random, seededRandom } from './random.ts'
import {
  type ChildOptions,
  checkChildOptions,
  child,
  type Supervisor,
  type SupervisorOptions,
  SupervisorRuntime,
} from './supervision/supervisor.ts'
import type { Restart } from './supervision/supervisor-step.ts'
import { silentTelemetry, type Telemetry } from './telemetry.ts'

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
  /** Actors alive. @default 1_000_000 */
  readonly actorsMax?: number
  /** Timers of one actor. @default 1_000 */
  readonly timersMax?: number
  /** How long an actor started by `spawn` may take to stop before it is killed. @default 5_000 */
  readonly shutdownMs?: number
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
  actorsMax: 1_000_000,
  timersMax: 1_000,
  shutdownMs: 5_000,
} as const satisfies Omit<Required<NodeOptions>, 'name' | 'epoch' | 'random' | 'engine'>

export interface SpawnOptions {
  /** Registered on this node; references by it survive a restart. @default none */
  readonly name?: string
  /** Restarted always, after an abnormal exit, never. @default 'temporary' */
  readonly restart?: Restart
  /** Restarts allowed inside `windowMs` before it is given up. @default 3 */
  readonly restartsMax?: number
  /** @default 5_000 */
  readonly windowMs?: number
  /** @default shutdownMs of the node */
  readonly shutdownMs?: number
  /** @default as the definition says, else the node */
  readonly mailboxCapacity?: number
  /** @default as the definition says, else the node */
  readonly overflow?: Overflow
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
  checkNodeOptions(options)
  const { clock = nodeDefaults.clock, random = seededRandom(randomInt(2 ** 47)) } = options
  const name = options.name ?? `node-${randomUUID().slice(0, 8)}`
  const settings = { ...nodeDefaults, epoch: clock.nowMs(), ...options, name, clock, random }
  const node = new LocalNode(settings, options.engine)
  node.emit('node-started')
  return node
}

type NodeSettings = Omit<Required<NodeOptions>, 'engine'>

class LocalNode implements Node {
  readonly engine: Engine
  readonly #settings: NodeSettings
  readonly #ownsEngine: boolean
  readonly #kernel: Kernel
  /** Those that no other supervises. */
  readonly #supervisors = new Set<SupervisorRuntime>()
  #closing: Promise<void> | undefined

  constructor(settings: NodeSettings, engine: Engine | undefined) {
    const { clock, random, telemetry } = settings
    this.#settings = settings
    this.#kernel = new Kernel(settings)
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
    const { restartsMax, windowMs, ...childOptions } = options
    const given: ChildOptions = { shutdownMs: this.#settings.shutdownMs, ...childOptions }
    const supervisor = this.#supervisor(
      {
        name: options.name ?? definition.name,
        children: [child(definition, arg, { ...given, id: 'actor' })],
        ...(restartsMax !== undefined && { restartsMax }),
        ...(windowMs !== undefined && { windowMs }),
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

  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined {
    const actor = this.#kernel.entryOf(name)?.actor
    if (actor === undefined || actor.definition !== definition) return undefined
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
    const { name, mailboxCapacity, overflow, shutdownMs } = options
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
      const how = { entry, mailboxCapacity, overflow, shutdownMs, onStart }
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
    const idOf = (part: RunningActor | SupervisorRuntime) =>
      part instanceof SupervisorRuntime ? part.id : part.settings.id
    const parts = [...actors, ...this.#supervisors].sort((a, b) => idOf(b) - idOf(a))
    for (const part of parts) {
      if (part instanceof SupervisorRuntime) await part.stop()
      else if (part.alive) await stopped(part)
    }
    this.#kernel.close()
    if (this.#ownsEngine) await this.engine.close()
    this.emit('node-stopped')
  }
}

/** Resolves at once where the actor has nothing to finish. */
function stopped(actor: RunningActor): Promise<void> | undefined {
  actor.stop({ type: 'shutdown' })
  return actor.alive ? new Promise((resolve) => void actor.monitor(() => resolve())) : undefined
}

function checkSpawnOptions(options: SpawnOptions): void {
  const { restartsMax, windowMs, ...childOptions } = options
  if ('id' in childOptions) throw unknownName('spawn', 'option', 'id', ['name'])
  checkChildOptions('spawn', childOptions)
  checkOptions('spawn', { restartsMax, windowMs }, restartRules)
}

const restartRules = { restartsMax: rule.optional(rule.int(0)), windowMs: rule.optional(rule.number(1)) }

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
    overflow: rule.optional(rule.oneOf(['reject', 'drop-oldest', 'drop-newest'])),
    actorsMax: rule.optional(rule.int(1)),
    timersMax: rule.optional(rule.int(1)),
    shutdownMs: rule.optional(rule.number(0)),
  })
}
