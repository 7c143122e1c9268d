/** Messages that are too long, of nobody's making, or far too many: what becomes of them is counted, and nobody else is hurt. */

import { nats } from '@mabeam/engine-nats'
import { delay, type Engine, local, type Random, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { call, sumOf, type Troubled, TroubledNodes } from './troubled-nodes.ts'

const seed = Number(process.env.MABEAM_FAULT_SEED ?? 11)
const tooMuch = 'foundation/payload-too-large'

/** Somebody who is no node, and may send what no node would. */
async function stranger({ engine, where }: TroubledNodes): Promise<Engine> {
  const [clock, random] = [systemClock, seededRandom(seed)]
  const port = { system: 'mabeam', name: 'stranger', clock, random, telemetry: silentTelemetry }
  return engine === 'nats'
    ? await nats({ servers: where, durability: 'relaxed', service: false })(port)
    : await local({ directory: where[0] as string })(port)
}

/** None of them lost a connection, thought another dead, or had what it held taken. A doubt that was cleared up is none. */
async function expectCalm(nodes: readonly Troubled[]): Promise<void> {
  const bad = /changed down|session-(evicted|lost)|connection-lost|hub-lost|node-replaced|crashed/
  for (const one of nodes) {
    const counts = await one.ask('counts', undefined)
    expect([one.name, Object.keys(counts).filter((name) => bad.test(name))]).toEqual([one.name, []])
  }
}

/** One that fails while others are flooded, or hear nonsense, is a failure of the test. */
async function callsMeanwhile(from: Troubled, actor: string, isOver: () => boolean): Promise<number> {
  let count = 0
  for (; !isOver(); count++) {
    const { code } = await call(from, { actor })
    if (code !== undefined) throw new Error(`a call that has nothing to do with it: ${code}`)
  }
  return count
}

async function whileOthersWork<T>(from: Troubled, actor: string, run: () => Promise<T>): Promise<T> {
  let isOver = false
  const others = callsMeanwhile(from, actor, () => isOver)
  try {
    return await run()
  } finally {
    isOver = true
    expect(await others).toBeGreaterThan(0)
  }
}

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  test('a message of 10 MB is refused where it is sent, and a reply where it was asked for', async () => {
    await using nodes = await TroubledNodes.open(engine)
    const [a, b] = (await nodes.start(['a', 'b'])) as [Troubled, Troubled]
    await b.ask('spawn', 'target')
    expect(await call(a, { actor: 'target' })).toMatchObject({ value: 1 })
    for (const bytes of [10_000_000, 1_048_570]) {
      const refused = { taken: 0, refused: { [tooMuch]: 1 } }
      expect(await a.ask('cast', { actor: 'target', count: 1, bytes })).toEqual(refused)
      expect(await a.ask('publish', { topic: 'large', count: 1, bytes })).toEqual(refused)
      expect(await call(a, { actor: 'target', call: 'large', input: bytes })).toMatchObject({ code: tooMuch })
    }
    expect(await call(a, { actor: 'target', call: 'large', input: 1_000_000 })).toMatchObject({ value: 1_000_000 })
    expect(await call(a, { actor: 'target' })).toMatchObject({ value: 2 })
    await expectCalm([a, b])
  })

  test(`garbage, cut and unknown frames on all subjects of a node are counted, and it goes on (seed ${seed})`, async () => {
    await using nodes = await TroubledNodes.open(engine)
    const [a, b] = (await nodes.start(['a', 'b'])) as [Troubled, Troubled]
    await b.ask('spawn', 'target')
    await b.ask('hear', 'news.>')
    await b.ask('place', 'keeper')
    await using someone = await stranger(nodes)
    const heard: { readonly subject: string; readonly body: Uint8Array }[] = []
    const hearing = await someone.subscribe('mabeam.>', ({ subject, body }) => {
      if (heard.length < 2_000) heard.push({ subject, body: new Uint8Array(body) })
    })
    for (let i = 0; i < 20; i++) {
      expect((await call(a, { actor: 'target' })).code).toBeUndefined()
      await a.ask('publish', { topic: 'news.a', count: 1, bytes: 10 })
    }
    await until(() => new Set(heard.map(({ subject }) => subject.split('.')[1])).size >= 4)
    await hearing[Symbol.asyncDispose]()
    const bad = badFrames(heard, seededRandom(seed))
    await whileOthersWork(a, 'target', async () => {
      for (const { subject, body } of bad) {
        someone.publish(subject, body)
        await delay(systemClock, 0)
      }
    })
    const toNode = bad.filter(({ subject }) => subject === 'mabeam.node.b').length
    expect(toNode).toBeGreaterThan(10)
    // Frames that were cut are unreadable, or come twice.
    await until(async () => (await sumOf(b, 'message-dropped')) === toNode)
    const frame = heard.find(({ subject }) => subject === 'mabeam.node.b')?.body ?? new Uint8Array(0)
    const answer = await someone.request('mabeam.node.b', withVersion(frame, 9), { timeoutMs: 5_000 })
    expect(new TextDecoder().decode(answer)).toContain('expected envelope version 1, got 9')
    expect((await call(a, { actor: 'target' })).code).toBeUndefined()
    expect(await sumOf(b, 'channel-message-dropped unreadable')).toBeGreaterThan(0)
    await nodes.meet()
    await expectCalm([a, b])
  })

  test('of 100,000 casts to one small mailbox each is summed up or counted as dropped, and others do not notice', async () => {
    await using nodes = await TroubledNodes.open(engine)
    const [a, b, c] = (await nodes.start(['a', 'b', 'c'])) as [Troubled, Troubled, Troubled]
    await b.ask('spawn', 'target')
    await c.ask('spawn', 'neighbour')
    for (const actor of ['target', 'neighbour']) await call(a, { actor, input: 0 })
    const casts = 100_000
    await whileOthersWork(b, 'neighbour', async () => {
      const sent = await a.ask('cast', { actor: 'target', count: casts, bytes: 0 }, { timeoutMs: 60_000 })
      expect(sent).toEqual({ taken: casts, refused: {} })
      // It is asked around its mailbox, which has no room for questions.
      await until(async () => (await b.ask('noted', undefined)) + (await dropsAt(b)) >= casts)
    })
    const noted = await b.ask('noted', undefined)
    expect(noted + (await dropsAt(b))).toBe(casts)
    expect((await call(a, { actor: 'target' })).value).toBe(noted + 1)
    await expectCalm([a, b, c])
  })

  // The hub of engine local is one thread beside the nodes on two cores: a million would take it as long as all else here.
  const count = engine === 'nats' ? 1_000_000 : 300_000
  test(`of ${count} messages published as fast as it goes each is handled, or counted as dropped or refused`, async () => {
    await using nodes = await TroubledNodes.open(engine)
    const [a, b, c] = (await nodes.start(['a', 'b', 'c'])) as [Troubled, Troubled, Troubled]
    await c.ask('spawn', 'neighbour')
    await b.ask('hear', 'news.>')
    await call(b, { actor: 'neighbour' })
    const sent = await whileOthersWork(c, 'neighbour', async () => {
      const sent = await a.ask('publish', { topic: 'news.flood', count, bytes: 16 }, { timeoutMs: 60_000 })
      await until(async () => (await b.ask('heard', undefined)).came >= sent.taken)
      return sent
    })
    const refused = sent.refused['foundation/engine-unavailable'] ?? 0
    expect(sent.taken + refused).toBe(count)
    await until(async () => (await b.ask('heard', undefined)).waiting === 0)
    const { came, handled, dropped } = await b.ask('heard', undefined)
    expect([came, handled + dropped]).toEqual([sent.taken, sent.taken])
    process.stdout.write(`${engine}: ${handled} handled, ${dropped} dropped, ${refused} refused\n`)
    await expectCalm([a, b, c])
    await a.ask('publish', { topic: 'news.after', count: 1, bytes: 1 })
    await until(async () => (await b.ask('heard', undefined)).handled > handled)
  })
})

/** What is known there not to have come to an actor. */
async function dropsAt(one: Troubled): Promise<number> {
  return (await sumOf(one, 'message-dropped')) + (await sumOf(one, 'engine-nats.message-dropped'))
}

function withVersion(frame: Uint8Array, version: number): Uint8Array {
  const other = new Uint8Array(frame)
  other[0] = version
  return other
}

/** For each kind of subject that was heard: nothing, noise, and what was heard there, cut or of another version. */
function badFrames(heard: readonly { readonly subject: string; readonly body: Uint8Array }[], random: Random) {
  const byKind = Map.groupBy(heard, ({ subject }) => subject)
  return [...byKind].flatMap(([subject, all]) => {
    const noise = Array.from({ length: 10 }, () =>
      Uint8Array.from({ length: random.int(200) }, () => 128 + random.int(128)),
    )
    const some = all.slice(0, 10)
    const cut = some.map(({ body }) => body.subarray(0, random.int(Math.max(1, body.length))))
    const other = some.map(({ body }) => withVersion(body, 200 + random.int(50)))
    return [new Uint8Array(0), ...noise, ...cut, ...other].map((body) => ({ subject, body }))
  })
}
