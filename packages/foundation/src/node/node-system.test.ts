import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineActor } from '../actors/actor.ts'
import type { ActorRef } from '../actors/actor-ref.ts'
import { effect, withEffects } from '../actors/effect.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { type Node, startNode } from './node.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  calls: {
    add: { input: z.number(), run: (s, by) => [{ n: s.n + by }, s.n + by] },
    where: { run: (s, _: undefined, { self }) => [s, self.address.node] },
    fail: {
      run: (s) => {
        if (s.n >= 0) throw new TypeError('told to')
        return [s, 0]
      },
    },
    wait: {
      run: async (s, _: undefined, { signal }) => {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        return [s, 0]
      },
    },
    fence: { run: (s, _: undefined, { fence }) => [s, fence ?? 0] },
  },
  casts: { add: { input: z.number(), run: (s, by) => ({ n: s.n + by }) } },
  save: (s) => s,
  load: (saved: { n: number }) => saved,
})

/** Calls another one, which may call back. */
const Caller = defineActor(import.meta.url, {
  name: 'caller',
  version: 1,
  init: () => ({ told: [] as string[] }),
  calls: {
    ask: {
      run: async (s, given: { of: ActorRef<typeof Counter>; by: number }) => [s, await given.of.call('add', given.by)],
    },
    circle: {
      run: async (s, through: { next: ActorRef; rest: ActorRef[] }) => {
        const [next, ...rest] = through.rest
        if (next === undefined) return [s, await through.next.call('told')]
        return [s, await through.next.call('circle', { next, rest })]
      },
    },
    watch: { run: (s, who: ActorRef) => [s, null, [effect.monitor(who)]] },
    told: { run: (s) => [s, s.told] },
  },
  casts: { pass: { run: (s, to: ActorRef) => withEffects(s, [effect.cast(to, 'add', 1)]) } },
  down: (s, { reason }) => ({ told: [...s.told, reason.type] }),
})

async function system(names: readonly string[] = ['n1', 'n2'], options: object = {}) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  for (const name of names) {
    const definitions = [Counter, Caller]
    const starting = startNode({ engine, clock, telemetry, name, epoch: 1, definitions, ...options })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  return { clock, engine, telemetry, nodes: nodes as [Node, Node, Node] }
}

/** Lets time pass until it is settled. */
async function after<T>(clock: { advance(ms: number): Promise<void> }, work: Promise<T>, ms = 5_000): Promise<T> {
  work.catch(() => {})
  await clock.advance(ms)
  return await work
}

