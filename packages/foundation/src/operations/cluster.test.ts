import { describe, expect, test } from 'vitest'
import { delay } from '../clock.ts'
import { createCodec } from '../codec/codec.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { sessionBytes } from '../leases/session-record.ts'
import { type Node, startNode } from '../node/node.ts'
import { Counter, collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { mortalPort } from '../testing/mortal-port.ts'
import { openCluster } from './cluster.ts'
import type { ClusterStatus } from './cluster-status.ts'
import { operationsMax } from './operation-answers.ts'
import { operationSubject, readAnswer, requestBytes } from './operation-message.ts'

async function system(names: readonly string[] = ['n1', 'n2', 'n3']) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const nodes: Node[] = []
  for (const name of names) {
    const starting = startNode({ engine, clock, name, epoch: 1, system: 'test', telemetry, definitions: [Counter] })
    await clock.advance(2_000)
    nodes.push(await starting)
  }
  const cluster = await openCluster({ engine, clock, system: 'test', telemetry })
  return { clock, engine, telemetry, cluster, nodes: nodes as [Node, Node, Node] }
}

async function after<T>(clock: { advance(ms: number): Promise<void> }, work: Promise<T>, ms = 5_000): Promise<T> {
  work.catch(() => {})
  await clock.advance(ms)
  return await work
}

const presences = ({ nodes }: ClusterStatus) => Object.fromEntries(nodes.map(({ name, presence }) => [name, presence]))

