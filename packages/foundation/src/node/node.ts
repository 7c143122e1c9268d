/** A node: the actors of one process (or of one test), their clock, randomness, telemetry, and what they share with other nodes. */

import { randomInt, randomUUID } from 'node:crypto'
import { type ActorDefinition, type ArgOf, checkDefinition, type StateOf } from '../actors/actor.ts'
import { type ActorAddress, type ActorReference, addressByName } from '../actors/actor-address.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { ActorInspection } from '../actors/inspection.ts'
import { Kernel } from '../actors/kernel.ts'
import type { Cache } from '../cache/cache.ts'
import type { CacheOptions } from '../cache/cache-options.ts'
import type { CellsOptions } from '../cells/cell-options.ts'
import type { Cells } from '../cells/cells.ts'
import type { ChannelsOptions } from '../channels/channel-options.ts'
import type { Channels } from '../channels/channels.ts'
import type { Clock } from '../clock.ts'
import type { Directory } from '../directory/directory.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { nameTaken, nodeStopped } from '../errors/actor-errors.ts'
import { nodeDraining } from '../errors/operation-errors.ts'
import { definitionMissing } from '../errors/remote-errors.ts'
import { hasCode } from '../errors.ts'
import { createHealth, type Health, type HealthPartOptions } from '../health/health.ts'
import type { HealthSources } from '../health/health-sources.ts'
import type { Membership } from '../membership/membership.ts'
import type { CallActor, ServiceCallOptions } from '../mesh/service-calls.ts'
import type { Services, ServicesOptions } from '../mesh/services.ts'
import { checkMoveOptions, type MoveOptions, moveActor } from '../migration/move-actor.ts'
import type { NodePort } from '../node-port.ts'
import type { DrainPhase } from '../operations/drain-step.ts'
import type { DrainOptions, DrainReport } from '../operations/node-draining.ts'
import type { NodeStatus } from '../operations/node-status.ts'
import { invalidOption } from '../options.ts'
import type { WorkQueue, WorkQueueOptions } from '../queue/work-queue.ts'
import { type Random, seededRandom } from '../random.ts'
import type { RemoteStart } from '../remote/remote.ts'
import { SignedEngine } from '../security/signed-engine.ts'
import { type SystemKeys, systemKeys } from '../security/system-keys.ts'
import type { DynamicSupervisor } from '../supervision/dynamic-supervisor.ts'
import type { NodeTree } from '../supervision/supervision-tree.ts'
import type { Supervisor } from '../supervision/supervisor.ts'
import type { DynamicSupervisorOptions, SupervisorOptions } from '../supervision/supervisor-options.ts'
import { guardedTelemetry, type Telemetry } from '../telemetry.ts'
import { refuseInThread } from '../threads/inside-thread.ts'
import { threadSettings } from '../threads/thread-options.ts'
import { ThreadPool } from '../threads/thread-pool.ts'
import { NodeActors } from './node-actors.ts'
import { NodeOperations } from './node-operations.ts'
import { checkNodeOptions, type NodeOptions, type NodeSettings, nodeDefaults } from './node-options.ts'
import { NodeParts } from './node-parts.ts'
import { NodeSystem } from './node-system.ts'
import { checkPlaceOptions, type PlaceOptions, placeNames } from './place-options.ts'
import { openPlaces, type Placed } from './placing.ts'
import type { SendTarget } from './sending.ts'
import { type ServeOptions, untilAsked } from './serving.ts'
import { checkSpawnOptions, type SpawnOptions } from './spawn-options.ts'

/** What is to be known besides what the node knows itself. */
export type NodeHealthOptions = HealthPartOptions & Pick<HealthSources, 'lately' | 'expectedNodes'>

/** What an instance of a service is asked. */
export interface ServiceRequest {
  readonly call: string
  readonly input: unknown
}

