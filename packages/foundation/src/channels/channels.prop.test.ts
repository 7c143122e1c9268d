import { describe, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { seededRandom } from '../random.ts'
import { testPort, virtualClock } from '../testing/index.ts'
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

describe('channels, on any history', () => {
  test('each subscriber gets at most once, and in order for each sender, topic and channel', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const clock = virtualClock()
      await using engine = memoryEngine({ clock })
      const { nodes, subscribers } = await history(seed, engine, clock)
      for (const { got } of subscribers) {
        const last = new Map<string, number>()
        for (const { from, topic, priority, number } of got) {
          const way = `${from} ${topic} ${priority}`
          expect(number, `seed ${seed}: ${way}`).toBeGreaterThan(last.get(way) ?? 0)
          last.set(way, number)
        }
      }
      await Promise.all(nodes.map((node) => node.close()))
    }
  })

  test('nothing is lost uncounted: what is received is handed over, dropped or waits', async () => {
    for (let seed = 100; seed < 140; seed++) {
      const clock = virtualClock()
      await using engine = memoryEngine({ clock })
      const { nodes, subscribers } = await history(seed, engine, clock)
      for (const node of nodes) {
        const stats = Object.values(node.stats())
        expect(stats.every((one) => one.waiting === 0)).toBe(true)
        await node.close()
      }
      const sum = (count: (one: ReturnType<(typeof nodes)[number]['stats']>[Priority]) => number) =>
        nodes.flatMap((node) => Object.values(node.stats())).reduce((total, one) => total + count(one), 0)
      const got = subscribers.reduce((total, one) => total + one.got.length, 0)
      expect(
        sum((one) => one.delivered),
        `seed ${seed}`,
      ).toBe(got)
      const dropped = subscribers.reduce((total, one) => total + one.listener.dropped, 0)
      expect(sum((one) => one.dropped['subscriber-full'])).toBe(dropped)
      expect(sum((one) => one.published)).toBe(300)
    }
  })
})
