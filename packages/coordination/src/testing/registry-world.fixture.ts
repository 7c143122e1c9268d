/** Nodes on one engine and a virtual clock, for the tests of the registry and the orchestrator. */

import {
  type ActorDefinition,
  type Engine,
  engineUnavailable,
  memoryEngine,
  type Node,
  startNode,
} from '@mabeam/foundation'
import { type CollectedTelemetry, collectTelemetry, type VirtualClock, virtualClock } from '@mabeam/foundation/testing'
import { Voter } from '../registry/agents.fixture.ts'

export interface RegistryWorld extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly telemetry: CollectedTelemetry
  readonly nodes: readonly [Node, Node, Node]
  /** While true, nothing is written to the engine's keyed state. */
  isAway: boolean
  /** Lets time pass until it is settled. */
  after<T>(work: Promise<T>, ms?: number): Promise<T>
  /** Of the events whose names begin so, their names without it. */
  told(prefix: string): readonly string[]
}

export async function registryWorld(
  names: readonly string[] = ['n1'],
  definitions: readonly ActorDefinition[] = [Voter],
): Promise<RegistryWorld> {
  const clock = virtualClock()
  const memory = memoryEngine({ clock })
  const engine = awayEngine(memory, () => world.isAway)
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  const world: RegistryWorld = {
    isAway: false,
    clock,
    telemetry,
    nodes: nodes as unknown as readonly [Node, Node, Node],
    async after(work, ms = 5_000) {
      work.catch(() => {})
      await clock.advance(ms)
      return await work
    },
    told: (prefix) =>
      telemetry.events.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.slice(prefix.length)),
    async [Symbol.asyncDispose]() {
      for (const node of nodes.reverse()) {
        const closing = node.close()
        await clock.advance(10_000)
        await closing
      }
      await memory.close()
    },
  }
  for (const name of names) {
    const starting = startNode({ engine, clock, telemetry, name, epoch: 1, definitions })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  return world
}

/** The same engine, that can be unable to write. */
function awayEngine(engine: Engine, isAway: () => boolean): Engine {
  const writing = async <T>(write: () => Promise<T>): Promise<T> => {
    if (isAway()) throw engineUnavailable('away', 'writing')
    return await write()
  }
  return {
    name: 'away',
    native: undefined,
    publish: (subject, body) => engine.publish(subject, body),
    subscribe: (subject, onMessage, options) => engine.subscribe(subject, onMessage, options),
    request: (subject, body, options) => engine.request(subject, body, options),
    state: async (name, options) => {
      const state = await engine.state(name, options)
      return {
        name: state.name,
        get: (key) => state.get(key),
        create: (key, value) => writing(() => state.create(key, value)),
        update: (key, value, revision) => writing(() => state.update(key, value, revision)),
        put: (key, value) => writing(() => state.put(key, value)),
        delete: (key, revision) => writing(() => state.delete(key, revision)),
        watch: (pattern, onChange) => state.watch(pattern, onChange),
      }
    },
    queue: (name, options) => engine.queue(name, options),
    blobs: (name) => engine.blobs(name),
    status: 'connected',
    onStatus: (listener) => engine.onStatus(listener),
    stores: () => engine.stores(),
    removeStore: (store) => engine.removeStore(store),
    pulse: (options) => engine.pulse(options),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
