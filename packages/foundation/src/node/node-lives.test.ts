import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { virtualClock } from '../testing/index.ts'
import { type Node, startNode } from './node.ts'

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

  test('is the later life of it, also where the clock has gone back; with an epoch that is given it is refused', async () => {
    const clock = virtualClock({ startMs: 10_000_000 })
    const early = { ...clock, nowMs: () => clock.nowMs() - 3_600_000 }
    await using engine = memoryEngine({ clock })
    const options = { engine, membership: { joinTimeoutMs: 200 } }
    const started = async (starting: Promise<Node>) => {
      starting.catch(() => {})
      await clock.advance(2_000)
      return await starting
    }
    const other = await started(startNode({ ...options, clock, name: 'n1' }))
    const ahead = await started(startNode({ ...options, clock, name: 'n2' }))
    const refused = started(startNode({ ...options, clock, name: 'n2', epoch: 5 }))
    await expect(refused).rejects.toMatchObject({
      code: 'foundation/node-replaced',
      data: { epoch: 5, newerEpoch: ahead.epoch },
    })
    await ahead.close()
    const again = await started(startNode({ ...options, clock: early, name: 'n2' }))
    expect(again.epoch).toBe(ahead.epoch + 1)
    await clock.advance(30_000)
    expect((await other.status()).members).toMatchObject([
      { name: 'n1', status: 'alive' },
      { name: 'n2', status: 'alive', epoch: again.epoch },
    ])
    expect((await again.status()).session).not.toBeNull()
    await again.close()
    await other.close()
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