describe('actors of another node', () => {
  test('are called and cast to by a reference that was sent, in order and typed by their definition', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const counter = await first.spawn(Counter, 10)
    const caller = await second.spawn(Caller, undefined)
    expect(await after(clock, caller.call('ask', { of: counter, by: 5 }))).toBe(15)
    caller.cast('pass', counter)
    await settled()
    expect(await counter.call('add', 0)).toBe(16)
  })

  test('inputs are checked where they arrive, and errors keep code and data', async () => {
    const { nodes, clock } = await system(undefined, { codec: false })
    const [first, second] = nodes
    const counter = await first.spawn(Counter, 1, { name: 'counter', restart: 'permanent' })
    const there = second.lookup(Counter, 'none')
    const ref = await after(clock, second.spawn(Counter, 1, { node: 'n1', name: 'far', restart: 'permanent' }))
    await expect(ref.call('add', 'x' as never)).rejects.toMatchObject({ code: 'foundation/invalid-message' })
    await expect(ref.call('fail')).rejects.toMatchObject({
      code: 'foundation/actor-crashed',
      data: { handler: 'fail' },
    })
    await expect(ref.call('ad' as 'add', 1)).rejects.toThrow('did you mean "add"?')
    await expect(after(clock, there.call('add', 1, { timeoutMs: 500 }))).rejects.toMatchObject({
      code: 'foundation/no-such-actor',
    })
    expect(await counter.call('add', 1)).toBe(2)
  })

  test('a call by name to one whose supervisor gave up on the other node says so', async () => {
    const { nodes, clock } = await system()
    const options = { node: 'n1', name: 'far', restart: 'permanent', restartsMax: 0 } as const
    const ref = await after(clock, nodes[1].spawn(Counter, 1, options))
    await expect(ref.call('fail')).rejects.toMatchObject({ code: 'foundation/actor-crashed' })
    const reason = 'supervisor far gave up after 0 restarts within 5000 ms; the last cause: told to'
    await expect(after(clock, ref.call('add', 1))).rejects.toMatchObject({
      code: 'foundation/no-such-actor',
      message: `"far": there is no such actor: ${reason}`,
      data: { actor: '"far"', reason },
    })
  })

  test('a call is given up at its deadline or by its signal, and its handler is told', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const ref = await after(clock, second.spawn(Counter, 1, { node: 'n1' }))
    await expect(after(clock, ref.call('wait', undefined, { timeoutMs: 1_000 }))).rejects.toMatchObject({
      code: 'foundation/call-timeout',
    })
    const giving = new AbortController()
    const waiting = ref.call('wait', undefined, { signal: giving.signal })
    await settled()
    giving.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    // Both handlers have ended: the actor works on the next message.
    expect(await ref.call('add', 1)).toBe(2)
    expect(first.actors).toBe(1)
  })

  test('an actor that would wait for itself over other nodes is told so', async () => {
    const { nodes, clock } = await system(['n1', 'n2', 'n3'])
    const callers = await Promise.all(nodes.map((node) => node.spawn(Caller, undefined)))
    const [a, b, c] = callers as [ActorRef<typeof Caller>, ActorRef<typeof Caller>, ActorRef<typeof Caller>]
    expect(await after(clock, a.call('circle', { next: b, rest: [c] }))).toEqual([])
    await expect(after(clock, a.call('circle', { next: b, rest: [c, a] }))).rejects.toThrow('wait for itself')
  })

  test('their end is told to those who monitor them, and that of their whole node too', async () => {
    const { nodes, clock, engine } = await system(['n1', 'n2', 'n3'])
    const [first, second, third] = nodes
    const watcher = await first.spawn(Caller, undefined)
    const one = await second.spawn(Counter, 1)
    const other = await third.spawn(Counter, 1)
    for (const who of [one, other]) await after(clock, watcher.call('watch', who), 10)
    await second.stop(one)
    await settled()
    expect(await watcher.call('told')).toEqual(['shutdown'])
    // As kill -9 does it: nothing of the node is heard any more.
    const deaf = await third.directory()
    await (await third.membership()).close()
    await deaf.close()
    await clock.advance(10_000)
    expect(await watcher.call('told')).toEqual(['shutdown', 'node-down'])
    void engine
  })

  test('a node whose name has started anew ends: its earlier life is over', async () => {
    const { nodes, clock, engine } = await system()
    const [first, second] = nodes
    await first.spawn(Counter, 1)
    const again = startNode({ engine, clock, name: 'n1', epoch: 2, definitions: [Counter] })
    await clock.advance(5_000)
    await using later = await again
    expect(first.actors).toBe(0)
    await expect(first.spawn(Counter, 1)).rejects.toMatchObject({ code: 'foundation/node-stopped' })
    const ref = await after(clock, second.spawn(Counter, 1, { node: 'n1' }))
    expect(later.actors).toBe(1)
    expect(await ref.call('add', 1)).toBe(2)
  })

  test('a node that is not there fails a call at once', async () => {
    const { nodes } = await system()
    const [first] = nodes
    await expect(first.spawn(Counter, 1, { node: 'n9' })).rejects.toMatchObject({ code: 'foundation/node-unreachable' })
  })

  test('a node starts only what it has', async () => {
    const { nodes, clock } = await system()
    const Strange = defineActor(import.meta.url, { name: 'strange', version: 3, init: () => 0 })
    await expect(after(clock, nodes[0].spawn(Strange, undefined, { node: 'n2' }))).rejects.toThrow(
      'node n2: expected it to have strange@3, got counter@1, caller@1',
    )
  })

  test('is asked to stop from anywhere', async () => {
    const { nodes, clock } = await system()
    const ref = await after(clock, nodes[0].spawn(Counter, 1, { node: 'n2', restart: 'permanent' }))
    expect(await after(clock, nodes[0].stop(ref))).toEqual({ type: 'shutdown' })
    expect(nodes[1].actors).toBe(0)
  })
})

