/** Nodes that sign, those that do not, and operators, on one engine. */

import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { hasCode, isMabeamError } from '../errors.ts'
import { type Node, startNode } from '../node/node.ts'
import { openCluster } from '../operations/cluster.ts'
import { Counter } from '../testing/counter.ts'
import { collectTelemetry, virtualClock } from '../testing/index.ts'
import { secretDifference } from './system-check.ts'

const [one, two] = ['hunter2-'.repeat(5), 'swordfish-'.repeat(5)]

/** A clock of its own, and what is told on all nodes. */
function world() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const start = async (name: string, secret?: string | readonly string[], aheadMs = 0): Promise<Node> => {
    const own = { ...clock, nowMs: () => clock.nowMs() + aheadMs }
    const security = secret === undefined ? {} : { security: { secret } }
    const options = { engine, clock: own, name, system: 'test', telemetry, definitions: [Counter], ...security }
    return await after(startNode(options), 2_000)
  }
  const operator = (secret?: string) => {
    const security = secret === undefined ? {} : { security: { secret } }
    return openCluster({ engine, clock, system: 'test', telemetry, ...security })
  }
  async function after<T>(work: Promise<T>, ms = 5_000): Promise<T> {
    work.catch(() => {})
    await clock.advance(ms)
    return await work
  }
  return { clock, engine, telemetry, start, operator, after }
}

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (thrown) => (isMabeamError(thrown) ? `${thrown.code} ${thrown.message}` : String(thrown)),
  )

describe('nodes with one secret', () => {
  test('know each other, call each other and move actors, signed all the way', async () => {
    const { start, after, telemetry } = world()
    const [a, b] = [await start('a', one), await start('b', one)]
    expect((await a.membership()).members().map(({ name }) => name)).toEqual(['a', 'b'])
    const counter = await after(a.spawn(Counter, undefined, { name: 'visits', scope: 'system' }))
    expect(await after(b.lookup(Counter, 'visits').call('add', 2))).toBe(2)
    await after(a.move(counter, { to: 'b' }))
    expect(await after(a.lookup(Counter, 'visits').call('add', 1))).toBe(3)
    expect(await after(b.holderOf('visits'))).toBe('b')
    await after(Promise.all([a.close(), b.close()]))
    expect(telemetry.named('foundation.message-refused')).toEqual([])
  })

  test('say nothing that another reads: what is on the engine is nothing to who has no secret', async () => {
    const { start, after, engine, telemetry } = world()
    const a = await start('a', one)
    await after(a.spawn(Counter, undefined, { name: 'visits', scope: 'system' }))
    for (const subject of ['test.node.a', 'test.operations.node.a', 'test.member.hello', 'test.member.inbox.a']) {
      engine.publish(subject, new TextEncoder().encode('open sesame'))
    }
    await after(Promise.resolve(), 100)
    const told = telemetry.named('foundation.message-refused').map(({ metadata }) => metadata.reason)
    expect(new Set(told)).toEqual(new Set(['unsigned']))
  })
})

describe('a node that would not be understood', () => {
  test('is refused at its start with one sentence: without a secret, with another, before those without', async () => {
    const signed = world()
    await signed.start('a', one)
    expect(await refusal(signed.start('b'))).toBe(
      'foundation/secret-differs system test: node a signs its messages, and this one was given no secret; give all nodes the same security.secret (MABEAM_SECRET), or start again when it is gone, 20 seconds after its end',
    )
    expect(await refusal(signed.start('c', two))).toMatch(
      /^foundation\/secret-differs .* node a signs with a secret that this one does not have, or does not have that of this one; /,
    )
    const plain = world()
    await plain.start('a')
    expect(await refusal(plain.start('b', one))).toMatch(/ node a does not sign its messages, and this one was given/)
    // Nobody noticed anything of those that were refused.
    expect(signed.telemetry.named('foundation.node-joined')).toHaveLength(1)
    expect(signed.telemetry.named('foundation.member-changed')).toEqual([])
  })

  test('may start once the others are gone', async () => {
    const { start, after, clock } = world()
    const a = await start('a', one)
    expect(await refusal(start('b'))).toContain('foundation/secret-differs')
    await after(a.close())
    await clock.advance(1_000)
    expect((await start('b')).name).toBe('b')
  })

  test('is told that clocks differ, where they do by more than those of nodes that sign may', async () => {
    const { start } = world()
    await start('a', one)
    expect(await refusal(start('ahead', one, 3_600_000))).toMatch(
      /^foundation\/clock-differs the clock here is 3600 s ahead of that of node a, .*NTP/,
    )
    expect(await refusal(start('behind', one, -3_600_000))).toContain('the clock here is 3600 s behind that of node a')
    expect((await start('near', one, 5_000)).name).toBe('near')
  })

  test('is none where each knows by what the other signs', () => {
    expect(secretDifference(undefined, undefined)).toBeUndefined()
    expect(secretDifference([1], [1])).toBeUndefined()
    expect(secretDifference([1], [1, 2])).toBeUndefined()
    expect(secretDifference([1, 2], [2, 1])).toBeUndefined()
    expect(secretDifference([2, 1], [1])).toBe('different')
    expect(secretDifference([1], [2, 1])).toBe('different')
    expect(secretDifference([1], [2])).toBe('different')
    expect(secretDifference([], [])).toBe('different')
    expect(secretDifference([1], undefined)).toBe('theirs-missing')
    expect(secretDifference(undefined, [1])).toBe('ours-missing')
  })
})

