import { type ActorDefinition, hasCode, memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { afterEach, describe, expect, test } from 'vitest'
import type { AgentConfiguration } from './agent-configuration.ts'
import { agentRegistry } from './agent-registry.ts'
import { Voter } from './agents.fixture.ts'

const nodes: Node[] = []
afterEach(async () => {
  for (const node of nodes.splice(0).reverse()) await node.close()
})

async function world(names: readonly string[] = ['n1'], definitions: readonly ActorDefinition[] = [Voter]) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const registries = []
  for (const name of names) {
    const starting = startNode({ engine, clock, telemetry, name, epoch: 1, definitions })
    await clock.advance(2_000)
    const node = await starting
    nodes.push(node)
    registries.push(await agentRegistry(node))
  }
  const after = async <T>(work: Promise<T>, ms = 5_000): Promise<T> => {
    work.catch(() => {})
    await clock.advance(ms)
    return await work
  }
  const own = nodes.slice(-names.length)
  return {
    clock,
    telemetry,
    nodes: own as [Node, Node, Node],
    registries,
    registry: registries[0] as NonNullable<(typeof registries)[0]>,
    after,
  }
}

const voter = (id: string, more: Partial<AgentConfiguration> = {}): AgentConfiguration => ({
  id,
  definition: Voter,
  arg: id,
  ...more,
})

describe('agents of one node', () => {
  test('are registered, started, found by what they can do, asked, stopped and forgotten', async () => {
    const { registry, telemetry } = await world()
    await registry.register(voter('north', { capabilities: ['vote'], type: 'judge', resources: { cpu: 2 } }))
    expect(await registry.status('north')).toMatchObject({ status: 'registered', health: 'healthy', starts: 0 })
    expect(registry.find({ capability: 'vote' })).toEqual([])
    await registry.start('north')
    const found = registry.find({ capability: 'vote', type: 'judge' })
    expect(found).toMatchObject([{ id: 'north', node: 'n1', resources: { cpu: 2 } }])
    expect((await registry.resources()).used).toEqual({ cpu: 2 })
    const [member] = registry.team({ ids: ['north'] }).members
    expect(await member?.actor.call('vote')).toEqual({ option: 'north' })
    expect(await registry.status('north')).toMatchObject({
      status: 'running',
      health: 'healthy',
      mailboxSize: 0,
      node: 'n1',
    })
    await registry.stop('north')
    expect(registry.team({ capability: 'vote' }).members).toEqual([])
    expect((await registry.history('north')).map(({ event }) => event)).toEqual(['registered', 'started', 'stopped'])
    await registry.unregister('north')
    await expect(registry.status('north')).rejects.toMatchObject({ code: 'coordination/unknown-agent' })
    const told = telemetry.events.filter(({ name }) => name.startsWith('coordination.')).map(({ name }) => name)
    expect(told).toEqual(['coordination.agent-registered', 'coordination.agent-started', 'coordination.agent-stopped'])
  })
})