describe('names in the system', () => {
  test('are of one actor, and found from every node', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    await after(clock, first.spawn(Counter, 1, { name: 'one', scope: 'system', restart: 'permanent' }))
    await expect(after(clock, second.spawn(Counter, 1, { name: 'one', scope: 'system' }))).rejects.toMatchObject({
      code: 'foundation/name-taken',
    })
    expect(await after(clock, second.lookup(Counter, 'one').call('add', 4))).toBe(5)
    expect(await after(clock, first.lookup(Counter, 'one').call('where'))).toBe('n1')
  })

  test('named without a definition, an actor of this node comes before one of the system', async () => {
    const { clock, nodes } = await system()
    const [first, second] = nodes
    await after(clock, first.spawn(Counter, 1, { name: 'one', scope: 'system' }))
    expect(await after(clock, second.named('one').call('where'))).toBe('n1')
    await second.spawn(Counter, 1, { name: 'two' })
    expect(await after(clock, second.named('two').call('where'))).toBe('n2')
    const nobody = first.named('two').call('where', undefined, { timeoutMs: 1_000 })
    await expect(after(clock, nobody)).rejects.toMatchObject({
      code: 'foundation/no-such-actor',
    })
  })

  test('are free again when their actor has ended', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const one = await after(clock, first.spawn(Counter, 1, { name: 'one', scope: 'system' }))
    await first.stop(one)
    await clock.advance(1_000)
    await after(clock, second.spawn(Counter, 7, { name: 'one', scope: 'system' }))
    expect(await after(clock, one.call('add', 0))).toBe(7)
  })

  test('stopping by a reference whose name another node has by now stops the actor that has it', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const one = await after(clock, first.spawn(Counter, 1, { name: 'one', scope: 'system' }))
    await first.stop(one)
    await clock.advance(1_000)
    await after(clock, second.spawn(Counter, 7, { name: 'one', scope: 'system' }))
    const ends: string[] = []
    const stopped = () => void first.stop(one).then(({ type }) => ends.push(type))
    stopped()
    await clock.advance(5_000)
    expect(ends).toEqual(['shutdown'])
    expect(second.actors).toBe(0)
    stopped()
    await clock.advance(5_000)
    expect(ends).toEqual(['shutdown', 'no-such-actor'])
  })

  test('a name without a scope in the system, or a scope without a name, is refused', async () => {
    const { nodes } = await system()
    await expect(nodes[0].spawn(Counter, 1, { scope: 'system' })).rejects.toThrow('name: expected a name')
    await expect(startNode({ name: 'a.b' })).rejects.toThrow('name: expected up to 64 letters')
  })
})

