import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import type { Engine, EngineMessage } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { seededRandom } from '../random.ts'
import { testPort, virtualClock } from '../testing/index.ts'
import type { ChannelStats } from './channel-traffic.ts'
import { openChannels } from './channels.ts'
import { type Priority, priorities } from './priority.ts'

interface Sent {
  readonly from: number
  readonly topic: string
  readonly priority: Priority
  readonly number: number
}

const topics = ['a', 'a.b', 'a.b.c', 'x.b']
const patterns = ['>', 'a.*', 'a.>', '*.b', 'a']

/** A system in which some send and some read, at random; what each subscriber got, and what it counted. */
async function history(seed: number, engine: Engine, clock: ReturnType<typeof virtualClock>) {
  const random = seededRandom(seed)
  const pick = <T>(items: readonly T[]) => items[random.int(items.length)] as T
  const nodes = [0, 1, 2].map((i) => {
    const options = { inboxCapacity: 5 + random.int(40), checkSent: false }
    return openChannels(testPort({ name: `n${i}`, engine, clock }), options)
  })
  const subscribers = nodes.flatMap((node) =>
    Array.from({ length: 1 + random.int(3) }, () => {
      const got: Sent[] = []
      const slow = random.int(3) === 0
      const handle = (sent: Sent) => {
        got.push(sent)
        return slow ? Promise.resolve() : undefined
      }
      const overflow = pick(['drop-oldest', 'drop-newest'] as const)
      return { got, listener: node.on<Sent>(pick(patterns), handle, { capacity: 1 + random.int(20), overflow }) }
    }),
  )
  const numbers = new Map<string, number>()
  for (let i = 0; i < 300; i++) {
    const from = random.int(3)
    const [topic, priority] = [pick(topics), pick(priorities)]
    const number = (numbers.get(`${from} ${topic} ${priority}`) ?? 0) + 1
    numbers.set(`${from} ${topic} ${priority}`, number)
    nodes[from]?.publish<Sent>(topic, { from, topic, priority, number }, { priority })
    if (random.int(40) === 0) await clock.advance(1)
  }
  await clock.advance(10)
  return { nodes, subscribers }
}

/** The two laws, on one history. Throws where one is broken. */
async function checkHistory(seed: number, faulty: (engine: Engine) => Engine = (engine) => engine) {
  const clock = virtualClock()
  await using engine = memoryEngine({ clock })
  const { nodes, subscribers } = await history(seed, faulty(engine), clock)
  for (const { got } of subscribers) {
    const last = new Map<string, number>()
    for (const { from, topic, priority, number } of got) {
      const way = `${from} ${topic} ${priority}`
      assert.ok(number > (last.get(way) ?? 0), `seed ${seed}: ${way}: ${number} after ${last.get(way)}`)
      last.set(way, number)
    }
  }
  for (const node of nodes) {
    assert.ok(Object.values(node.stats()).every((one) => one.waiting === 0))
    await node.close()
  }
  const sum = (count: (one: ChannelStats) => number) =>
    nodes.flatMap((node) => Object.values(node.stats())).reduce((total, one) => total + count(one), 0)
  const got = subscribers.reduce((total, one) => total + one.got.length, 0)
  const dropped = subscribers.reduce((total, one) => total + one.listener.dropped, 0)
  assert.equal(
    sum((one) => one.delivered),
    got,
    `seed ${seed}: handed over`,
  )
  assert.equal(
    sum((one) => one.dropped['subscriber-full']),
    dropped,
    `seed ${seed}: dropped`,
  )
  assert.equal(
    sum((one) => one.published),
    300,
  )
}

describe('channels, on any history', () => {
  test('each subscriber gets at most once and in order, and nothing is lost uncounted', async () => {
    for (let seed = 0; seed < 60; seed++) await checkHistory(seed)
  })

  const withDelivery = (deliver: (message: EngineMessage, on: (message: EngineMessage) => void) => void) => {
    return (engine: Engine): Engine => {
      const subscribe: Engine['subscribe'] = (subject, on, options) =>
        engine.subscribe(subject, (message) => deliver(message, on), options)
      return new Proxy(engine, {
        get: (target, key) => (key === 'subscribe' ? subscribe : Reflect.get(target, key).bind(target)),
      })
    }
  }
  const mutants: Record<string, (engine: Engine) => Engine> = {
    'an engine that delivers twice': withDelivery((message, on) => {
      on(message)
      on(message)
    }),
    'an engine that lets one overtake another': (engine) => {
      let held: EngineMessage | undefined
      return withDelivery((message, on) => {
        const before = held
        held = before === undefined ? message : undefined
        if (before === undefined) return
        on(message)
        on(before)
      })(engine)
    },
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(`the laws notice ${name}`, async () => {
      const run = async () => {
        for (let seed = 0; seed < 20; seed++) await checkHistory(seed, mutant)
      }
      await expect(run()).rejects.toThrow('seed')
    })
  }
})
