/** Nodes on one engine and a virtual clock, for the tests of the registry and the orchestrator. */

import { type ActorDefinition, memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { type CollectedTelemetry, collectTelemetry, type VirtualClock, virtualClock } from '@mabeam/foundation/testing'
import { Voter } from './agents.fixture.ts'

export interface RegistryWorld extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly telemetry: CollectedTelemetry
  readonly nodes: readonly [Node, Node, Node]
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
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  for (const name of names) {
    const starting = startNode({ engine, clock, telemetry, name, epoch: 1, definitions })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  return {
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
      await engine.close()
    },
  }
}
