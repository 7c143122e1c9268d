/**
 * Whole nodes in a simulation: every life of a simulated node is a real one, on which parts run that each know what must
 * hold. A part is written once and runs alone, or beside others on the same nodes.
 */

import type { ActorDefinition } from '../../actors/actor.ts'
import { delay } from '../../clock.ts'
import type { Engine } from '../../engine/engine.ts'
import { isMabeamError } from '../../errors.ts'
import { type Node, startNode } from '../../node/node.ts'
import type { NodeOptions } from '../../node/node-options.ts'
import type { Scenario } from '../sim/simulate.ts'
import type { SimNode, Simulation } from '../sim/simulation.ts'

/** A node as a part sees it. */
export interface LivingNode {
  readonly node: Node
  /** The life of the machine it runs on. */
  readonly machine: SimNode
  /** Of this node in histories: `<machine>/<life>/<epoch>`. Nodes of one machine differ. */
  readonly process: string
  /** Whether the node is the last one started on its machine, whose life is not over and which was not closed. */
  readonly isCurrent: boolean
}

/** Something that runs on each node, with its law. */
export interface NodePart {
  /** What other nodes may start here. @default [] */
  readonly definitions?: readonly ActorDefinition[]
  /**
   * Begins on a node that has started; called for each. What it begins and does not wait for goes on beside the other parts.
   * What it throws fails the run, except a `MabeamError` that is `retryable` or says that the node is closed.
   */
  run(living: LivingNode): Promise<void>
  /** Throws when a law was broken; called once, in the end. */
  check(nodes: readonly LivingNode[]): void | Promise<void>
}

/** Makes a part for one run. */
export type MakePart = (sim: Simulation) => NodePart

export interface NodeScenarioOptions {
  /** Stands in for the engine of a node: how tests plant bugs. @default the engine itself */
  readonly wrap?: (engine: Engine, machine: SimNode) => Engine
  /** Given to each node besides its ports. @default {} */
  readonly node?: NodeOptions
  /** Nodes close in order and start again on their machine, after this long each on average. @default never */
  readonly leaveEveryMs?: number
  /** None leaves any more after so long. @default 25_000 */
  readonly leaveUntilMs?: number
}

const startAgainMs = 200
const epochsOfLife = 1_000

/**
 * A scenario of real nodes. Ensures: a node is told its parts only after it is one of its system, and each start has a
 * higher epoch than all before it on its machine.
 *
 * @example simulations({ name: 'names', scenario: nodeScenario([systemNames()]), nodes: 5, seeds: 100 })
 */
export function nodeScenario(
  parts: readonly MakePart[],
  options: NodeScenarioOptions = {},
): (sim: Simulation) => Scenario {
  return (sim) => {
    const made = parts.map((make) => make(sim))
    const machines = new Map<string, Machine>()
    return {
      async boot(machine) {
        const here = new Machine({ sim, machine, parts: made, options })
        machines.set(machine.name, here)
        await here.run()
      },
      async check() {
        const nodes = [...machines.values()].flatMap(({ living }) => (living === undefined ? [] : [living]))
        for (const part of made) await part.check(nodes)
      },
    }
  }
}

interface MachineSettings {
  readonly sim: Simulation
  readonly machine: SimNode
  readonly parts: readonly NodePart[]
  readonly options: NodeScenarioOptions
}

class Machine {
  living: LivingNode | undefined
  readonly #settings: MachineSettings
  #started = 0

  constructor(settings: MachineSettings) {
    this.#settings = settings
  }

  async run(): Promise<void> {
    const { sim, machine, options } = this.#settings
    const { leaveEveryMs, leaveUntilMs = 25_000 } = options
    const { clock } = machine.ports
    const random = machine.ports.random.fork('leaving')
    for (;;) {
      const living = await this.#start()
      this.living = living
      for (const part of this.#settings.parts) void this.#runPart(part, living)
      if (leaveEveryMs === undefined) return
      await delay(clock, (0.5 + random.next()) * leaveEveryMs)
      if (sim.clock.monotonicMs() > leaveUntilMs) return
      this.living = undefined
      await living.node.close()
      await delay(clock, startAgainMs + random.int(2_000))
    }
  }

  /** As a process that is started again until it comes up. */
  async #start(): Promise<LivingNode> {
    const { machine, parts, options } = this.#settings
    const { wrap = (engine) => engine, node: more = {} } = options
    const definitions = parts.flatMap((part) => part.definitions ?? [])
    for (;;) {
      const epoch = machine.epoch * epochsOfLife + this.#started++
      const engine = wrap(machine.ports.engine, machine)
      const random = machine.ports.random.fork(`epoch ${epoch}`)
      try {
        const node = await startNode({ ...machine.ports, ...more, engine, random, epoch, definitions })
        return this.#livingOf(node)
      } catch (thrown) {
        if (!isMabeamError(thrown) || !thrown.retryable) throw thrown
        await delay(machine.ports.clock, startAgainMs)
      }
    }
  }

  #livingOf(node: Node): LivingNode {
    const { sim, machine } = this.#settings
    const isCurrent = () => this.living?.node === node && sim.node(machine.name) === machine
    return {
      node,
      machine,
      process: `${machine.name}/${machine.epoch}/${node.epoch}`,
      get isCurrent() {
        return isCurrent()
      },
    }
  }

  async #runPart(part: NodePart, living: LivingNode): Promise<void> {
    try {
      await part.run(living)
    } catch (thrown) {
      if (living.isCurrent && !isExpected(thrown)) this.#settings.sim.fail(thrown)
    }
  }
}

/** What faults do to whoever asks: away, not answered in time, nobody there. */
export function isExpected(thrown: unknown): boolean {
  return isMabeamError(thrown) && (thrown.retryable || expectedCodes.has(thrown.code))
}

const expectedCodes: ReadonlySet<string> = new Set([
  'foundation/actor-stopped',
  'foundation/node-stopped',
  'foundation/engine-closed',
  'foundation/call-timeout',
  'foundation/node-down',
  'foundation/no-such-actor',
  'foundation/outcome-unknown',
])

/** Opens something of a node, which may take until the engine is there again. */
export async function openedOn<T>({ machine }: LivingNode, open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open()
    } catch (thrown) {
      if (!isMabeamError(thrown) || !thrown.retryable) throw thrown
      await delay(machine.ports.clock, startAgainMs)
    }
  }
}

/** Checks a law where what it throws would be a crash of an actor, and no more: it fails the run. */
export function lawHolds(sim: Simulation, check: () => void): void {
  try {
    check()
  } catch (broken) {
    sim.fail(broken)
  }
}
