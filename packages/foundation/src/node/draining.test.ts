import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import { delay } from '../clock.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { engineUnavailable } from '../errors/engine-errors.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { type Node, startNode } from './node.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  calls: {
    add: { run: (s, by: number) => [{ n: s.n + by }, s.n + by] },
    where: { run: (s, _: undefined, { self }) => [s, self.address.node] },
  },
  save: (s) => s,
  load: (saved: { n: number }) => saved,
})

async function system(names: readonly string[] = ['n1', 'n2']) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  const start = async (name: string) => {
    const starting = startNode({ engine, clock, telemetry, name, epoch: nodes.length + 1, definitions: [Counter] })
    await clock.advance(2_000)
    const node = await starting
    nodes.push(node)
    return node
  }
  for (const name of names) await start(name)
  return { clock, engine, telemetry, start, nodes: nodes as [Node, Node, Node] }
}

async function after<T>(clock: { advance(ms: number): Promise<void> }, work: Promise<T>, ms = 5_000): Promise<T> {
  work.catch(() => {})
  await clock.advance(ms)
  return await work
}

/** No write of a claim is answered before the first one arrives, which is when it is told to. */
function lateWrite(late: string) {
  let first: (() => Promise<number>) | undefined
  let isLate = true
  const write = async (key: string, run: () => Promise<number>): Promise<number> => {
    if (key !== late || !isLate) return await run()
    first ??= run
    throw engineUnavailable('memory', `creating ${key}`)
  }
  const of = (engine: Engine): Engine =>
    withMembers(engine, {
      state: async (...args) => {
        const state = await engine.state(...args)
        return withMembers(state, { create: (key, value) => write(key, () => state.create(key, value)) })
      },
    })
  const arrive = async () => {
    isLate = false
    await first?.()
  }
  return { of, arrive }
}

function withMembers<T extends object>(target: T, other: Partial<T>): T {
  return new Proxy(target, {
    get(inner, property) {
      const value = Reflect.get(other, property) ?? Reflect.get(inner, property)
      return typeof value === 'function' ? value.bind(inner) : value
    },
  })
}

