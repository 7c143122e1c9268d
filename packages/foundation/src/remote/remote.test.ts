import { describe, expect, test } from 'vitest'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { requestTimeout } from '../errors/engine-errors.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { answersAfterMs, Outgoing } from './outgoing.ts'
import { Remote, type RemoteHost } from './remote.ts'

/** A host whose one actor answers when told to. */
function host() {
  const calls: PromiseWithResolvers<unknown>[] = []
  const watchers = new Set<(reason: ExitReason) => void>()
  const there: RemoteHost = {
    call() {
      const call = Promise.withResolvers<unknown>()
      calls.push(call)
      return call.promise
    },
    cast() {},
    monitor(_, listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    stop: () => Promise.resolve({ type: 'normal' }),
    start: () => Promise.reject(limitReached('n2', 'actorsMax', 0)),
    move: () => Promise.reject(limitReached('n2', 'actorsMax', 0)),
  }
  return { there, calls, watchers }
}

async function world() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const port = testPort({ engine, clock, name: 'n1' })
  const [first, second] = [host(), host()]
  const here = new Remote(port, first.there)
  const far = new Remote(testPort({ engine, clock, name: 'n2', epoch: 2 }), second.there)
  await here.open()
  await far.open()
  const address = { system: 'test', node: 'n2', epoch: 2, id: 1 }
  return { clock, port, here, far, address, ...second }
}

describe('Remote', () => {
  test('the end of an earlier life of a node ends no call to the present one', async () => {
    const { here, address, calls } = await world()
    const old = here.call({ ...address, epoch: 1 }, { name: 'a', input: 1, timeoutMs: 1_000, chain: [] })
    const present = here.call(address, { name: 'a', input: 1, timeoutMs: 1_000, chain: [] })
    await settled()
    here.nodeIsDown('n2', 1, 'down')
    await expect(old).rejects.toMatchObject({ code: 'foundation/node-down' })
    for (const call of calls) call.resolve('done')
    expect(await present).toBe('done')
  })

  test('a watch whose answer is lost is taken back, since who asked is told that it ended', async () => {
    const { port, address, watchers } = await world()
    const { engine } = port
    const deaf: Pick<Engine, 'publish' | 'subscribe' | 'request'> = {
      publish: engine.publish.bind(engine),
      subscribe: engine.subscribe.bind(engine),
      async request(subject, body) {
        engine.publish(subject, body)
        await settled()
        throw requestTimeout(subject, 5_000)
      },
    }
    const here = new Remote({ ...port, name: 'n3', engine: deaf as Engine }, host().there)
    const told: string[] = []
    here.monitor(address, ({ type }) => void told.push(type))
    await settled()
    await settled()
    await settled()
    expect([told, watchers.size]).toEqual([['node-down'], 0])
  })

  test('news of an end are not told for ever to a node that nobody has heard of since', async () => {
    const { clock, here, far, address, watchers } = await world()
    here.monitor(address, () => {})
    await settled()
    await here[Symbol.asyncDispose]()
    for (const watcher of watchers) watcher({ type: 'normal' })
    await clock.advance(1_000_000)
    expect(clock.pendingTimers).toBe(0)
    await far[Symbol.asyncDispose]()
  })
})

describe('Remote of a node that leaves', () => {
  const call = { name: 'a', input: 1, timeoutMs: 60_000, chain: [] }

  test('answers what is under way, and what comes until nobody listens any more, each with whether it may have been worked on', async () => {
    const { here, far, address, calls } = await world()
    const underWay = here.call(address, call)
    await settled()
    const arriving = here.call(address, call)
    const closing = far[Symbol.asyncDispose]()
    const failed = Promise.allSettled([underWay, arriving])
    await closing
    const after = here.call(address, call)
    await expect(underWay).rejects.toMatchObject({ code: 'foundation/node-down', retryable: false })
    await expect(arriving).rejects.toMatchObject({
      code: 'foundation/node-unreachable',
      retryable: true,
      message: 'node n2: expected it to listen, got word that it leaves',
    })
    await expect(after).rejects.toMatchObject({ code: 'foundation/node-unreachable' })
    await failed
    // What it comes to later is nobody's.
    for (const one of calls) one.resolve('late')
    await settled()
    expect(calls).toHaveLength(1)
  })

  test('counts a cast that comes too late, and says nothing of what is worth nothing any more', async () => {
    const { port, here, address } = await world()
    const telemetry = collectTelemetry()
    const { there, watchers } = host()
    const leaving = new Remote(testPort({ ...port, name: 'n3', epoch: 2, telemetry }), there)
    await leaving.open()
    const to = { ...address, node: 'n3' }
    const unwatch = here.monitor(to, () => {})
    await settled()
    here.cast(to, { name: 'a', input: 1 })
    unwatch()
    await leaving[Symbol.asyncDispose]()
    expect(watchers.size).toBe(0)
    expect(telemetry.events.map(({ metadata: { sender, reason } }) => [sender, reason])).toEqual([
      ['n1', 'foundation/node-unreachable'],
    ])
  })

  for (const [when, leftMs, expected] of [
    ['before', 1, 'done'],
    ['after', 0, 'foundation/node-down'],
  ] as const) {
    test(`its answers may be overtaken by the word that it left: one that comes ${when} the time for them`, async () => {
      const { clock, here, address, calls } = await world()
      const called = here.call(address, call).catch(({ code }) => code)
      await settled()
      here.nodeIsDown('n2', 2, 'left')
      // Said again, by another node.
      await clock.advance(10)
      here.nodeIsDown('n2', 2, 'left')
      await clock.advance(answersAfterMs - 10 - leftMs)
      for (const one of calls) one.resolve('done')
      expect(await called).toBe(expected)
    })
  }

  test('a call that is answered in time leaves no timer, and neither does one whose own node closes first', async () => {
    const { clock, here, far, address, calls } = await world()
    const answered = here.call(address, call)
    await settled()
    const before = clock.pendingTimers
    here.nodeIsDown('n2', 2, 'left')
    expect(clock.pendingTimers).toBe(before + 1)
    for (const one of calls) one.resolve('done')
    expect(await answered).toBe('done')
    const open = here.call(address, call)
    await settled()
    here.nodeIsDown('n2', 2, 'left')
    const failed = expect(open).rejects.toMatchObject({ data: { node: 'n1' } })
    await here[Symbol.asyncDispose]()
    await failed
    await far[Symbol.asyncDispose]()
    await settled()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('Outgoing', () => {
  test('remembers at most so many receivers, and what is sent to a forgotten one still counts up', async () => {
    const { port } = await world()
    const sequences: number[] = []
    const outgoing = new Outgoing(port, { receiversMax: 2 })
    const ask = (node: string) =>
      outgoing
        .ask(
          { node, epoch: 1, id: 0 },
          { kind: 'stop', body: null },
          { timeoutMs: 1, onSent: (n) => sequences.push(n) },
        )
        .catch(() => {})
    for (const node of ['a', 'a', 'a', 'b', 'c', 'a', 'a']) void ask(node)
    expect(outgoing.receivers).toBe(2)
    expect(sequences.slice(0, 3)).toEqual([1, 2, 3])
    expect(sequences[5]).toBeGreaterThan(3)
    expect(sequences[6]).toBe((sequences[5] as number) + 1)
  })
})
