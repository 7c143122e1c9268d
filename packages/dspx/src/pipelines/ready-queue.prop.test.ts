import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { dropped, ReadyQueue } from './ready-queue.ts'

type Queue = Pick<ReadyQueue<number>, 'settle' | 'take'>

/** Settles numbers in a random order, takes what is ready now and then, and says what is wrong with it. */
function faultOf(open: (ordered: boolean) => Queue, seed: number): string | undefined {
  const random = seededRandom(seed)
  const ordered = random.next() < 0.5
  const queue = open(ordered)
  const count = random.int(20)
  const settling = Array.from({ length: count }, (_, i) => i).toSorted(() => random.next() - 0.5)
  const drops = new Set(settling.filter(() => random.next() < 0.3))
  const taken: number[] = []
  let ready = 0
  let gone = 0
  const take = (most: number) => {
    for (let i = 0; i < most && ready > 0; i++, ready--) taken.push(queue.take())
  }
  for (const index of settling) {
    const told = queue.settle(index, drops.has(index) ? dropped : index)
    ready += told.ready
    gone += told.gone
    take(random.int(3))
  }
  take(count)
  const kept = settling.filter((index) => !drops.has(index))
  const expected = ordered ? kept.toSorted((a, b) => a - b) : kept
  if (taken.join() !== expected.join()) return `${taken} in the place of ${expected}`
  return gone === drops.size ? undefined : 'what was dropped is not told'
}

const found = (open: (ordered: boolean) => Queue) => {
  for (let seed = 0; seed < 200; seed++) {
    const fault = faultOf(open, seed)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** A queue whose `settle` is another. */
function altered(
  ordered: boolean,
  settle: (queue: Queue, ...args: Parameters<Queue['settle']>) => ReturnType<Queue['settle']>,
) {
  const queue = new ReadyQueue<number>(ordered)
  return { settle: (...args: Parameters<Queue['settle']>) => settle(queue, ...args), take: () => queue.take() }
}

describe('ReadyQueue', () => {
  test('gives each outcome once, in order or as they came, and tells of what was dropped', () => {
    expect(found((ordered) => new ReadyQueue<number>(ordered))).toBeUndefined()
  })

  const planted: { readonly [bug: string]: (ordered: boolean) => Queue } = {
    'the order is not kept': () => new ReadyQueue<number>(false),
    'the order is always kept': () => new ReadyQueue<number>(true),
    'those behind a dropped one wait for ever': (ordered) =>
      altered(ordered, (queue, index, outcome) =>
        outcome === dropped ? { ready: 0, gone: 1 } : queue.settle(index, outcome),
      ),
    'at most one is told of': (ordered) =>
      altered(ordered, (queue, index, outcome) => {
        const { ready, gone } = queue.settle(index, outcome)
        return { ready: Math.min(1, ready), gone }
      }),
    'dropped ones are not told of': (ordered) =>
      altered(ordered, (queue, index, outcome) => ({ ...queue.settle(index, outcome), gone: 0 })),
  }
  test.each(Object.entries(planted))('a planted bug is found: %s', (_, open) => {
    expect(found(open)).toBeTypeOf('string')
  })
})