describe('drain', () => {
  test('hands a singleton with its state to another node, and takes none after', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const options = { name: 'one', strategy: 'singleton' } as const
    const here = await after(clock, first.place(Counter, 1, options))
    await after(clock, here.ready())
    await after(clock, second.place(Counter, 1, options))
    expect(here.holder()).toBe('n1')
    expect(await here.ref().call('add', 4)).toBe(5)

    const report = await after(clock, first.drain())
    expect(report).toMatchObject({ done: true, places: [], untaken: [], tasks: 0 })
    expect(first.phase).toBe('drained')
    expect(here.holder()).toBe('n2')
    expect(await after(clock, here.ref().call('add', 1))).toBe(6)
    expect(here.candidates).toEqual(['n2'])
    expect((await second.membership()).member('n1')).toMatchObject({ draining: true })
  })

  test('keeps a place that nobody else offers to run, says so, and gives it as soon as somebody does', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const options = { name: 'one', strategy: 'singleton' } as const
    const here = await after(clock, first.place(Counter, 1, options))
    await after(clock, here.ready())
    const report = await after(clock, first.drain({ timeoutMs: 1_000 }))
    expect(report).toMatchObject({ done: false, places: ['one'], untaken: [] })
    expect(await here.ref().call('where')).toBe('n1')
    await after(clock, second.place(Counter, 1, options))
    expect(first.phase).toBe('drained')
    expect(await after(clock, here.ref().call('where'))).toBe('n2')
  })

  test('moves all shards of a node, and undrain gives it its share again', async () => {
    const { nodes, clock } = await system(['n1', 'n2', 'n3'])
    const [first] = nodes
    const options = { name: 'shard', strategy: 'partitioned', places: 24 } as const
    const [placed] = await after(clock, Promise.all(nodes.map((node) => node.place(Counter, 0, options))))
    const heldBy = (node: string) => placed?.places.filter((place) => placed.holder(place) === node).length
    await after(clock, placed?.ready() ?? Promise.resolve())
    const before = heldBy('n1')
    expect(before).toBeGreaterThan(0)
    expect(await after(clock, first.drain())).toMatchObject({ done: true })
    expect(heldBy('n1')).toBe(0)
    expect(placed?.places.every((place) => placed.holder(place) !== undefined)).toBe(true)
    first.undrain()
    await clock.advance(5_000)
    expect([first.phase, heldBy('n1')]).toEqual(['serving', before])
  })

  test('places opened on a drained node offer nothing until it is taken back', async () => {
    const { nodes, clock } = await system()
    const [first] = nodes
    await after(clock, first.drain())
    const here = await after(clock, first.place(Counter, 1, { name: 'one', strategy: 'singleton' }))
    await clock.advance(3_000)
    expect([here.candidates, here.holder()]).toEqual([[], undefined])
    first.undrain()
    await clock.advance(3_000)
    expect([here.candidates, here.holder()]).toEqual([['n1'], 'n1'])
  })

  for (const key of ['offer.one.n1', 'one']) {
    test(`runs no place that it hears of after it was asked to drain: the write of ${key} is late`, async () => {
      const clock = virtualClock()
      const late = lateWrite(key)
      const engine = late.of(memoryEngine({ clock }))
      const starting = startNode({ engine, clock, name: 'n1', epoch: 1 })
      const node = await after(clock, starting)
      const placed = await after(clock, node.place(Counter, 1, { name: 'one', strategy: 'singleton' }), 10)
      const draining = node.drain()
      const early = await Promise.race([draining, settled()])
      await late.arrive()
      let ran = 0
      for (let i = 0; i < 50; i++) {
        await clock.advance(100)
        ran = Math.max(ran, node.actors)
      }
      expect([early, ran]).toEqual([undefined, 0])
      expect(await draining).toMatchObject({ done: true, places: [] })
      node.undrain()
      expect(await after(clock, placed.ref().call('add', 1))).toBe(2)
      await after(clock, node.close())
    })
  }

  test('waits for tasks under way, takes no further one, and others do the rest', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const done: string[] = []
    const queue = await first.queue<number>('jobs')
    queue.work(async ({ id }) => {
      await delay(clock, 3_000)
      done.push(`n1 ${id}`)
    })
    await queue.push(1, { id: 'a' })
    await clock.advance(100)
    await queue.push(2, { id: 'b' })
    const draining = first.drain()
    await clock.advance(1_000)
    expect([first.phase, (await first.status()).left.tasks]).toEqual(['draining', 1])
    await clock.advance(2_500)
    expect(await draining).toMatchObject({ done: true, tasks: 0 })
    expect(done).toEqual(['n1 a'])
    const there = await second.queue<number>('jobs')
    there.work(({ id }) => void done.push(`n2 ${id}`))
    await clock.advance(1_000)
    expect(done).toEqual(['n1 a', 'n2 b'])
    // A worker that begins here waits until the node serves again.
    queue.work(({ id }) => void done.push(`n1 ${id}`))
    await (await second.queue<number>('more')).push(1)
    const more = await first.queue<number>('more')
    more.work(({ id }) => void done.push(`more ${id.length > 0}`))
    await clock.advance(10_000)
    expect(done).toHaveLength(2)
    first.undrain()
    await clock.advance(1_000)
    expect(done.at(-1)).toBe('more true')
  })

  test('at its deadline it says what is left; the task goes on, and its end is seen', async () => {
    const { nodes, clock } = await system()
    const [first] = nodes
    const queue = await first.queue<number>('jobs')
    queue.work(() => delay(clock, 10_000))
    await queue.push(1)
    await clock.advance(100)
    expect(await after(clock, first.drain({ timeoutMs: 2_000 }), 2_000)).toMatchObject({ done: false, tasks: 1 })
    expect(first.phase).toBe('draining')
    expect(await after(clock, first.drain({ timeoutMs: 60_000 }), 10_000)).toMatchObject({ done: true, tasks: 0 })
    expect(await after(clock, first.drain(), 1)).toMatchObject({ done: true })
  })

  test('services and replicas of the node are not found by others until it is taken back', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const counter = await first.spawn(Counter, 1)
    const services = await after(clock, first.services())
    await services.register('counting', counter.address)
    const each = { name: 'each', strategy: 'replicated' } as const
    await after(clock, first.place(Counter, 1, each))
    const there = await after(clock, second.place(Counter, 1, each))
    const found = await after(clock, second.services())
    const seen = () => [found.discover({ name: 'counting' }).length, there.candidates]
    await settled()
    expect(seen()).toEqual([1, ['n1', 'n2']])
    expect(await after(clock, first.drain())).toMatchObject({ done: true, registrations: 0 })
    expect(seen()).toEqual([0, ['n2']])
    const late = await first.spawn(Counter, 1)
    await services.register('counting', late.address)
    await clock.advance(1_000)
    expect(seen()).toEqual([0, ['n2']])
    first.undrain()
    await clock.advance(1_000)
    expect(seen()).toEqual([2, ['n1', 'n2']])
  })

  test('starts nothing for others, and still does for its own program', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    expect(await after(clock, first.drain())).toMatchObject({ done: true })
    const refused = after(clock, second.spawn(Counter, 1, { node: 'n1' }))
    await expect(refused).rejects.toMatchObject({ code: 'foundation/node-draining', data: { node: 'n1' } })
    await first.spawn(Counter, 1)
    expect(first.actors).toBe(1)
  })

  test('moves actors with names of the system to nodes that have their definition, and names those that stay', async () => {
    const { nodes, clock, telemetry } = await system(['n1', 'n2', 'n3'])
    const [first, second] = nodes
    const Strange = defineActor(import.meta.url, { name: 'strange', version: 1, init: () => 0 })
    const butlers = await after(
      clock,
      Promise.all(
        Array.from({ length: 40 }, (_, i) => first.spawn(Counter, i, { name: `butler-${i}`, scope: 'system' })),
      ),
    )
    await after(clock, first.spawn(Strange, undefined, { name: 'odd', scope: 'system' }))
    await first.spawn(Counter, 1, { name: 'local' })
    const calls = butlers.map((butler) => butler.call('add', 1))
    const report = await after(clock, first.drain())
    expect(report).toMatchObject({ done: true, moves: 0, names: ['odd'], actors: 2 })
    expect(await Promise.all(calls)).toEqual(butlers.map((_, i) => i + 1))
    const found = await Promise.all(
      butlers.map((_, i) => after(clock, second.lookup(Counter, `butler-${i}`).call('add', 1), 10)),
    )
    expect(found).toEqual(butlers.map((_, i) => i + 2))
    const where = await Promise.all(
      butlers.map((_, i) => after(clock, second.lookup(Counter, `butler-${i}`).call('where'), 10)),
    )
    expect([...new Set(where)].sort()).toEqual(['n2', 'n3'])
    const stays = telemetry.events.filter(({ name }) => name === 'foundation.actor-stays')
    expect(stays.map(({ metadata }) => metadata.actor)).toEqual(['odd'])
  })

  test('a wait that is given up, taken back or overtaken by the end of the node ends', async () => {
    const { nodes, clock } = await system()
    const [first] = nodes
    const options = { name: 'one', strategy: 'singleton' } as const
    await after(clock, (await after(clock, first.place(Counter, 1, options))).ready())
    const giving = new AbortController()
    const givenUp = first.drain({ signal: giving.signal })
    const takenBack = first.drain()
    await settled()
    giving.abort(new Error('enough'))
    await expect(givenUp).rejects.toThrow('enough')
    first.undrain()
    expect(await takenBack).toMatchObject({ done: false, places: ['one'] })
    const overtaken = first.drain()
    await settled()
    await after(clock, first.close())
    expect(await overtaken).toMatchObject({ done: true })
    await expect(first.drain()).rejects.toMatchObject({ code: 'foundation/node-stopped' })
    await expect(first.drain({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'foundation/node-stopped' })
  })

  test('refuses what is no time, leaves no timer, and tells what happened', async () => {
    const { nodes, clock, telemetry } = await system()
    const [first] = nodes
    await expect(first.drain({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    expect(first.phase).toBe('serving')
    const before = clock.pendingTimers
    await first.drain()
    first.undrain()
    expect(clock.pendingTimers).toBe(before)
    const told = telemetry.events.filter(({ name }) => name.startsWith('foundation.node-'))
    expect(told.slice(-3).map(({ name }) => name)).toEqual([
      'foundation.node-draining',
      'foundation.node-drained',
      'foundation.node-undrained',
    ])
  })

  test('a node that is alone is drained at once, and says so to the system it joins later', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock, name: 'n1' })
    expect(await node.drain()).toMatchObject({ done: true })
    const membership = await after(clock, node.membership())
    expect(membership.self).toMatchObject({ draining: true })
  })
})

describe('leave', () => {
  test('hands over and ends the node, so that a program that serves ends', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const options = { name: 'one', strategy: 'singleton' } as const
    await after(clock, (await after(clock, first.place(Counter, 1, options))).ready())
    const there = await after(clock, second.place(Counter, 1, options))
    const serving = first.serve({ signals: [] })
    expect(await after(clock, first.leave())).toMatchObject({ done: true })
    await serving
    expect(there.holder()).toBe('n2')
    expect((await second.membership()).member('n1')).toMatchObject({ status: 'left' })
  })
})
