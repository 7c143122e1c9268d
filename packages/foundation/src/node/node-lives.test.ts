import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { virtualClock } from '../testing/index.ts'
import { startNode } from './node.ts'

describe('startNode under a name that is in use', () => {
  test('is refused where the epoch is the same, and leaves nothing behind; the first node goes on', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    const starting = startNode({ engine, clock, name: 'n1', epoch: 7 })
    await clock.advance(1_000)
    const first = await starting
    const refused = startNode({ engine, clock, name: 'n1', epoch: 7 })
    refused.catch(() => {})
    await clock.advance(3_000)
    await expect(refused).rejects.toMatchObject({ code: 'foundation/node-name-taken', data: { node: 'n1', epoch: 7 } })
    await clock.advance(30_000)
    const status = await first.status()
    expect(status).toMatchObject({ phase: 'serving', members: [{ name: 'n1', status: 'alive' }] })
    expect(status.session).not.toBeNull()
    await first.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('is refused where the nodes that are there say that they are another system', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    const of = (systemId: string) => ({ engine, clock, membership: { attributes: { systemId } } })
    const starting = startNode({ ...of('shop'), name: 'n1' })
    await clock.advance(1_000)
    const first = await starting
    const refused = startNode({ ...of('blog'), name: 'n2' })
    refused.catch(() => {})
    await clock.advance(3_000)
    await expect(refused).rejects.toMatchObject({ code: 'foundation/system-taken' })
    await expect(refused).rejects.toThrow('give one of the two systems another name, or an engine of its own')
    await first.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
