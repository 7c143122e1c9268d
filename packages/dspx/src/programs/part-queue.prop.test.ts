import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { PartQueue } from './part-queue.ts'

type Queue = Pick<PartQueue<number>, 'put' | 'end' | 'fail' | 'close' | 'take'>
type MakeQueue = (capacity: number) => Queue

const turns = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

/** What must hold of any queue under writers and readers that take turns as they like; the law that does not. */
async function broken(make: MakeQueue): Promise<string | undefined> {
  for (let seed = 1; seed <= 150; seed++) {
    const random = seededRandom(seed)
    const capacity = 1 + random.int(4)
    const queue = make(capacity)
    const count = random.int(30)
    const taken: unknown[] = []
    let written = 0
    let isEnded = false
    const write = async () => {
      for (let i = 0; i < count; i++) {
        await queue.put(i)
        written = i + 1
        if (random.int(3) === 0) await turns()
      }
      if (seed % 3 === 0) queue.fail(new Error('failed'))
      else queue.end(-1)
      isEnded = true
    }
    const writing = write()
    for (let reads = 0; reads < count + 2; reads++) {
      if (random.int(2) === 0) await turns()
      if (written > taken.length + capacity + 1) return 'writers wait while it is full'
      const atOnce = random.int(3) === 0 ? 2 : 1
      const results = await Promise.all(
        Array.from({ length: atOnce }, () =>
          queue.take().then(
            ({ done, value }) => (done ? 'done' : value),
            (thrown: Error) => thrown.message,
          ),
        ),
      )
      taken.push(...results)
      if (results.includes('done')) break
    }
    await turns()
    if (!isEnded) return 'writers go on where there is room'
    await writing
    const values = taken.filter((one) => typeof one === 'number' && one >= 0)
    if (values.length !== count) return 'every part comes'
    if (values.some((one, i) => one !== i)) return 'parts come in their order, each once'
    const end = taken.slice(count)
    const last = seed % 3 === 0 ? 'failed' : -1
    if (end[0] !== last || end[1] !== 'done') return 'the end comes last, once'
  }
  return await brokenAtClose(make)
}

async function brokenAtClose(make: MakeQueue): Promise<string | undefined> {
  const queue = make(1)
  queue.put(1)
  let isWaiting = true
  const writing = Promise.resolve(queue.put(2)).then(() => {
    isWaiting = false
  })
  await turns()
  if (!isWaiting) return 'writers wait while it is full'
  queue.close()
  await turns()
  if (isWaiting) return 'closing lets writers go'
  await writing
  if ((await queue.take()).done !== true) return 'closing forgets what was there'
  const other = make(1)
  let ended: boolean | undefined
  other.take().then(({ done }) => {
    ended = done
  })
  await turns()
  other.close()
  await turns()
  return ended === true ? undefined : 'closing lets readers go'
}

class Changed extends PartQueue<number> {}

describe('PartQueue', () => {
  test('keeps its laws', async () => {
    expect(await broken((capacity) => new PartQueue(capacity))).toBeUndefined()
  })

  test('writers that wait go on in the order in which they came, before any that comes later', async () => {
    const queue = new PartQueue<number>(1)
    const wentOn: number[] = []
    const put = (part: number) => Promise.resolve(queue.put(part)).then(() => wentOn.push(part))
    for (const part of [1, 2, 3]) put(part)
    await turns()
    expect(wentOn).toEqual([1])
    const first = queue.take()
    put(4)
    await turns()
    expect(wentOn).toEqual([1, 2])
    const taken = [await first, await queue.take(), await queue.take(), await queue.take()]
    expect(taken.map(({ value }) => value)).toEqual([1, 2, 3, 4])
    expect(wentOn).toEqual([1, 2, 3, 4])
  })

  test.each<[string, MakeQueue]>([
    ['writers wait while it is full', () => new PartQueue(1_000)],
    [
      'parts come in their order, each once',
      (capacity) => {
        const inner = new PartQueue<number>(capacity)
        return Object.assign(new Changed(capacity), {
          put: (part: number) => inner.put(part === 3 ? 2 : part),
          end: (part: number) => inner.end(part),
          fail: (thrown: unknown) => inner.fail(thrown),
          close: () => inner.close(),
          take: () => inner.take(),
        })
      },
    ],
    [
      'every part comes',
      (capacity) => {
        const inner = new PartQueue<number>(capacity)
        return {
          put: (part) => (part === 4 ? undefined : inner.put(part)),
          end: (part) => inner.end(part),
          fail: (thrown) => inner.fail(thrown),
          close: () => inner.close(),
          take: () => inner.take(),
        }
      },
    ],
    [
      'the end comes last, once',
      (capacity) =>
        Object.assign(new Changed(capacity), {
          fail(this: Changed) {
            this.end(-1)
          },
        }),
    ],
    ['closing lets writers go', (capacity) => Object.assign(new Changed(capacity), { close: () => {} })],
  ])('a planted bug breaks the law: %s', async (law, make) => {
    expect(await broken(make)).toBe(law)
  })
})
