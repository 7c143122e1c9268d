import { memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { coordination } from '../coordination.ts'
import { Slow, Voter } from './agents.fixture.ts'
import { barrier } from './barrier.ts'
import { runSession } from './run-session.ts'

/** Two nodes of one system; `far` is the second. */
async function twoNodes() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const start = async (name: string) => {
    const starting = startNode({ engine, clock, name, epoch: 1, definitions: [Voter, Slow] })
    await clock.advance(2_000)
    return await starting
  }
  const nodes: [Node, Node] = [await start('near'), await start('far')]
  /** Lets time pass until it is settled. */
  const after = async <T>(work: Promise<T>, ms = 10_000): Promise<T> => {
    work.catch(() => {})
    await clock.advance(ms)
    return await work
  }
  const end = async () => {
    await Promise.all(nodes.map((node) => after(node.close())))
    await engine.close()
  }
  return { clock, nodes, after, end }
}

describe('a session with agents of several nodes', () => {
  test('asks them where they are, by names of the system and by references that were sent', async () => {
    const { nodes, after, end } = await twoNodes()
    const [near, far] = nodes
    await near.spawn(Voter, 1, { name: 'north' })
    await after(far.spawn(Voter, 2, { name: 'south', scope: 'system' }))
    const east = await after(near.spawn(Voter, 3, { node: 'far' }))
    const team = agents(near, ['north', 'south', { id: 'east', actor: east }])
    expect(await after(runSession(team, barrier, { label: 'ready?' }))).toMatchObject({
      type: 'passed',
      arrived: expect.arrayContaining(['north', 'south', 'east']),
      messages: 6,
      participation: 1,
    })
    await end()
  })

  test('goes on without those of a node that is gone, and without a name that nobody has', async () => {
    const { nodes, after, end, clock } = await twoNodes()
    const [near, far] = nodes
    await near.spawn(Voter, 1, { name: 'north' })
    const east = await after(near.spawn(Slow, 60_000, { node: 'far' }))
    const team = agents(near, ['north', 'nobody', { id: 'east', actor: east }])
    await coordination(near)
    const running = runSession(team, barrier, { label: 'ready?', answerTimeoutMs: 5_000 })
    await clock.advance(100)
    const closing = far.close()
    expect(await after(running)).toMatchObject({ type: 'broken', arrived: ['north'], absent: { east: 'gone' } })
    await after(closing)
    await end()
  })
})