describe('operators', () => {
  test('without the secret can ask for nothing, are told so at once, and see that the node is there', async () => {
    const { start, operator, after, telemetry } = world()
    const a = await start('a', one)
    await using cluster = await operator()
    const asks: readonly (() => Promise<unknown>)[] = [
      () => cluster.drain('a'),
      () => cluster.leave('a'),
      () => cluster.undrain('a'),
    ]
    for (const ask of asks) {
      expect(await refusal(after(ask(), 10))).toMatch(
        /^foundation\/operation-refused \w+ of node a: it takes operations only from those who have the secret of its system: it is not signed, .*--secret-file, MABEAM_SECRET/,
      )
    }
    const { nodes } = await after(cluster.status())
    expect(nodes).toMatchObject([{ name: 'a', presence: 'failed', status: null }])
    expect(nodes[0]?.failure).toContain('--secret-file')
    expect(a.phase).toBe('serving')
    expect(telemetry.named('foundation.operation-asked')).toEqual([])
  })

  test('with another secret neither, and are told that it is another', async () => {
    const { start, operator, after } = world()
    const a = await start('a', one)
    await using cluster = await operator(two)
    const asked = await after(cluster.drain('a'), 10).catch((thrown: unknown) => thrown)
    expect(hasCode(asked, 'foundation/operation-refused') && asked.data).toEqual({
      operation: 'drain',
      node: 'a',
      reason: 'unknown-secret',
    })
    expect(a.phase).toBe('serving')
  })

  test('with it are answered; and with one where nodes have none, they are told that', async () => {
    const { start, operator, after } = world()
    const a = await start('a', one)
    await using cluster = await operator(one)
    expect((await after(cluster.status())).nodes).toMatchObject([{ name: 'a', presence: 'here' }])
    expect((await after(cluster.drain('a'))).done).toBe(true)
    expect(a.phase).toBe('drained')
    await after(cluster.leave('a'))

    const plain = world()
    await plain.start('a')
    await using signing = await plain.operator(one)
    expect(await refusal(plain.after(signing.drain('a'), 10))).toMatch(/foundation\/operation-refused .* not signed/)
  })

  test('can not say again what another one has said', async () => {
    const { start, operator, after, engine, clock } = world()
    const a = await start('a', one)
    const said: Uint8Array[] = []
    await engine.subscribe('test.operations.node.a', ({ body }) => void said.push(body.slice()))
    await using cluster = await operator(one)
    await after(cluster.drain('a'))
    await after(cluster.undrain('a'))
    expect(a.phase).toBe('serving')
    for (const one of said) engine.request('test.operations.node.a', one, { timeoutMs: 50 }).catch(() => {})
    await clock.advance(1_000)
    expect(a.phase).toBe('serving')
  })
})

describe('a secret', () => {
  test('is replaced under load, node by node, and no call is lost', async () => {
    const { start, after, clock, telemetry } = world()
    const lists = [[one], [one, two], [two, one], [two]]
    const names = ['a', 'b', 'c']
    const nodes = new Map<string, Node>()
    for (const name of names) nodes.set(name, await start(name, lists[0]))
    await after((nodes.get('a') as Node).spawn(Counter, undefined, { name: 'visits', scope: 'system' }))
    let asked = 0
    const answers: Promise<number>[] = []
    const callAll = () => {
      for (const node of nodes.values()) {
        if (node.phase !== 'serving') continue
        asked++
        answers.push(node.lookup(Counter, 'visits').call('add', 1))
      }
    }
    for (const list of lists.slice(1)) {
      for (const name of names) {
        const old = nodes.get(name) as Node
        nodes.delete(name)
        const leaving = old.leave({ timeoutMs: 5_000 })
        for (let i = 0; i < 40; i++) {
          callAll()
          await clock.advance(50)
        }
        expect(await leaving).toMatchObject({ done: true, names: [] })
        nodes.set(name, await start(name, list))
        callAll()
      }
    }
    await clock.advance(30_000)
    const got = await Promise.allSettled(answers)
    expect(got.filter(({ status }) => status === 'rejected')).toEqual([])
    // Each was done once.
    const sums = got.map((one) => (one.status === 'fulfilled' ? one.value : 0)).sort((x, y) => x - y)
    expect(sums).toEqual(Array.from({ length: asked }, (_, i) => i + 1))
    expect(asked).toBeGreaterThan(500)
    expect(telemetry.named('foundation.message-refused')).toEqual([])
  })

  test('stands in no event and no error', async () => {
    const { start, operator, after, telemetry, engine } = world()
    const node = await start('a', [one, two])
    await using cluster = await operator(one)
    const seen = [await after(cluster.status()), await after(node.status())]
    const failures = [
      await refusal(start('b')),
      await refusal(start('a', 'short')),
      await refusal(start('c', [one, ' '])),
    ]
    engine.publish('test.node.a', new Uint8Array(5))
    await after(node.close())
    const text = JSON.stringify([telemetry.events, seen, failures])
    expect(text).not.toMatch(/hunter2|swordfish/)
    expect(failures[1]).toBe(
      'foundation/invalid-option startNode: security.secret: expected a secret of at least 32 characters, env:NAME or file:PATH, or up to 8 of these, got "something that is not shown"',
    )
  })
})