describe('place', () => {
  const options = { name: 'indexer', strategy: 'singleton' as const }

  test('a singleton runs once, is called from every node, and keeps what it knew when its node leaves', async () => {
    const { nodes, clock } = await system(['n1', 'n2', 'n3'])
    const placed = []
    for (const node of nodes) placed.push(await after(clock, node.place(Counter, 100, options)))
    expect(nodes.map((node) => node.actors)).toEqual([1, 0, 0])
    const ref = placed[2]?.ref() as ActorRef<typeof Counter>
    expect(await after(clock, ref.call('add', 5))).toBe(105)
    const before = await after(clock, ref.call('fence'))
    await after(clock, nodes[0].close())
    expect(await after(clock, ref.call('add', 1))).toBe(106)
    expect(await after(clock, ref.call('where'))).not.toBe('n1')
    expect(await after(clock, ref.call('fence'))).toBeGreaterThan(before)
  })

  test('each node says who holds a name: a place, an actor of the system, and after that its next holder', async () => {
    const { nodes, clock } = await system(['n1', 'n2'])
    const [first, second] = nodes
    for (const node of nodes) await after(clock, node.place(Counter, 100, options))
    await after(clock, second.spawn(Counter, 0, { name: 'counter', scope: 'system' }))
    await clock.advance(500)
    for (const node of [first, second]) {
      expect(await node.holderOf('indexer')).toBe('n1')
      expect(await node.holderOf('counter')).toBe('n2')
      expect(await node.holderOf('nobody')).toBeUndefined()
    }
    await after(clock, first.close())
    expect(await second.holderOf('indexer')).toBe('n2')
  })

  test('nodes that take a place at the same moment do not go round in circles', async () => {
    const { nodes, clock } = await system(['n1', 'n2', 'n3'])
    const placing = Promise.all(nodes.map((node) => node.place(Counter, 0, options)))
    const [placed] = await after(clock, placing)
    await after(clock, placed?.ready() ?? Promise.reject(new Error('not placed')))
    expect(nodes.map((node) => node.actors).reduce((a, b) => a + b)).toBe(1)
  })

  test('calls that wait for a place follow it to the node that has it', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const placed = await after(clock, first.place(Counter, 0, options))
    await after(clock, second.place(Counter, 0, options))
    const ref = placed.ref()
    const calls = Array.from({ length: 50 }, () => ref.call('add', 1))
    await placed.moveTo('n2')
    calls.push(...Array.from({ length: 50 }, () => ref.call('add', 1)))
    await clock.advance(5_000)
    expect((await Promise.all(calls)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(await after(clock, ref.call('where'))).toBe('n2')
  })

  test('shards share the keys out, and move to a node that joins with what they hold', async () => {
    const { nodes, clock } = await system(['n1', 'n2', 'n3'])
    const sharded = { name: 'carts', strategy: 'partitioned' as const, places: 24 }
    const placed = await after(clock, nodes[0].place(Counter, 0, sharded))
    for (const key of ['ann', 'bob', 'cem']) await after(clock, placed.ref(key).call('add', 1))
    for (const node of nodes.slice(1)) await after(clock, node.place(Counter, 0, sharded))
    await clock.advance(5_000)
    expect(nodes.map((node) => node.actors).reduce((a, b) => a + b)).toBe(24)
    expect(nodes.every((node) => node.actors > 0)).toBe(true)
    for (const key of ['ann', 'bob', 'cem'])
      expect(await after(clock, placed.ref(key).call('add', 1))).toBeGreaterThan(1)
  })

  test('a group is spread, and replicas run on every node', async () => {
    const { nodes, clock } = await system()
    const group = { name: 'pool', strategy: 'group' as const, places: 4 }
    for (const node of nodes) await after(clock, node.place(Counter, 0, group))
    await clock.advance(3_000)
    expect(nodes.map((node) => node.actors).reduce((a, b) => a + b)).toBe(4)
    const each = { name: 'agent', strategy: 'replicated' as const }
    const replicas = []
    for (const node of nodes) replicas.push(await after(clock, node.place(Counter, 0, each)))
    await clock.advance(1_000)
    expect(replicas[0]?.refs()).toHaveLength(2)
    expect(await Promise.all((replicas[1]?.refs() ?? []).map((ref) => ref.call('where')))).toEqual(['n1', 'n2'])
  })

  test('a node that has not what is required does not run it', async () => {
    const { nodes, clock } = await system()
    const needs = { ...options, requires: { labels: { gpu: 'a100' } } }
    const placed = await after(clock, nodes[0].place(Counter, 0, needs))
    await expect(after(clock, placed.ready({ timeoutMs: 1_000 }))).rejects.toMatchObject({
      code: 'foundation/place-timeout',
    })
    expect(nodes[0].actors).toBe(0)
  })

  test('what another node, or this one, has placed otherwise is refused', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    await after(clock, (await after(clock, first.place(Counter, 0, options))).ready())
    const other = { name: 'indexer', strategy: 'group' as const, places: 3 }
    for (const node of [first, second]) {
      await expect(after(clock, node.place(Counter, 0, other))).rejects.toMatchObject({
        code: 'foundation/options-differ',
      })
    }
    await first.cache('pages', { ttlMs: 1_000 })
    await expect(first.cache('pages', { ttlMs: 2_000 })).rejects.toMatchObject({ code: 'foundation/options-differ' })
  })

  test('impossible options are refused by name', async () => {
    const { nodes } = await system(['n1'])
    const [node] = nodes
    const place = (given: object) => node.place(Counter, 0, { ...options, ...given } as never)
    await expect(place({ strategy: 'one' })).rejects.toThrow('strategy: expected one of singleton, group')
    await expect(place({ strategy: 'group' })).rejects.toThrow('places: expected how many there are')
    await expect(place({ places: 3 })).rejects.toThrow('places: expected nothing, since strategy is singleton')
    await expect(place({ name: 'a.b' })).rejects.toThrow('name: expected up to 64')
  })
})

