import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type ActorDefinition, defineActor } from '../actors/actor.ts'
import { delay } from '../clock.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { type Node, startNode } from './node.ts'

const Slow = defineActor(import.meta.url, {
  name: 'slow',
  version: 1,
  init: (gate: Promise<void> | undefined) => (gate === undefined ? { n: 0 } : gate.then(() => ({ n: 0 }))),
  calls: {
    hang: { run: () => new Promise<never>(() => {}) },
    fail: {
      run: (s) => {
        if (s.n >= 0) throw new TypeError('told to')
        return [s, 0]
      },
    },
    get: { run: (s) => [s, s.n] },
    large: { input: z.number(), run: (s, bytes) => [s, new Uint8Array(bytes)] },
  },
  casts: { add: { input: z.number(), run: (s, by) => ({ n: s.n + by }) } },
  save: (s) => s,
  load: (saved: { n: number }) => saved,
})

async function system(
  names: readonly string[] = ['n1', 'n2'],
  more: readonly ActorDefinition[] = [],
  bytesMax = 1_048_576,
) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock, bytesMax })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  for (const name of names) {
    const starting = startNode({ engine, clock, telemetry, name, epoch: 1, definitions: [Slow, ...more] })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  return { clock, engine, telemetry, nodes: nodes as [Node, Node] }
}

describe('a name that nobody has', () => {
  test('drops and counts what is cast to it', async () => {
    const { nodes, telemetry } = await system()
    nodes[0].lookup(Slow, 'nobody').cast('add', 1)
    expect(telemetry.named('foundation.message-dropped')).toHaveLength(1)
  })

  test('tells who monitors it that there is no such actor', async () => {
    const { nodes } = await system()
    const told: string[] = []
    nodes[0].lookup(Slow, 'nobody').monitor(({ type }) => void told.push(type))
    await settled()
    expect(told).toEqual(['no-such-actor'])
  })
})

describe('between nodes', () => {
  test('a reply that the codec lets pass and the engine does not is refused to who called, and harms nobody', async () => {
    const { nodes, clock } = await system(['n1', 'n2'], [], 2_000)
    const [first, second] = nodes
    await first.spawn(Slow, undefined, { name: 'one', scope: 'system' })
    await clock.advance(100)
    const ref = second.lookup(Slow, 'one')
    await expect(ref.call('large', 2_000)).rejects.toMatchObject({
      code: 'foundation/payload-too-large',
      data: { bytesMax: 2_000 },
    })
    expect((await ref.call('large', 1_000)).length).toBe(1_000)
  })

  test('a cast that finds no room is told of once, by the node of its receiver', async () => {
    const { nodes, clock, telemetry } = await system()
    const [first, second] = nodes
    await first.spawn(Slow, undefined, { name: 'one', scope: 'system', mailboxCapacity: 2 })
    await clock.advance(100)
    const ref = second.lookup(Slow, 'one')
    void ref.call('hang').catch(() => {})
    await settled()
    for (let i = 0; i < 5; i++) ref.cast('add', 1)
    await settled()
    expect(telemetry.named('foundation.message-dropped').map(({ metadata }) => metadata)).toMatchObject(
      Array.from({ length: 3 }, () => ({ node: 'n1', message: 'add', reason: 'mailbox-full' })),
    )
  })
})

describe('a name of the system, once it is known', () => {
  test.for(['singleton', 'group'] as const)('is either that of an actor or that of a place: %s', async (strategy) => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const places = strategy === 'group' ? { places: 2 } : {}
    const names = strategy === 'group' ? ['one.1', 'two.1'] : ['one', 'two']
    await first.spawn(Slow, undefined, { name: names[0] as string, scope: 'system' })
    await clock.advance(100)
    const refused = { code: 'foundation/name-taken' }
    await expect(second.place(Slow, undefined, { name: 'one', strategy, ...places })).rejects.toMatchObject(refused)
    await second.place(Slow, undefined, { name: 'two', strategy, ...places })
    await clock.advance(2_000)
    const spawning = first.spawn(Slow, undefined, { name: names[1] as string, scope: 'system' })
    await expect(spawning).rejects.toMatchObject(refused)
  })
})