/** A running node; disposing stops it. */
export interface Node extends Omit<NodePort, 'codec' | 'signing'>, AsyncDisposable {
  /** Actors alive. */
  readonly actors: number
  /**
   * Starts an actor and resolves when its `init` is done. The argument stays on this node, so it may hold anything; with
   * `node` it is sent to that one.
   *
   * Rejects with `foundation/actor-init-failed`, `foundation/name-taken`, `foundation/limit-reached`,
   * `foundation/node-stopped`; on another node also with `foundation/node-unreachable`, `foundation/definition-missing`.
   */
  spawn<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options?: SpawnOptions): Promise<ActorRef<D>>
  /** Starts children in order; rejects with `foundation/supervisor-start-failed` when one would not start. */
  supervise(options: SupervisorOptions): Promise<Supervisor>
  /** A supervisor without children, to which they are added one by one. */
  superviseDynamic(options?: DynamicSupervisorOptions): Promise<DynamicSupervisor>
  /**
   * Takes part in running an actor somewhere in the system: one (`singleton`), `places` of them (`group`, `partitioned`),
   * or one on each node (`replicated`). To be called on every node that may run it, with the same options; the first of a name
   * count. Rejects with `foundation/name-taken` when an actor that is no place is known to have the name.
   */
  place<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options: PlaceOptions): Promise<Placed<D>>
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
  /** The actor of that name and definition on this node, if it runs. */
  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined
  /** The actor of a name that is unique in the system: found on whatever node has it, also later. */
  lookup<D extends ActorDefinition>(definition: D, name: string): ActorRef<D>
  /** The actor of a name, of whatever definition: of this node where one has the name, else of the system, found as `lookup` finds it. */
  named(name: string): ActorRef
  /** The node that has a name of the system now, as far as this node knows: of a place its holder. Nothing where nobody has it. */
  holderOf(name: string): Promise<string | undefined>
  /**
   * Asks an actor to stop and resolves with how it ended. One that `spawn` restarts is not restarted; a child of a
   * supervisor is, when it is permanent. Of a name of the system it is whoever has it now, on whatever node; where nobody has it,
   * it resolves with `no-such-actor`.
   */
  stop(actor: ActorReference): Promise<ExitReason>
  /**
   * Moves an actor to another node, with its state and the messages that wait for it; references to it go on being good. For
   * actors with `scope: 'system'`, whose definition that node must have (`definitions` of `startNode`), and for places, of which
   * it is a wish as `moveTo` is. The state goes by `save` and `load` of the definition; of an actor with a name that has none, as
   * it is, with the argument of `init`. Timers, monitors of others and links stay behind: `load` may begin them anew. Who monitors
   * it is told `moved`.
   *
   * *Delivery*: no acknowledged call is lost, and what one sender sent stays in order. A failure in the middle leaves one copy
   * running: here as long as it can be taken back, else there.
   *
   * Rejects with `foundation/move-refused` (without a name, linked, in a thread without `save`, a node that does not offer the
   * place), `foundation/definition-missing`, `foundation/unknown-name` (no such node), `foundation/node-unreachable`, `foundation/move-failed` (it goes on where it was),
   * `foundation/move-timeout`, `foundation/no-such-actor`, and with `signal.reason`.
   */
  move<D extends ActorDefinition>(actor: ActorRef<D>, options: MoveOptions): Promise<ActorRef<D>>
  /**
   * Sends to an actor, a name, a service or a topic. Resolves when it is on its way; for a service with what the instance
   * replied. Rejects as a cast throws, a call of a service rejects, and `publish` throws.
   *
   * @example await node.send({ topic: 'orders.new' }, order); await node.send({ name: 'indexer', cast: 'add' }, page)
   */
  send(target: SendTarget, message: unknown): Promise<unknown>
  /** Calls one instance of a service; in short for `(await node.services()).service(name).call(…)`. */
  callService(name: string, call: ServiceRequest, options?: ServiceCallOptions): Promise<unknown>
  /** The nodes of the system. */
  membership(): Promise<Membership>
  /** Names and groups of the system. */
  directory(): Promise<Directory>
  /** Actors found and called by what they can do. */
  services(options?: Omit<ServicesOptions, 'callActor'>): Promise<Services>
  /** Messages by topic and priority. */
  channels(options?: ChannelsOptions): Promise<Channels>
  /** Values that nodes share: strong ones, and eventual ones that merge. */
  cells(options?: CellsOptions): Promise<Cells>
  /** A durable queue of tasks; the same name is the same queue on every node. */
  queue<T>(name: string, options?: WorkQueueOptions<T>): Promise<WorkQueue<T>>
  /** A cache in two tiers; the same name is the same cache on every node. */
  cache<T>(name: string, options?: CacheOptions): Promise<Cache<T>>
  /**
   * How this node and its system are; the first options count. `serveHealth(await node.health(), { port })` answers probes.
   *
   * @example const health = await node.health(); health.check('database', (signal) => ping(signal)); health.report()
   */
  health(options?: NodeHealthOptions): Promise<Health>
  /**
   * Something of yours that there is once on this node and that ends with it, such as what a package keeps of it: opened when it is
   * first asked for, the same for all who ask, and closed before what the node itself has. What could not be opened is tried
   * again the next time. Rejects with what `open` threw, and with `foundation/node-stopped`.
   *
   * @example const ledger = await node.part('shop-ledger', async () => openLedger(node))
   */
  part<T extends AsyncDisposable>(name: string, open: () => Promise<T>): Promise<T>
  /** What `openCluster` shows of this node; a node that is alone tells it too. */
  status(): Promise<NodeStatus>
  /** `serving`; `draining` from when it was asked to until nothing that others could have is left; then `drained`. */
  readonly phase: DrainPhase
  /**
   * Takes no places, no tasks of queues and no starts from other nodes any more, and hands over what it has: places to nodes that
   * offer to run them, actors with names of the system to nodes that have their definition, as `move` does; services and groups by
   * no longer being found. Resolves when all that is done and tasks under way have ended,
   * or after `timeoutMs` with what is left. What nobody else can have stays and runs on. Asked again, it tells how far it is.
   *
   * Rejects with `foundation/invalid-option` and `signal.reason`.
   *
   * @example const { done, places, tasks } = await node.drain({ timeoutMs: 60_000 })
   */
  drain(options?: DrainOptions): Promise<DrainReport>
  /** Takes draining back: it offers, works and is found as before. */
  undrain(): void
  /** Drains, then closes; what was left by then. */
  leave(options?: DrainOptions): Promise<DrainReport>
  /**
   * Keeps the process until one of the signals comes, or `signal` aborts, then closes the node and resolves: what the last line of
   * a program awaits that has nothing else to wait for. A second signal ends the process at once.
   */
  serve(options?: ServeOptions): Promise<void>
  /** Hands over what it holds for the system, then stops everything in reverse order of starting. Idempotent. */
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
  const telemetry =
    options.telemetry === undefined
      ? nodeDefaults.telemetry
      : guardedTelemetry(options.telemetry, (sentence) =>
          process.emitWarning(`node ${name}: ${sentence}`, { code: 'foundation/telemetry-failed' }),
        )
  const settings = { ...nodeDefaults, epoch: clock.nowMs(), ...options, name, clock, random, telemetry }
  try {
    return await startedNode(settings, options.engine)
  } catch (thrown) {
    const { newerEpoch } = hasCode(thrown, 'foundation/node-replaced') ? thrown.data : {}
    if (options.epoch !== undefined || typeof newerEpoch !== 'number') throw thrown
    // The clock was ahead when the life before began: this one is the later one all the same.
    return await startedNode({ ...settings, epoch: newerEpoch + 1 }, options.engine)
  }
}