describe('status', () => {
  test('shows nodes, places with their fences, queues, services, names and stores, as plain data', async () => {
    const { nodes, clock, cluster } = await system()
    const [first, second] = nodes
    const placing = nodes.map((node) => node.place(Counter, undefined, { name: 'one', strategy: 'singleton' }))
    const [one] = await after(clock, Promise.all(placing))
    await after(
      clock,
      Promise.all(
        nodes.map((node) => node.place(Counter, undefined, { name: 'shard', strategy: 'partitioned', places: 12 })),
      ),
    )
    await after(clock, first.spawn(Counter, undefined, { name: 'butler', scope: 'system' }))
    const counter = await second.spawn(Counter, undefined)
    await (await after(clock, second.services())).register('counting', counter.address, { capabilities: ['fast'] })
    const queue = await first.queue<number>('jobs', { ackWaitMs: 5_000 })
    await queue.push(1)
    await queue.push(2)
    queue.work(() => delay(clock, 60_000))
    await (await first.cache<number>('squares')).set('2', 4)
    ;(await first.cells()).counter('visits').add(1)
    await clock.advance(100)

    const status = await after(clock, cluster.status())
    expect(JSON.parse(JSON.stringify(status))).toEqual(status)
    expect(status).toMatchObject({ version: 1, system: 'test', engine: { name: 'memory', status: 'connected' } })
    expect(presences(status)).toEqual({ n1: 'here', n2: 'here', n3: 'here' })
    expect(status.sessions.map(({ node }) => node)).toEqual(['n1', 'n2', 'n3'])
    expect(status.places.map(({ place }) => place)).toEqual([
      'one',
      ...Array.from({ length: 12 }, (_, i) => `shard.${i}`),
    ])
    const held = status.places.find(({ place }) => place === 'one')
    expect(held).toMatchObject({ node: one?.holder() })
    const holder = status.nodes.find(({ name }) => name === held?.node)
    expect(holder?.status?.places).toContainEqual({ place: 'one', fence: held?.fence })
    expect(status.nodes.flatMap((node) => node.status?.places ?? [])).toHaveLength(13)
    expect(status.placements).toEqual([
      { name: 'one', terms: 'singleton of 1', offeredBy: ['n1', 'n2', 'n3'] },
      { name: 'shard', terms: 'partitioned of 12', offeredBy: ['n1', 'n2', 'n3'] },
    ])
    expect(status.queues).toEqual([{ name: 'jobs', depths: { waiting: 1, underWay: 1, dead: 0 }, workers: 1 }])
    expect(status.services).toEqual([{ name: 'counting', instances: 1, healthy: 1, nodes: ['n2'] }])
    expect(status.names).toEqual([{ name: 'butler', node: 'n1' }])
    expect(status.stores).toContainEqual({ kind: 'queue', name: 'test-queue-jobs' })
    expect(status.counts).toMatchObject({ nodes: 3, places: 13, queues: 1 })
    expect(status.nodes[0]).toMatchObject({ name: 'n1', knownBy: expect.arrayContaining(['session', 'member']) })
    expect(status.nodes[0]?.status).toMatchObject({
      name: 'n1',
      epoch: 1,
      phase: 'serving',
      names: ['butler'],
      cells: ['visits'],
      caches: [{ name: 'squares', entries: 1 }],
      queues: [{ name: 'jobs', workers: { count: 1, underWay: 1 } }],
      members: [{ name: 'n1' }, { name: 'n2' }, { name: 'n3' }],
      health: { reasons: expect.any(Array) },
    })
    expect(status.nodes[0]?.status?.uptimeMs).toBeGreaterThan(5_000)
  })

  test('lists who does not answer by what is known of it, within its time', async () => {
    const { engine, clock, cluster } = await system(['n1', 'n2'])
    const sessions = await engine.state('test-sessions', { expiryMs: 20_000 })
    for (const node of ['busy', 'silent', 'gone', 'odd']) {
      await sessions.create(node, sessionBytes(createCodec({}), { node, epoch: 1, token: 0 }))
    }
    for (const node of ['busy', 'silent']) await engine.subscribe(operationSubject('test', node), () => {})
    await engine.subscribe('test.session.probe.busy', (message) => message.respond(new Uint8Array(0)))
    await engine.subscribe(operationSubject('test', 'odd'), (message) => message.respond(new Uint8Array([1, 2])))
    const status = await after(clock, cluster.status({ timeoutMs: 1_000 }), 1_600)
    expect(presences(status)).toEqual({
      busy: 'busy',
      gone: 'gone',
      n1: 'here',
      n2: 'here',
      odd: 'failed',
      silent: 'silent',
    })
    expect(status.nodes.find(({ name }) => name === 'odd')?.failure).toContain('unreadable message')
  })

  test('names a node that died without a word, and not one that left', async () => {
    const { nodes, engine, clock, cluster } = await system()
    await after(clock, nodes[1].close())
    const mortal = mortalPort(testPort({ engine, clock, name: 'n4' }))
    const starting = startNode({
      engine: mortal.port.engine,
      clock: mortal.port.clock,
      name: 'n4',
      epoch: 1,
      system: 'test',
    })
    await clock.advance(2_000)
    const dying = await starting
    expect(presences(await after(clock, cluster.status()))).toEqual({ n1: 'here', n3: 'here', n4: 'here' })
    await mortal.kill()
    await clock.advance(10_000)
    const status = await after(clock, cluster.status())
    expect(presences(status)).toEqual({ n1: 'here', n3: 'here', n4: 'gone' })
    expect(status.nodes.find(({ name }) => name === 'n4')).toMatchObject({ knownBy: ['member'], session: null })
    void dying
  })

  test('reads the depths of queues that no node has open, whatever they were opened with, and changes nothing', async () => {
    const { engine, clock, cluster } = await system(['n1'])
    const queue = await engine.queue('test-queue-old', { deliveriesMax: 77 })
    await queue.push(new Uint8Array(1))
    const before = await engine.stores()
    const { queues } = await after(clock, cluster.status())
    expect(queues).toEqual([{ name: 'old', depths: { waiting: 1, underWay: 0, dead: 0 }, workers: 0 }])
    expect(await engine.stores()).toEqual(before)
  })

  test('of a system that is not there is empty and leaves no trace', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await engine.state('other-sessions', { expiryMs: 3_000 })
    await using cluster = await openCluster({ engine, clock, system: 'none' })
    const status = await cluster.status()
    expect(status).toMatchObject({ nodes: [], places: [], queues: [], stores: [] })
    expect(await engine.stores()).toHaveLength(1)
  })

  test('sees sessions kept with another expiry when it is told so, and says what differs when not', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    const starting = startNode({ engine, clock, name: 'n1', sessions: { expiryMs: 5_000 } })
    await clock.advance(1_000)
    await using _ = await starting
    await using wrong = await openCluster({ engine, clock })
    await expect(wrong.status()).rejects.toMatchObject({ code: 'foundation/options-differ' })
    await using right = await openCluster({ engine, clock, expiryMs: 5_000 })
    expect(presences(await after(clock, right.status()))).toEqual({ n1: 'here' })
  })

  test('is given up when its signal aborts, when the engine does not answer, and when the client is closed', async () => {
    const clock = virtualClock()
    const engine = memoryEngine({ clock })
    const stalled = Object.assign(Object.create(engine), { stores: () => new Promise(() => {}) })
    Object.defineProperty(stalled, 'status', { value: 'connected' })
    const cluster = await openCluster({ engine: stalled, clock })
    await expect(after(clock, cluster.status({ timeoutMs: 300 }), 300)).rejects.toMatchObject({
      code: 'foundation/engine-unavailable',
    })
    const giving = new AbortController()
    const waiting = cluster.status({ signal: giving.signal })
    giving.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const late = cluster.status()
    late.catch(() => {})
    await cluster.close()
    await expect(late).rejects.toMatchObject({ code: 'foundation/cluster-closed' })
    await expect(cluster.status()).rejects.toMatchObject({ code: 'foundation/cluster-closed' })
    await cluster.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('drain, undrain and leave from outside', () => {
  test('hand over, are taken back, and end a node that serves', async () => {
    const { nodes, clock, cluster } = await system()
    const [first] = nodes
    const options = { name: 'one', strategy: 'singleton' } as const
    const [here] = await after(clock, Promise.all(nodes.map((node) => node.place(Counter, undefined, options))))
    const holder = nodes.find(({ name }) => name === here?.holder()) as Node
    expect(await after(clock, cluster.drain(holder.name))).toMatchObject({ done: true, places: [] })
    expect(here?.holder()).not.toBe(holder.name)
    const drained = await after(clock, cluster.status())
    expect(drained.nodes.find(({ name }) => name === holder.name)?.status?.phase).toBe('drained')
    // Other nodes were told by the node itself.
    const seen = drained.nodes.flatMap(({ status }) => status?.members ?? [])
    expect(seen.filter(({ name }) => name === holder.name).map(({ draining }) => draining)).toEqual([true, true, true])
    await after(clock, cluster.undrain(holder.name))
    expect(holder.phase).toBe('serving')
    const serving = first.serve({ signals: [] })
    const left = cluster.leave('n1')
    const next = left.then(() => cluster.status())
    expect(await after(clock, left)).toMatchObject({ done: true })
    await serving
    // At once: who leaves is gone when that is said.
    expect(presences(await after(clock, next))).toEqual({ n2: 'here', n3: 'here' })
  })

  test('say what is left at their deadline, for a task that goes on', async () => {
    const { nodes, clock, cluster } = await system(['n1'])
    const [first] = nodes
    const queue = await first.queue<number>('jobs')
    queue.work(() => delay(clock, 20_000))
    await queue.push(1)
    await clock.advance(100)
    const report = await after(clock, cluster.drain('n1', { timeoutMs: 3_000 }), 3_100)
    expect(report).toMatchObject({ done: false, tasks: 1 })
    expect(await after(clock, cluster.drain('n1', { timeoutMs: 60_000 }), 20_000)).toMatchObject({ done: true })
  })

  test('of nodes that are not there, do not answer, or are no names, are refused', async () => {
    const { engine, clock, cluster } = await system(['n1'])
    await expect(cluster.drain('n9')).rejects.toMatchObject({ code: 'foundation/no-such-node' })
    await expect(cluster.drain(undefined as never)).rejects.toThrow('the name of a node')
    await expect(cluster.drain('a.b')).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await expect(cluster.drain('n1', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await engine.subscribe(operationSubject('test', 'deaf'), () => {})
    const deaf = after(clock, cluster.leave('deaf', { timeoutMs: 1_000 }))
    await expect(deaf).rejects.toMatchObject({ code: 'foundation/operation-timeout' })
  })
})

describe('watch', () => {
  test('looks again and again, and at once when something changes, until it is disposed', async () => {
    const { nodes, clock, cluster } = await system()
    const [first] = nodes
    const seen: number[] = []
    const watch = cluster.watch(({ places }) => void seen.push(places.length), { everyMs: 60_000 })
    await clock.advance(500)
    expect(seen).toEqual([0])
    await after(clock, first.place(Counter, undefined, { name: 'one', strategy: 'singleton' }), 1_000)
    expect(seen.at(-1)).toBe(1)
    const looks = seen.length
    // Sessions are renewed all the time: nothing new in that.
    await clock.advance(30_000)
    expect(seen).toHaveLength(looks)
    await clock.advance(60_000)
    expect(seen.length).toBeGreaterThan(looks)
    await watch[Symbol.asyncDispose]()
    const last = seen.length
    await clock.advance(200_000)
    expect(seen).toHaveLength(last)
  })

  test('goes on after a look that failed or was not wanted, and tells of it', async () => {
    const { engine, clock, cluster } = await system(['n1'])
    const failures: unknown[] = []
    let looks = 0
    const onChange = () => {
      if (looks++ === 0) throw new TypeError('told to')
    }
    await using _ = cluster.watch(onChange, { everyMs: 500, onFailure: (thrown) => void failures.push(thrown) })
    await clock.advance(3_000)
    expect(failures).toHaveLength(1)
    expect(looks).toBeGreaterThan(2)
    expect(() => cluster.watch(onChange, { everyMs: 0 })).toThrow('everyMs')
    await cluster.close()
    expect(() => cluster.watch(onChange)).toThrow('closed')
    void engine
  })
})

describe('a node that is asked', () => {
  test('answers what is no operation with an error, and goes on', async () => {
    const { engine, clock, telemetry } = await system(['n1'])
    const codec = createCodec({})
    const ask = async (body: Uint8Array) =>
      readAnswer(codec, await after(clock, engine.request(operationSubject('test', 'n1'), body), 10))
    await expect(ask(codec.encode({ v: 2, operation: 'drain', timeoutMs: 1 }))).rejects.toThrow(
      'expected version 1 of operations, got 2',
    )
    await expect(ask(codec.encode({ v: 1, operation: 'drian', timeoutMs: 1 }))).rejects.toThrow('got drian')
    await expect(ask(codec.encode({ v: 1, operation: 'drain', timeoutMs: -1 }))).rejects.toThrow('timeoutMs')
    await expect(ask(codec.encode({ v: 1, operation: 'drain', pad: 'x'.repeat(1_025) }))).rejects.toThrow('1024 bytes')
    await expect(ask(codec.encode('drain'))).rejects.toThrow('unreadable message')
    expect(await ask(requestBytes(codec, { operation: 'status', timeoutMs: 1 }))).toMatchObject({ name: 'n1' })
    expect(telemetry.events.filter(({ name }) => name === 'foundation.operation-failed')).toHaveLength(5)
  })

  test('carries out so many operations at once, and refuses one more', async () => {
    const { nodes, clock, cluster } = await system(['n1'])
    const [first] = nodes
    const queue = await first.queue<number>('jobs')
    queue.work(() => delay(clock, 5_000))
    await queue.push(1)
    await clock.advance(100)
    const drains = Array.from({ length: operationsMax }, () => cluster.drain('n1', { timeoutMs: 60_000 }))
    await settled()
    await expect(cluster.drain('n1')).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    await clock.advance(6_000)
    for (const drain of drains) expect(await drain).toMatchObject({ done: true })
    expect(await after(clock, cluster.drain('n1'), 10)).toMatchObject({ done: true })
  })
})

describe('openCluster', () => {
  test('closes an engine it has opened, and refuses what it can not take', async () => {
    const clock = virtualClock()
    const engine = memoryEngine({ clock })
    let asked = ''
    const opener = async ({ system: of, name }: { system: string; name: string }) => {
      asked = `${of} ${/^operator-/.test(name)}`
      return engine
    }
    const cluster = await openCluster({ engine: opener, clock })
    expect(asked).toBe('mabeam true')
    await cluster.close()
    expect(engine.status).toBe('closed')
    await expect(openCluster({ engine, systme: 'x' } as never)).rejects.toThrow('did you mean "system"?')
    await expect(openCluster({ engine, system: 'a.b' })).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    await expect(openCluster({ engine: {} as never })).rejects.toThrow('expected an engine, or what opens one')
  })
})