describe('send', () => {
  test('reaches an actor, a name, a service and a topic', async () => {
    const { nodes, clock } = await system()
    const [first, second] = nodes
    const counter = await after(clock, second.spawn(Counter, 0, { name: 'counter', scope: 'system' }))
    await (await second.services()).register('adder', counter.address)
    const heard: unknown[] = []
    ;(await second.channels()).on('orders.new', (order) => void heard.push(order))
    await clock.advance(500)
    await after(clock, first.send({ name: 'counter', cast: 'add' }, 1))
    await after(clock, first.send({ actor: counter, cast: 'add' }, 10))
    expect(await after(clock, first.send({ service: 'adder', call: 'add' }, 100))).toBe(111)
    expect(await after(clock, first.callService('adder', { call: 'add', input: 1_000 }))).toBe(1_111)
    await after(clock, first.send({ topic: 'orders.new', priority: 'control' }, { id: 7 }))
    expect(heard).toEqual([{ id: 7 }])
  })
})

describe('the parts of a node', () => {
  test('tell how the node and its system are', async () => {
    const { nodes, clock } = await system(['n1', 'n2'])
    const [first, second] = nodes
    await first.spawn(Counter, 1)
    const health = await first.health({ expectedNodes: 2, sampleMs: 1_000 })
    await clock.advance(1_000)
    expect(health.report()).toMatchObject({ node: 'n1', measurements: { actors: 1 } })
    expect(health.report().cluster).toMatchObject({ status: 'healthy', expectedNodes: 2, actualNodes: 2 })
    await after(clock, second.close())
    await clock.advance(2_000)
    expect(health.report().cluster).toMatchObject({ status: 'unhealthy', actualNodes: 1, nodes: { left: 1 } })
  })

  test('are opened when asked for, the same each time, and leave nothing behind', async () => {
    const { nodes, clock, engine } = await system()
    const [first, second] = nodes
    const heard: unknown[] = []
    const channels = await first.channels()
    expect(await first.channels()).toBe(channels)
    ;(await second.channels()).on('orders.*', (order) => void heard.push(order))
    await clock.advance(10)
    channels.publish('orders.new', { id: 7 })
    await clock.advance(10)
    expect(heard).toEqual([{ id: 7 }])
    const services = await second.services()
    const mailer = await second.spawn(Counter, 0)
    await services.register('mailer', mailer.address, { capabilities: ['mail'] })
    await clock.advance(100)
    const calling = (await first.services()).service('mailer').call('add', 3)
    expect(await after(clock, calling)).toBe(3)
    const visits = (await first.cells()).counter('visits')
    visits.add(2)
    await clock.advance(2_000)
    expect((await second.cells()).counter('visits').value()).toBe(0)
    await clock.advance(10_000)
    expect((await second.cells()).counter('visits').value()).toBe(2)
    for (const node of nodes) await after(clock, node.close())
    await engine.close()
    expect(clock.pendingTimers).toBe(0)
    await expect(first.channels()).rejects.toMatchObject({ code: 'foundation/node-stopped' })
  })

  test('a node with an engine of its own has them too', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock })
    const cache = await node.cache<string>('pages')
    expect(await cache.getOrCompute('a', async () => 'page')).toBe('page')
    const queue = await node.queue<number>('numbers')
    const done: number[] = []
    queue.work(({ value }) => void done.push(value))
    await queue.push(3)
    await settled()
    expect(done).toEqual([3])
  })
})
