/**
 * A whole system in one process on a virtual clock: nodes that can be paused and crashed, the server between them, wires
 * and disks that fail. With one seed, all that happens, happens the same way again.
 */

import type { Engine } from '../../engine/engine.ts'
import { memoryEngine } from '../../engine/engines/memory.ts'
import { simulationStuck, simulationTooLong } from '../../errors/simulation-errors.ts'
import type { NodePort } from '../../node-port.ts'
import { checkOptions, invalidOption, rule } from '../../options.ts'
import { type Random, seededRandom } from '../../random.ts'
import { silentTelemetry, type Telemetry } from '../../telemetry.ts'
import { Turns } from '../../turns.ts'
import { type VirtualClock, virtualClock } from '../virtual-clock.ts'
import { checkFaults, type Fault } from './fault.ts'
import { strike } from './fault-strike.ts'
import { SimBroker } from './sim-broker.ts'
import { diskOf, type SimDisk, SimDiskState } from './sim-disk.ts'
import { SimEngine } from './sim-engine.ts'
import { SimHistory } from './sim-history.ts'
import { SimLife } from './sim-life.ts'
import { SimNetwork } from './sim-network.ts'
import { SimServer } from './sim-server.ts'
import { SimTrace } from './sim-trace.ts'

export interface SimulationOptions {
  /** All that is random depends on it. */
  readonly seed: number
  /** How many; they are called n1, n2, … @default 3 */
  readonly nodes?: number
  /** @default 'sim' */
  readonly system?: string
  /** The shortest way between a node and the server. @default 0.1 */
  readonly leastMs?: number
  /** Mean of what is added to it, exponentially distributed, with a few stragglers of up to 100 ms; 0 is none. @default 0.4 */
  readonly meanMs?: number
  /** Messages of one publisher on one subject may overtake each other, and `noise` doubles some. @default false */
  readonly disorder?: boolean
  /** How long an operation of keyed state, queues and blobs waits for its answer. @default 2_000 */
  readonly operationTimeoutMs?: number
  /** The longest body. @default 1_048_576 */
  readonly bytesMax?: number
  /** What the disk of a node holds. @default 67_108_864 */
  readonly diskBytesMax?: number
  /** Messages, timers and operations of the run; one more fails it. @default 10_000_000 */
  readonly eventsMax?: number
  /** Of all nodes and the server. @default silentTelemetry */
  readonly telemetry?: Telemetry
  /** Told of each event and fault in a line, to see why a run fails. @default none */
  readonly log?: (line: string) => void
}

export const simulationDefaults = {
  nodes: 3,
  system: 'sim',
  leastMs: 0.1,
  meanMs: 0.4,
  disorder: false,
  operationTimeoutMs: 2_000,
  bytesMax: 1_048_576,
  diskBytesMax: 67_108_864,
  eventsMax: 10_000_000,
  telemetry: silentTelemetry,
} as const satisfies Omit<Required<SimulationOptions>, 'seed' | 'log'>

/** The rules of the options, for those who pass them on. */
export const simulationRules = {
  seed: rule.int(0),
  nodes: rule.optional(rule.int(1, 100)),
  system: rule.optional(rule.string()),
  leastMs: rule.optional(rule.number(0)),
  meanMs: rule.optional(rule.number(0)),
  disorder: rule.optional(rule.boolean()),
  operationTimeoutMs: rule.optional(rule.number(1)),
  bytesMax: rule.optional(rule.int(1)),
  diskBytesMax: rule.optional(rule.int(1)),
  eventsMax: rule.optional(rule.int(1)),
  telemetry: rule.optional(rule.object()),
  log: rule.optional(rule.fn()),
}

/** n1, n2, … */
export function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `n${i + 1}`)
}