async function startedNode(settings: NodeSettings, engine: NodeOptions['engine']): Promise<LocalNode> {
  const node = new LocalNode(settings, await givenEngine(settings, engine))
  try {
    // With an engine of its own it is alone until somebody asks for the others.
    if (engine !== undefined) await node.join()
  } catch (thrown) {
    await node.close()
    throw thrown
  }
  node.emit('node-started')
  return node
}

interface GivenEngine {
  readonly engine: Engine
  /** Whether it ends with the node. */
  readonly isOwn: boolean
  /** What it signs with. */
  readonly keys: SystemKeys | undefined
}

async function givenEngine(settings: NodeSettings, given: NodeOptions['engine']): Promise<GivenEngine> {
  const { system, name, epoch, clock, telemetry, security } = settings
  // Before anything is opened that would have to be closed.
  const keys = security === undefined ? undefined : systemKeys('startNode', system, security)
  const random = settings.random.fork('engine')
  const port = { system, name, clock, random, telemetry }
  const opened = typeof given === 'function' ? await given(port) : given
  const engine = opened ?? memoryEngine({ clock, random, telemetry })
  const isOwn = engine !== given
  if (keys === undefined) return { engine, isOwn, keys }
  return { engine: new SignedEngine({ engine, keys, port: { ...port, epoch } }), isOwn, keys }
}

