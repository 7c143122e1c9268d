import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { BoundedQueue, type ChannelOverflow } from './bounded-queue.ts'

interface Held {
  readonly item: number
  readonly bytes: number
}

const bytesOf = (held: readonly Held[]) => held.reduce((sum, one) => sum + one.bytes, 0)

describe('BoundedQueue', () => {
  for (const overflow of ['drop-oldest', 'drop-newest'] as const satisfies readonly ChannelOverflow[]) {
    test(`with ${overflow} it does what a plain list does, and counts every message once`, () => {
      for (let seed = 0; seed < 100; seed++) {
        const random = seededRandom(seed)
        const capacity = 1 + random.int(seed < 50 ? 8 : 3_000)
        const bytesMax = 20 + random.int(200_000)
        const queue = new BoundedQueue<number>({ capacity, bytesMax, overflow })
        const model: Held[] = []
        const fits = (bytes: number) => model.length < capacity && bytesOf(model) + bytes <= bytesMax
        for (let item = 0; item < 400; item++) {
          if (random.int(3) === 0) {
            expect(queue.take()).toBe(model.shift()?.item)
            continue
          }
          const bytes = random.int(30)
          let dropped = 0
          if (bytes > bytesMax || (overflow === 'drop-newest' && !fits(bytes))) dropped = 1
          else {
            for (; !fits(bytes); dropped++) model.shift()
            model.push({ item, bytes })
          }
          expect(queue.offer(item, bytes)).toBe(dropped)
          expect(queue.size).toBe(model.length)
        }
      }
    })
  }

  test('holds as many as its capacity and not one more', () => {
    const queue = new BoundedQueue<string>({ capacity: 2, bytesMax: 100, overflow: 'drop-newest' })
    expect([queue.offer('a', 1), queue.offer('b', 1), queue.offer('c', 1)]).toEqual([0, 0, 1])
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined])
  })

  test('holds as many bytes as its limit and not one more', () => {
    const queue = new BoundedQueue<string>({ capacity: 9, bytesMax: 10, overflow: 'drop-newest' })
    expect([queue.offer('a', 10), queue.offer('b', 1)]).toEqual([0, 1])
    queue.take()
    expect(queue.offer('c', 11)).toBe(1)
  })

  test('makes room for a large one by forgetting several old ones', () => {
    const queue = new BoundedQueue<string>({ capacity: 9, bytesMax: 10, overflow: 'drop-oldest' })
    for (const item of ['a', 'b', 'c']) queue.offer(item, 3)
    expect(queue.offer('d', 6)).toBe(2)
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['c', 'd', undefined])
  })

  test('gives the room of thousands back', () => {
    const queue = new BoundedQueue<number>({ capacity: 10_000, bytesMax: 1e9, overflow: 'drop-newest' })
    let next = 0
    for (let item = 0; item < 50_000; item++) {
      queue.offer(item, 1)
      if (item >= 2_000) expect(queue.take()).toBe(next++)
    }
    expect(queue.size).toBe(2_000)
  })
})