describe('a place of this node between two lives of its actor', () => {
  test('drops and counts a cast, and tells who monitors it', async () => {
    const { nodes, clock, telemetry } = await system(['n1'])
    const backoff = { firstMs: 1_000 }
    const placed = await nodes[0].place(Slow, undefined, { name: 'job', strategy: 'singleton', backoff })
    await clock.advance(500)
    await expect(placed.ref().call('fail')).rejects.toMatchObject({ code: 'foundation/actor-crashed' })
    expect(placed.holder()).toBe('n1')
    const told: string[] = []
    placed.ref().cast('add', 1)
    placed.ref().monitor(({ type }) => void told.push(type))
    await settled()
    expect([told, telemetry.named('foundation.message-dropped').length]).toEqual([['no-such-actor'], 1])
  })
})

describe('a name of the system', () => {
  test('that another node took over between two lives of the actor that had it stays with that one', async () => {
    const { nodes, clock, engine, telemetry } = await system()
    const [first, second] = nodes
    const options = { name: 'one', scope: 'system', restart: 'permanent', backoff: { firstMs: 3_000 } } as const
    const ref = await first.spawn(Slow, undefined, options)
    const directory = await second.directory()
    await expect(ref.call('fail')).rejects.toMatchObject({ code: 'foundation/actor-crashed' })
    expect(first.actors).toBe(0)
    const state = await engine.state('mabeam-directory')
    await state.delete('name.one')
    await directory.register('one', { ...ref.address, node: 'n2' })
    await clock.advance(10_000)
    expect([first.actors, telemetry.named('foundation.registration-lost').length]).toEqual([0, 1])
  })
})

describe('another node', () => {
  const Late = defineActor(import.meta.url, {
    name: 'late',
    version: 1,
    init: async (afterMs: number, { clock }) => await delay(clock, afterMs),
    stop: async (_, __, { clock }) => await delay(clock, 7_000),
  })

  test('may take as long to start and to stop an actor as it says', async () => {
    const { nodes, clock } = await system(undefined, [Late])
    const [first, second] = nodes
    const starting = first.spawn(Late, 20_000, { node: 'n2', shutdownMs: 9_000, restart: 'permanent' })
    await clock.advance(21_000)
    const ref = await starting
    const stopping = first.stop(ref)
    await clock.advance(8_000)
    expect([await stopping, second.actors]).toEqual([{ type: 'shutdown' }, 0])
  })
})

describe('closing', () => {
  test('a placed actor whose handler hangs does not hold its node up', async () => {
    const { nodes, clock } = await system(['n1'])
    const placed = await nodes[0].place(Slow, undefined, { name: 'job', strategy: 'singleton', shutdownMs: 1_000 })
    await clock.advance(1_000)
    placed
      .ref()
      .call('hang', undefined, { timeoutMs: 600_000 })
      .catch(() => {})
    await settled()
    let closed = false
    void nodes[0].close().then(() => {
      closed = true
    })
    await clock.advance(10_000)
    expect(closed).toBe(true)
  })

  test('a place whose actor is being started does not hold its node up, and is free for others', async () => {
    const { nodes, clock, telemetry } = await system()
    const [first, second] = nodes
    const options = { name: 'job', strategy: 'singleton' } as const
    await first.place(Slow, new Promise<void>(() => {}), options)
    await clock.advance(500)
    const closing = first.close()
    await clock.advance(100)
    await closing
    const there = await second.place(Slow, undefined, options)
    await clock.advance(2_000)
    expect([there.holder(), telemetry.named('foundation.place-failed')]).toEqual(['n2', []])
  })

  test('a node whose engine was closed before still closes, and leaves no timer', async () => {
    const { nodes, clock, engine } = await system(['n1'])
    const [node] = nodes
    await node.place(Slow, undefined, { name: 'job', strategy: 'singleton' })
    await node.place(Slow, undefined, { name: 'all', strategy: 'replicated' })
    await node.spawn(Slow, undefined, { name: 'one', scope: 'system', restart: 'permanent' })
    await node.cache('c')
    await (await node.queue('q')).work(() => 1)
    await node.cells()
    await node.channels()
    await node.services()
    await clock.advance(1_000)
    await engine.close()
    await clock.advance(1_000)
    const closing = node.close()
    closing.catch(() => {})
    await clock.advance(60_000)
    await closing
    expect([node.actors, clock.pendingTimers]).toEqual([0, 0])
  })

  test('a part that was disposed is opened anew when it is asked for again', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    await (await first.cache<string>('c'))[Symbol.asyncDispose]()
    const [here, there] = [await first.cache<string>('c'), await second.cache<string>('c')]
    await there.set('a', 'old')
    expect(await here.get('a')).toBe('old')
    await there.set('a', 'new')
    await clock.advance(10)
    expect(await here.get('a')).toBe('new')
  })

  test('a placement that was left can be entered again', async () => {
    const { nodes, clock } = await system(['n1'])
    const [node] = nodes
    const options = { name: 'job', strategy: 'singleton' } as const
    const placed = await node.place(Slow, undefined, options)
    await clock.advance(1_000)
    const leaving = placed[Symbol.asyncDispose]()
    await clock.advance(1_000)
    await leaving
    expect(node.actors).toBe(0)
    const again = await node.place(Slow, undefined, options)
    await clock.advance(1_000)
    expect([node.actors, again.holder()]).toEqual([1, 'n1'])
  })

  test('a placement that is left while its place is being started gives the place up', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const gate = Promise.withResolvers<void>()
    const options = { name: 'job', strategy: 'singleton' } as const
    const placed = await first.place(Slow, gate.promise, options)
    await clock.advance(500)
    expect(placed.holder()).toBe('n1')
    const leaving = placed[Symbol.asyncDispose]()
    await settled()
    gate.resolve()
    await clock.advance(10_000)
    await leaving
    const there = await second.place(Slow, undefined, options)
    await clock.advance(10_000)
    expect([there.holder(), second.actors, first.actors]).toEqual(['n2', 1, 0])
  })
})