class LocalNode implements Node {
  readonly engine: Engine
  readonly #settings: NodeSettings
  readonly #ownsEngine: boolean
  readonly #kernel: Kernel
  readonly #threads: ThreadPool
  readonly #local: NodeActors
  readonly #parts: NodeParts
  readonly #port: NodePort
  readonly #operations: NodeOperations
  readonly #definitions = new Map<string, ActorDefinition>()
  #system: NodeSystem | undefined
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined

  constructor(settings: NodeSettings, { engine, isOwn, keys }: GivenEngine) {
    const { system, name, epoch, clock, random, telemetry } = settings
    this.#settings = settings
    this.#kernel = new Kernel(settings)
    this.#threads = new ThreadPool(this.#kernel, threadSettings(settings.threads))
    this.#kernel.threads = this.#threads
    this.#local = new NodeActors(this.#kernel, settings)
    this.#ownsEngine = isOwn
    this.engine = engine
    const codec = this.#kernel.newCodec()
    const plain = { system, name, epoch, clock, random: random.fork('parts'), telemetry, engine, codec }
    this.#port = keys === undefined ? plain : { ...plain, signing: keys }
    this.#parts = new NodeParts(this.#port, settings.caches)
    for (const definition of settings.definitions) this.#definitions.set(keyOf(definition), definition)
    this.#operations = new NodeOperations({
      port: this.#port,
      kernel: this.#kernel,
      parts: this.#parts,
      health: this.#healthSources,
      names: () => this.#system?.actors.names ?? [],
      move: async (name, to) => void (await this.move(this.#bound(addressByName(system, name)), { to })),
      close: () => this.close(),
    })
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
    checkDefinition('spawn', definition)
    if (options === undefined) return await this.#local.spawn(definition, arg)
    checkSpawnOptions(options)
    const { node, scope, name } = options
    if (node !== undefined && node !== this.name) return await this.#spawnThere(definition, arg, { ...options, node })
    if (scope !== 'system' || name === undefined) return await this.#local.spawn(definition, arg, options)
    return await (await this.join()).actors.spawn({ definition, arg, options: { ...options, name } })
  }

  supervise(options: SupervisorOptions): Promise<Supervisor> {
    return this.#local.supervise(options)
  }

  async superviseDynamic(options: DynamicSupervisorOptions = {}): Promise<DynamicSupervisor> {
    return this.#local.superviseDynamic(options)
  }

