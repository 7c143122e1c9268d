import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { seededRandom } from '../random.ts'
import { settled, virtualClock } from '../testing/index.ts'
import { defineActor } from './actor.ts'
import type { ActorReference } from './actor-address.ts'
import { effect, withEffects } from './effect.ts'

const Worker = defineActor(import.meta.url, {
  name: 'worker',
  version: 1,
  init: (gate: Promise<void>) => ({ n: 0, gate: [gate] as readonly unknown[] }),
  calls: {
    add: { run: (s, by: number) => [{ ...s, n: s.n + by }, s.n + by] },
    forget: { run: (s) => [{ ...s, gate: [] }, null] },
    wait: {
      run: async (s) => {
        await s.gate[0]
        return [s, s.n]
      },
    },
  },
  casts: {
    tick: { run: (s) => s },
    tie: {
      run: (s, to: ActorReference) =>
        withEffects(s, [
          effect.monitor(to),
          effect.link(to),
          effect.startTimer('tick', { delayMs: 50, cast: 'tick', repeat: true }),
        ]),
    },
  },
})

async function worker(options: NodeOptions = {}) {
  const clock = virtualClock()
  const node = await startNode({ name: 'n1', clock, random: seededRandom(1), ...options })
  const { promise, resolve } = Promise.withResolvers<void>()
  const ref = await node.spawn(Worker, promise, { name: 'worker' })
  return { node, clock, ref, open: resolve, [Symbol.asyncDispose]: () => node.close() }
}

describe('inspect', () => {
  test('shows an idle actor and what hangs on it; the state is a copy', async () => {
    await using at = await worker()
    await at.ref.call('forget')
    const other = await at.node.spawn(Worker, Promise.resolve())
    at.ref.cast('tie', other)
    other.monitor(() => {})
    await settled()
    const seen = at.node.inspect(at.ref)
    expect(seen).toEqual({
      address: at.ref.address,
      definition: 'worker',
      status: 'running',
      state: { n: 0, gate: [] },
      mailboxSize: 0,
      waiters: 0,
      handled: 2,
      timers: ['tick'],
      monitors: [other.address],
      monitoredBy: 0,
      links: [other.address],
    })
    ;(seen?.state as { n: number }).n = 7
    expect(await at.ref.call('add', 1)).toBe(1)
    expect(at.node.inspect(other)).toMatchObject({ monitoredBy: 2, links: [at.ref.address] })
  })

  test('shows the handler that is waited for and since when, and what waits behind it', async () => {
    await using at = await worker()
    const waiting = at.ref.call('wait')
    await settled()
    at.ref.cast('tick')
    await at.clock.advance(250)
    const seen = at.node.inspect(at.ref)
    at.open()
    await waiting
    await settled()
    expect(at.node.inspect(at.ref)).not.toHaveProperty('handler')
    expect(seen).toMatchObject({
      handler: { name: 'wait', forMs: 250 },
      mailboxSize: 1,
      stateUnsendable: expect.stringContaining("worker state.gate[0]: a Promise can't be sent"),
    })
  })

  test('shows nothing of an actor that is no more', async () => {
    await using at = await worker()
    await at.node.stop(at.ref)
    expect(at.node.inspect(at.ref)).toBeUndefined()
  })
})

describe('replaceState', () => {
  test('puts another state in between two messages, before those that wait', async () => {
    await using at = await worker()
    const first = at.ref.call('wait')
    await settled()
    const second = at.ref.call('add', 1)
    const replaced = at.node.replaceState(at.ref, (s) => ({ ...s, n: s.n + 10 }))
    at.open()
    expect(await first).toBe(0)
    await replaced
    expect(await second).toBe(11)
  })

  test('what the change throws rejects and leaves the state', async () => {
    await using at = await worker()
    const failing = at.node.replaceState(at.ref, () => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await at.ref.call('add', 1)).toBe(1)
  })

  test('rejects when the actor is no more, before or while it waits', async () => {
    await using at = await worker()
    const pending = at.node.replaceState(at.ref, (s) => s)
    const outcome = expect(pending).rejects.toMatchObject({ code: 'foundation/actor-stopped' })
    await at.node.stop(at.ref)
    await outcome
    await expect(at.node.replaceState(at.ref, (s) => s)).rejects.toMatchObject({ code: 'foundation/no-such-actor' })
  })

  test('is refused where messages do not pass the codec, unless the node says that it may be used', async () => {
    await using production = await worker({ codec: false })
    await expect(production.node.replaceState(production.ref, (s) => s)).rejects.toThrow(
      "node n1: state can't be replaced: start the node with inspectable: true",
    )
    await using open = await worker({ codec: false, inspectable: true })
    await open.node.replaceState(open.ref, (s) => ({ ...s, n: 5 }))
    expect(await open.ref.call('add', 1)).toBe(6)
  })
})
