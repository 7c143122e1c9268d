import { memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { coordination } from '../coordination.ts'
import { Voter } from '../testing/host-world.fixture.ts'
import { decide } from '../voting/decide.ts'
import { agentRegistry } from './agent-registry.ts'

test('a team that a registry finds agrees, wherever the system has placed its singletons and replicas', async () => {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const after = async <T>(work: Promise<T>): Promise<T> => {
    work.catch(() => {})
    await clock.advance(20_000)
    return await work
  }
  const nodes: Node[] = []
  for (const name of ['home', 'one', 'two']) nodes.push(await after(startNode({ engine, clock, name, epoch: 1 })))
  const [home, ...others] = nodes as [Node, Node, Node]
  await after(coordination(home))
  for (const node of others) {
    await after(coordination(node))
    const registry = await after(agentRegistry(node))
    const plain = { definition: Voter, arg: 'ship', capabilities: ['review'] } as const
    await after(registry.register({ ...plain, id: 'replica', placement: 'replicated' }, { start: true }))
    for (const id of ['s1', 's2'])
      await after(registry.register({ ...plain, id, placement: 'singleton' }, { start: true }))
  }
  const registry = await after(agentRegistry(home))
  await clock.advance(5_000)
  const team = registry.team({ capability: 'review' })
  expect(team.members.map(({ id }) => id)).toEqual(['replica/one', 'replica/two', 's1', 's2'])
  const decision = await after(decide(team, { kind: 'byzantine', options: ['ship', 'wait'] }))
  expect(decision).toMatchObject({ type: 'decided', value: 'ship', mode: 'sig', tally: { absent: { votes: 0 } } })
  await Promise.all(nodes.map((node) => after(node.close())))
  await engine.close()
})