  async place<D extends ActorDefinition>(definition: D, arg: ArgOf<D>, options: PlaceOptions): Promise<Placed<D>> {
    checkDefinition('place', definition)
    checkPlaceOptions(options)
    const system = await this.join()
    return await this.#parts.placed<D>(options.name, options, async () => {
      const taken = placeNames(options).find((name) => system.directory.lookup(name) !== undefined)
      if (taken !== undefined && options.strategy !== 'replicated') throw nameTaken(taken)
      const draining = this.phase !== 'serving'
      const parts = { port: this.#port, kernel: this.#kernel, actors: this.#local, system, draining }
      return await openPlaces(parts, { definition, arg, options })
    })
  }

  supervisionTree(): NodeTree {
    return this.#local.tree()
  }

  inspect(actor: ActorReference): ActorInspection | undefined {
    return this.#local.inspect(actor)
  }

  replaceState<D extends ActorDefinition>(
    actor: ActorRef<D>,
    change: (state: StateOf<D>) => StateOf<D>,
  ): Promise<void> {
    return this.#local.replaceState(actor, change)
  }

  find<D extends ActorDefinition>(definition: D, name: string): ActorRef<D> | undefined {
    return this.#local.find(definition, name)
  }

  lookup<D extends ActorDefinition>(_definition: D, name: string): ActorRef<D> {
    return this.#bound(addressByName(this.system, name))
  }

  named(name: string): ActorRef {
    const isHere = this.#kernel.entryOf(name) !== undefined
    return this.#bound(isHere ? this.#kernel.addressOfName(name) : addressByName(this.system, name))
  }

  async holderOf(name: string): Promise<string | undefined> {
    return (await this.join()).find(name)?.node
  }

  async stop(actor: ActorReference): Promise<ExitReason> {
    const ref = this.#kernel.own(actor)
    const { elsewhere } = ref
    if (elsewhere === undefined || ref.target !== undefined) return await this.#local.stop(ref)
    // The name of one that was here may be another node's by now.
    if (elsewhere.node === this.name && elsewhere.scope === undefined) return await this.#local.stop(ref)
    const system = await this.join()
    const at = elsewhere.scope === 'system' ? system.find(elsewhere.name as string) : elsewhere
    if (at === undefined || at.node === this.name)
      return await this.#local.stop(this.#kernel.own({ address: at ?? elsewhere, toJSON: () => elsewhere }))
    return await system.remote.stop(at, this.#settings.shutdownMs)
  }

  async move<D extends ActorDefinition>(actor: ActorRef<D>, options: MoveOptions): Promise<ActorRef<D>> {
    checkMoveOptions(options)
    const parts = { port: this.#port, kernel: this.#kernel, system: await this.join() }
    return this.#bound(await moveActor(parts, actor, options))
  }

  async send(target: SendTarget, message: unknown): Promise<unknown> {
    if ('topic' in target) {
      const { topic, priority } = target
      return (await this.channels()).publish(topic, message, priority === undefined ? {} : { priority })
    }
    if ('service' in target) return await this.callService(target.service, { call: target.call, input: message })
    if (!('actor' in target) && !('name' in target)) {
      throw invalidOption('send', 'target', 'one with actor, name, service or topic', target)
    }
    if ('actor' in target) return this.#kernel.cast(this.#kernel.own(target.actor), target.cast, message)
    await this.join()
    return this.#kernel.cast(this.#kernel.bind(addressByName(this.system, target.name)), target.cast, message)
  }

  async callService(name: string, { call, input }: ServiceRequest, options?: ServiceCallOptions): Promise<unknown> {
    return await (await this.services()).service(name).call(call, input, options)
  }

  async membership(): Promise<Membership> {
    return (await this.join()).membership
  }

  async directory(): Promise<Directory> {
    return (await this.join()).directory
  }

  services(options: Omit<ServicesOptions, 'callActor'> = {}): Promise<Services> {
    const callActor: CallActor = (address, { call, input }, { timeoutMs, signal }) =>
      this.#kernel.callWith(this.#kernel.bind(address), { name: call, input }, { timeoutMs, signal })
    return this.#parts.services(() => this.join(), { ...options, callActor })
  }

  channels(options?: ChannelsOptions): Promise<Channels> {
    return this.#parts.channels(options)
  }

  cells(options?: CellsOptions): Promise<Cells> {
    return this.#parts.cells(options)
  }

  queue<T>(name: string, options?: WorkQueueOptions<T>): Promise<WorkQueue<T>> {
    return this.#parts.queue<T>(name, options)
  }

  cache<T>(name: string, options?: CacheOptions): Promise<Cache<T>> {
    return this.#parts.cache<T>(name, options)
  }

  health(options: NodeHealthOptions = {}): Promise<Health> {
    return this.#parts.once('health', async () => {
      const { lately, expectedNodes, ...given } = options
      const sources: HealthSources = {
        ...this.#healthSources,
        ...(lately !== undefined && { lately }),
        ...(expectedNodes !== undefined && { expectedNodes }),
      }
      return createHealth(this.#port, sources, given)
    })
  }

  async part<T extends AsyncDisposable>(name: string, open: () => Promise<T>): Promise<T> {
    if (typeof name !== 'string' || name === '') throw invalidOption('part', 'name', 'a non-empty string', name)
    return await this.#parts.once(`part ${name}`, open)
  }

  status(): Promise<NodeStatus> {
    return this.#operations.status()
  }

  get phase(): DrainPhase {
    return this.#operations.phase
  }

  async drain(options?: DrainOptions): Promise<DrainReport> {
    if (this.#closing !== undefined) throw nodeStopped(this.name)
    return await this.#operations.drain(options)
  }

  undrain(): void {
    this.#operations.undrain()
  }

  async leave(options?: DrainOptions): Promise<DrainReport> {
    const report = await this.drain(options)
    await this.close()
    return report
  }

  async serve(options?: ServeOptions): Promise<void> {
    const { signal, ...given } = options ?? {}
    const closed = this.#closed.signal
    await untilAsked(this.clock, {
      ...given,
      signal: signal === undefined ? closed : AbortSignal.any([signal, closed]),
    })
    await this.close()
  }

  close(): Promise<void> {
    this.#closed.abort()
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Makes this node one of its system. */
  join(): Promise<NodeSystem> {
    return this.#parts.once('system', async () => {
      this.#system = await NodeSystem.open({
        port: this.#port,
        kernel: this.#kernel,
        local: this.#local,
        definitions: this.#definitions,
        options: this.#settings,
        start: (what) => this.#startHere(what),
        stop: (actor) => this.#local.stop(this.#kernel.reference(actor)),
        onNameLost: (name) => this.#nameLost(name),
        onReplaced: () => void this.close().catch(() => {}),
        operations: this.#operations,
      })
      return this.#system
    })
  }

  emit(event: string): void {
    if (!this.telemetry.enabled) return
    const { system, name: node, epoch } = this.#settings
    const measurements = { actors: this.actors }
    this.telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { system, node, epoch } })
  }

  /** Membership from when this node is one of a system. */
  get #healthSources(): HealthSources {
    const kernel = this.#kernel
    const membership = () => (this.#parts.open.get('system') as NodeSystem | undefined)?.membership
    return {
      actors: () => kernel.actors.size,
      actorsMax: this.#settings.actorsMax,
      mailboxes: () => mailboxesOf(kernel),
      members: () => membership()?.members(),
      hasMajority: () => membership()?.hasMajority ?? true,
    }
  }

  #bound<D extends ActorDefinition>(address: ActorAddress): ActorRef<D> {
    return this.#kernel.bind(address) as unknown as ActorRef<D>
  }

  async #spawnThere<D extends ActorDefinition>(
    definition: D,
    arg: ArgOf<D>,
    given: SpawnOptions & { readonly node: string },
  ): Promise<ActorRef<D>> {
    const { node, ...options } = given
    const { remote } = await this.join()
    const { name, version } = definition
    const { startMs = this.#settings.startMs } = options
    return this.#bound(await remote.start(node, { definition: name, version, arg, options }, startMs))
  }

  async #startHere({ definition: name, version, arg, options }: RemoteStart): Promise<ActorAddress> {
    if (this.phase !== 'serving') throw nodeDraining(this.name)
    const definition = this.#definitions.get(`${name}@${version}`)
    if (definition === undefined)
      throw definitionMissing(this.name, `${name}@${version}`, [...this.#definitions.keys()])
    return (await this.spawn(definition, arg, options as SpawnOptions)).address
  }

  /** Somebody else has the name now: of two of a name one has to go. */
  #nameLost(name: string): void {
    const actor = this.#kernel.entryOf(name)?.actor
    if (actor !== undefined) void this.#local.stop(this.#kernel.reference(actor))
    // Between two lives there is no actor to stop, and the next one would be the second of the name.
    else this.#system?.actors.requestStop(name)
  }

  async #close(): Promise<void> {
    try {
      await this.#parts.close()
    } finally {
      await this.#operations.end()
      await this.#local.close()
      await this.#threads.close()
      if (this.#ownsEngine) await this.engine.close()
      this.emit('node-stopped')
    }
  }
}

function* mailboxesOf(kernel: Kernel) {
  for (const actor of kernel.actors.values()) {
    yield {
      actor: actor.label,
      size: actor.snapshot.mailboxSize,
      capacity: actor.settings.limits.mailboxCapacity,
    }
  }
}

function keyOf({ name, version }: ActorDefinition): string {
  return `${name}@${version}`
}