/** One life of a node: what its code is given. Nothing of it runs after a crash; the next life has a higher epoch. */
export interface SimNode {
  readonly name: string
  readonly epoch: number
  /** What `startNode` and `testPort` take. */
  readonly ports: Omit<NodePort, 'codec'>
  readonly disk: SimDisk
  /** Neither paused nor dead. */
  readonly running: boolean
  /** Timers set and neither fired nor cancelled. */
  readonly pendingTimers: number
}

/** Starts what runs on a node; called for each life of each node. What it throws fails the run. */
export type Boot = (node: SimNode) => void | Promise<void>

interface Place {
  readonly disk: SimDiskState
  skewMs: number
  life: SimLife
  node: SimNode
}

/** How far `run` goes before it lets the event loop turn. */
const strideMs = 1_000

/** Disposing it ends all nodes. *Runs in* the turn of whoever runs it. */
export class Simulation implements AsyncDisposable {
  readonly clock: VirtualClock = virtualClock({ between: 'promises' })
  readonly random: Random
  readonly history: SimHistory
  readonly network: SimNetwork
  readonly server: SimServer
  readonly names: readonly string[]
  /** What made the run fail, if anything did. */
  failure: { readonly thrown: unknown } | undefined
  readonly #settings: Required<Omit<SimulationOptions, 'log'>>
  readonly #log: SimulationOptions['log']
  readonly #trace: SimTrace
  readonly #turns: Turns
  readonly #places = new Map<string, Place>()
  #boot: Boot = () => {}

