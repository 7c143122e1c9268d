/** Each limit of the memory engine, at it and one past it, and what it reports and leaves behind. */

import { describe, expect, test } from 'vitest'
import { collectTelemetry, settled, virtualClock } from '../../testing/index.ts'
import type { StateChange } from '../keyed-state.ts'
import { type MemoryEngineOptions, memoryEngine } from './memory.ts'

const bytes = (length: number) => new Uint8Array(length)
const code = (suffix: string) => expect.objectContaining({ code: `foundation/${suffix}` })
const limit = (name: string) =>
  expect.objectContaining({ code: 'foundation/limit-reached', data: expect.objectContaining({ limit: name }) })
const now = { waitMs: 0 }

function open(options: MemoryEngineOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  return { clock, telemetry, engine: memoryEngine({ clock, telemetry, ...options }) }
}

describe('keyed state in memory', () => {
  test('a value at the limit of bytes is kept, a longer one is refused', async () => {
    await using engine = open({ bytesMax: 4 }).engine
    const state = await engine.state('s')
    const revision = await state.create('a', bytes(4))
    for (const attempt of [
      state.put('a', bytes(5)),
      state.create('b', bytes(5)),
      state.update('a', bytes(5), revision),
    ]) {
      await expect(attempt).rejects.toEqual(code('payload-too-large'))
    }
    expect((await state.get('a'))?.revision).toBe(revision)
  })

  test('there is room for keysMax keys; one of them can still be written', async () => {
    await using engine = open({ keysMax: 2 }).engine
    const state = await engine.state('s')
    await state.put('a', bytes(0))
    await state.put('b', bytes(0))
    await expect(state.put('c', bytes(0))).rejects.toEqual(limit('keysMax'))
    await expect(state.create('c', bytes(0))).rejects.toEqual(limit('keysMax'))
    await state.put('a', bytes(1))
    await state.delete('b')
    await state.create('c', bytes(0))
  })

  test('there is room for watchesMax watches', async () => {
    await using engine = open({ watchesMax: 1 }).engine
    const state = await engine.state('s')
    const one = await state.watch('>', () => {})
    await expect(state.watch('>', () => {})).rejects.toEqual(limit('watchesMax'))
    await one[Symbol.asyncDispose]()
    await state.watch('>', () => {})
  })

  test('a watch that falls behind by more keys than watchBacklogMax is lost, one at it is not', async () => {
    const { engine, telemetry } = open({ watchBacklogMax: 3 })
    const state = await engine.state('s')
    const told: string[] = []
    const watch = async (got: string[]) => await state.watch('>', ({ key }) => void got.push(key))
    const watching = await watch(told)
    await Promise.all(['a', 'b', 'c', 'a'].map((key) => state.put(key, bytes(0))))
    await settled()
    expect(told).toEqual(['b', 'c', 'a'])
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => state.put(key, bytes(0))))
    expect(await watching.lost).toEqual(limit('watchBacklogMax'))
    await settled()
    expect(told).toHaveLength(3)
    expect(telemetry.named('foundation.watch-lost')).toHaveLength(1)
    const anew: string[] = []
    await watch(anew)
    expect(anew).toEqual(['a', 'b', 'c', 'd'])
    await engine.close()
  })

  test('a key is told of once with its newest change when several are waiting', async () => {
    await using engine = open().engine
    const state = await engine.state('s')
    const told: StateChange[] = []
    await state.watch('>', (change) => void told.push(change))
    const revisions = await Promise.all([1, 2, 3].map((length) => state.put('a', bytes(length))))
    await settled()
    expect(told).toEqual([{ type: 'put', key: 'a', value: bytes(3), revision: revisions[2] }])
  })

  test('a watcher that throws is reported', async () => {
    const { engine, telemetry } = open()
    const state = await engine.state('s')
    await state.watch('>', () => {
      throw new Error('a bug')
    })
    await state.put('a', bytes(0))
    await settled()
    expect(telemetry.named('foundation.watcher-failed')[0]?.metadata).toEqual({
      engine: 'memory',
      state: 's',
      message: 'a bug',
    })
    await engine.close()
  })

  test('one timer stands for the end of all entries, and none for entries that stay', async () => {
    const { engine, clock } = open()
    const [short, lasting] = [await engine.state('short', { expiryMs: 1_000 }), await engine.state('lasting')]
    for (let i = 0; i < 50; i++) {
      await short.put(`k${i}`, bytes(0))
      await lasting.put(`k${i}`, bytes(0))
      await clock.advance(10)
    }
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(900)
    expect(await short.get('k40')).toBeUndefined()
    expect(await short.get('k41')).toBeDefined()
    await clock.advance(100)
    expect(clock.pendingTimers).toBe(0)
    await short.put('a', bytes(0))
    await engine.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('durable queues in memory', () => {
  test('a body at the limit of bytes is kept, a longer one is refused', async () => {
    await using engine = open({ bytesMax: 4 }).engine
    const queue = await engine.queue('q')
    await queue.push(bytes(4))
    await expect(queue.push(bytes(5))).rejects.toEqual(code('payload-too-large'))
  })

  test('there is room for pullsMax pulls that wait', async () => {
    const { engine, clock } = open({ pullsMax: 1 })
    const queue = await engine.queue('q')
    const waiting = queue.pull(1)
    await expect(queue.pull(1)).rejects.toEqual(limit('pullsMax'))
    expect(await queue.pull(1, now)).toEqual([])
    await queue.push(bytes(0))
    expect(await waiting).toHaveLength(1)
    const next = queue.pull(1)
    await clock.advance(5_000)
    expect(await next).toEqual([])
    await engine.close()
  })

  test('idsMax ids are remembered; a new one is refused until the oldest may be forgotten', async () => {
    const { engine, clock } = open({ idsMax: 2 })
    const queue = await engine.queue('q', { dedupeMs: 1_000 })
    for (const id of ['a', 'b', 'a']) await queue.push(bytes(0), { id })
    await expect(queue.push(bytes(0), { id: 'c' })).rejects.toEqual(limit('idsMax'))
    await queue.push(bytes(0))
    await clock.advance(1_000)
    await queue.push(bytes(0), { id: 'c' })
    expect((await queue.stats()).waiting).toBe(4)
    await engine.close()
  })

  test('deadLettersMax dead letters are kept; for one more the oldest is forgotten, and that is reported', async () => {
    const { engine, telemetry } = open({ deadLettersMax: 2 })
    const queue = await engine.queue('q')
    const bury = async (id: string) => {
      await queue.push(bytes(0), { id })
      await (await queue.pull(1, now))[0]?.reject(`no ${id}`)
    }
    await bury('a')
    await bury('b')
    expect(telemetry.named('foundation.dead-letter-dropped')).toEqual([])
    await bury('c')
    expect((await queue.deadLetters(5)).map((one) => one.id)).toEqual(['b', 'c'])
    expect(telemetry.named('foundation.dead-letter-dropped')[0]).toMatchObject({
      measurements: { attempts: 1 },
      metadata: { engine: 'memory', queue: 'q', id: 'a', message: 'no a' },
    })
    expect(telemetry.named('foundation.message-dead').map(({ metadata }) => metadata.message)).toEqual([
      'no a',
      'no b',
      'no c',
    ])
    await engine.close()
  })

  test('of a reason 1,024 characters are kept', async () => {
    await using engine = open().engine
    const queue = await engine.queue('q', { deliveriesMax: 1 })
    for (const length of [1_024, 1_025]) {
      await queue.push(bytes(0))
      await (await queue.pull(1, now))[0]?.reject('x'.repeat(length))
      await queue.push(bytes(0))
      await (await queue.pull(1, now))[0]?.retry({ reason: 'x'.repeat(length) })
    }
    expect((await queue.deadLetters(5)).map((one) => one.reason.length)).toEqual([1_024, 1_024, 1_024, 1_024])
  })

  test('a delivery whose time has run out is reported', async () => {
    const { engine, clock, telemetry } = open()
    const queue = await engine.queue('q', { ackWaitMs: 100 })
    await queue.push(bytes(0), { id: 'a' })
    await queue.pull(1, now)
    await clock.advance(100)
    expect(telemetry.named('foundation.delivery-expired')[0]).toMatchObject({
      measurements: { attempts: 1 },
      metadata: { engine: 'memory', queue: 'q', id: 'a', message: expect.any(String) },
    })
    await engine.close()
  })

  test('one timer stands for all deliveries and delays, and none is left when all is done or closed', async () => {
    const { engine, clock } = open()
    const queue = await engine.queue('q', { ackWaitMs: 1_000 })
    for (let i = 0; i < 20; i++) await queue.push(bytes(0))
    const taken = await queue.pull(20, now)
    for (const [i, one] of taken.entries()) if (i % 2 === 0) await one.retry({ delayMs: 100 * i })
    expect(clock.pendingTimers).toBe(1)
    for (const one of taken) await one.ack()
    await clock.advance(2_000)
    for (const one of await queue.pull(20, now)) await one.ack()
    expect(await queue.stats()).toEqual({ waiting: 0, underWay: 0, dead: 0 })
    expect(clock.pendingTimers).toBe(0)
    await queue.push(bytes(0))
    await queue.pull(1, now)
    const waiting = queue.pull(1)
    expect(clock.pendingTimers).toBe(2)
    await Promise.all([engine.close(), expect(waiting).rejects.toEqual(code('engine-closed'))])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a pull that ends leaves no timer and no listener behind', async () => {
    const { engine, clock } = open()
    const queue = await engine.queue('q')
    const abort = new AbortController()
    let listeners = 0
    const count = (by: number, original: AbortSignal['addEventListener']) =>
      function (this: AbortSignal, ...args: Parameters<AbortSignal['addEventListener']>) {
        listeners += by
        original.apply(this, args)
      }
    abort.signal.addEventListener = count(1, abort.signal.addEventListener)
    abort.signal.removeEventListener = count(-1, abort.signal.removeEventListener)
    const served = queue.pull(1, { signal: abort.signal })
    const aborted = queue.pull(1, { signal: abort.signal })
    expect(listeners).toBe(2)
    await queue.push(bytes(0))
    expect(await served).toHaveLength(1)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(listeners).toBe(0)
    expect(clock.pendingTimers).toBe(1)
    await engine.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('blobs in memory', () => {
  test('a blob at the limit of bytes is kept, a longer one is refused', async () => {
    await using engine = open({ blobBytesMax: 4 }).engine
    const blobs = await engine.blobs('b')
    await blobs.put('a', bytes(4))
    await expect(blobs.put('a', bytes(5))).rejects.toEqual(code('payload-too-large'))
    expect((await blobs.get('a'))?.length).toBe(4)
  })

  test('there is room for blobsMax blobs; one of them can still be replaced', async () => {
    await using engine = open({ blobsMax: 1 }).engine
    const blobs = await engine.blobs('b')
    await blobs.put('a', bytes(1))
    await expect(blobs.put('b', bytes(1))).rejects.toEqual(limit('blobsMax'))
    await blobs.put('a', bytes(2))
    await blobs.delete('a')
    await blobs.put('b', bytes(1))
  })
})

describe('stores in memory', () => {
  test('there is room for storesMax states, queues and blob stores; one that is open can be opened again', async () => {
    await using engine = open({ storesMax: 3 }).engine
    await engine.state('one')
    await engine.queue('one')
    await engine.blobs('one')
    for (const attempt of [engine.state('two'), engine.queue('two'), engine.blobs('two')]) {
      await expect(attempt).rejects.toEqual(limit('storesMax'))
    }
    await engine.state('one')
  })

  test('unknown options are refused by name', async () => {
    await using engine = open().engine
    expect(() => memoryEngine({ keyMax: 1 } as never)).toThrow('did you mean "keysMax"?')
    await expect(engine.state('s', { expireMs: 5_000 } as never)).rejects.toThrow('did you mean "expiryMs"?')
    await expect(engine.queue('q', { ackWait: 1 } as never)).rejects.toThrow('did you mean "ackWaitMs"?')
    const queue = await engine.queue('q')
    await expect(queue.pull(1, { wait: 1 } as never)).rejects.toThrow('did you mean "waitMs"?')
    await expect(queue.push(bytes(0), { ids: 'a' } as never)).rejects.toThrow('did you mean "id"?')
  })
})