describe('a replicated actor', () => {
  test('that was given up is found no more', async () => {
    const { nodes, clock } = await system()
    const options = { name: 'all', strategy: 'replicated', restartsMax: 0 } as const
    const placed = await nodes[0].place(Slow, undefined, options)
    const there = await nodes[1].place(Slow, undefined, options)
    await clock.advance(500)
    expect(there.candidates).toEqual(['n1', 'n2'])
    await placed
      .ref()
      .call('fail')
      .catch(() => {})
    await clock.advance(1_000)
    expect(there.candidates).toEqual(['n2'])
  })

  test('that was started again leaves its group all the same', async () => {
    const { nodes, clock } = await system()
    const options = { name: 'all', strategy: 'replicated' } as const
    const placed = await nodes[0].place(Slow, undefined, options)
    const there = await nodes[1].place(Slow, undefined, options)
    await expect(placed.ref().call('fail')).rejects.toMatchObject({ code: 'foundation/actor-crashed' })
    expect(await placed.ref().call('get')).toBe(0)
    await placed[Symbol.asyncDispose]()
    await clock.advance(1_000)
    expect(there.candidates).toEqual(['n2'])
  })
})

describe('a node that lost its session and has another one', () => {
  const options = { name: 'job', strategy: 'singleton', shutdownMs: 1_000 } as const

  test('goes on with a place whose actor was in the middle of a message', async () => {
    const { nodes, clock, engine, telemetry } = await system(['n1'])
    const [node] = nodes
    const placed = await node.place(Slow, undefined, options)
    await clock.advance(1_000)
    placed
      .ref()
      .call('hang')
      .catch(() => {})
    await settled()
    await (await engine.state('mabeam-sessions', { expiryMs: 20_000 })).delete('n1')
    await clock.advance(2_000)
    expect(telemetry.named('foundation.session-lost')).toHaveLength(1)
    expect(telemetry.named('foundation.place-failed')).toEqual([])
    expect([node.actors, placed.holder()]).toEqual([1, 'n1'])
  })

  test('has ended what it was starting, and starts it again', async () => {
    const { nodes, clock, engine, telemetry } = await system(['n1'])
    const [node] = nodes
    let starts = 0
    const gates: PromiseWithResolvers<void>[] = []
    const Opening = defineActor(import.meta.url, {
      name: 'opening',
      version: 1,
      init: async () => {
        starts++
        const gate = Promise.withResolvers<void>()
        gates.push(gate)
        await gate.promise
        return starts
      },
      calls: { which: { run: (n) => [n, n] } },
    })
    const placed = await node.place(Opening, undefined, options)
    await clock.advance(1_000)
    await (await engine.state('mabeam-sessions', { expiryMs: 20_000 })).delete('n1')
    await settled()
    expect(node.actors).toBe(0)
    await clock.advance(500)
    for (const gate of gates) gate.resolve()
    await clock.advance(2_000)
    expect(telemetry.named('foundation.place-failed')).toEqual([])
    expect([node.actors, placed.holder(), starts]).toEqual([1, 'n1', 2])
  })
})