  constructor(options: SimulationOptions) {
    checkOptions('simulation', options, simulationRules)
    const settings = { ...simulationDefaults, ...options }
    const { clock } = this
    this.#settings = settings
    this.random = seededRandom(settings.seed)
    this.history = new SimHistory(() => clock.monotonicMs())
    this.#trace = new SimTrace({ clock, onEvent: () => this.#limit(), log: options.log })
    this.#log = options.log
    this.#turns = new Turns(clock)
    const { leastMs, meanMs, disorder, bytesMax } = settings
    this.network = new SimNetwork({ clock, random: this.random.fork('network'), leastMs, meanMs, disorder })
    const truth = memoryEngine({ clock, random: this.random.fork('server'), bytesMax, telemetry: settings.telemetry })
    this.server = new SimServer(truth, new SimBroker(clock, this.network, this.#trace), this.network)
    this.names = nodeNames(settings.nodes)
    for (const name of this.names) {
      const place = { disk: new SimDiskState(settings.diskBytesMax), skewMs: 0 }
      this.#places.set(name, this.#live(name, 1, place))
    }
  }

  get seed(): number {
    return this.#settings.seed
  }

  /** Messages handed over, timers fired and operations done so far. */
  get events(): number {
    return this.#trace.events
  }

  /** Of all events so far: equal for equal runs. */
  get traceHash(): string {
    return this.#trace.hash
  }

  /** The node as it lives now, or as it last did. */
  node(name: string): SimNode {
    return this.#place(name).node
  }

  engine(name: string): Engine {
    return this.node(name).ports.engine
  }

  disk(name: string): SimDisk {
    return this.node(name).disk
  }

  /** Starts all nodes, and each again after a crash. */
  boot(boot: Boot): void {
    this.#boot = boot
    for (const name of this.names) this.#start(this.node(name))
  }

  /** Begins a fault now; what is returned ends it. `atMs` and `forMs` are those of whoever calls. */
  strike(fault: Fault): () => void {
    checkFaults('strike', [fault], this.names)
    this.#log?.(`${this.clock.monotonicMs().toFixed(3)} ms fault: ${JSON.stringify(fault)}`)
    return strike(this, fault)
  }

  /** The node does nothing until that is undone by what is returned. Pauses add up, and end with a crash. */
  pause(name: string): () => void {
    const { life } = this.#place(name)
    life.pause()
    return () => life.resume(this.network.random.int(2) === 0)
  }

  /** The node is gone, with what its disk had not synced. */
  crash(name: string): void {
    const { life, disk } = this.#place(name)
    if (life.dead) return
    life.end()
    disk.crash(this.random.fork(`crash/${name}/${life.epoch}`))
    this.history.close(`${name}/${life.epoch}/`)
  }

  /** A node that is gone starts again, one epoch up. */
  restart(name: string): void {
    const place = this.#place(name)
    if (!place.life.dead || this.failure !== undefined) return
    const next = this.#live(name, place.life.epoch + 1, place)
    this.#places.set(name, next)
    this.#start(next.node)
  }

  /** Sets how much the wall time of a node is off. */
  skew(name: string, byMs: number): void {
    this.#place(name).skewMs = byMs
  }

  /** Ends the run: nothing goes on. The first failure counts. */
  fail(thrown: unknown): void {
    this.failure ??= { thrown }
    for (const { life } of this.#places.values()) life.end()
  }

  /** Lets so much time pass. Rejects when the run fails. */
  async run(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0 && this.failure === undefined; leftMs -= strideMs) {
      await this.clock.advance(Math.min(leftMs, strideMs))
      await new Promise<void>((resolve) => this.clock.handBack?.(resolve))
    }
    this.#checkFailure()
  }

  /**
   * Lets time pass until something is settled. Rejects as it does, when the run fails, and with
   * `foundation/simulation-stuck` when it is not settled within `limitMs` or nothing is left that could settle it.
   */
  async drive<T>(work: Promise<T>, limitMs = 600_000): Promise<T> {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    work.then(note, note)
    const endMs = this.clock.monotonicMs() + limitMs
    for (;;) {
      await this.clock.advance(0)
      this.#checkFailure()
      if (isSettled) return await work
      const { nextTimerMs } = this.clock
      const isLate = nextTimerMs === undefined || this.clock.monotonicMs() + nextTimerMs > endMs
      if (isLate) throw simulationStuck(limitMs, nextTimerMs !== undefined)
      await this.clock.advance(nextTimerMs)
    }
  }

  /** Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { life } of this.#places.values()) life.end()
    await this.server.truth.close()
  }

  #live(name: string, epoch: number, kept: Pick<Place, 'disk' | 'skewMs'>): Place {
    const { clock } = this
    const { system, telemetry, operationTimeoutMs, bytesMax } = this.#settings
    const trace = this.#trace
    const onThrown = (thrown: unknown) => this.fail(thrown)
    const skewMs = () => this.#places.get(name)?.skewMs ?? 0
    const life = new SimLife({ name, epoch, clock, trace, skewMs, onThrown })
    const random = this.random.fork(`node/${name}/${epoch}`)
    const [server, turns] = [this.server, this.#turns]
    const engine = new SimEngine({ life, server, turns, trace, telemetry, operationTimeoutMs, bytesMax })
    const node: SimNode = {
      name,
      epoch,
      ports: { system, name, epoch, clock: life.clock, random, telemetry, engine },
      disk: diskOf(kept.disk, life, random.fork('disk')),
      get running() {
        return life.running
      },
      get pendingTimers() {
        return life.pendingTimers
      },
    }
    return { disk: kept.disk, skewMs: kept.skewMs, life, node }
  }

  #start(node: SimNode): void {
    const { life } = this.#place(node.name)
    life.wake(() => {
      const started = this.#boot(node)
      started?.catch((thrown) => life.wake(() => this.fail(thrown)))
    })
  }

  #place(name: string): Place {
    const place = this.#places.get(name)
    if (place === undefined) throw invalidOption('simulation', 'node', `one of ${this.names.join(', ')}`, name)
    return place
  }

  #limit(): void {
    const { eventsMax } = this.#settings
    if (this.#trace.events > eventsMax) this.fail(simulationTooLong(eventsMax, this.clock.monotonicMs()))
  }

  #checkFailure(): void {
    if (this.failure !== undefined) throw this.failure.thrown
  }
}
