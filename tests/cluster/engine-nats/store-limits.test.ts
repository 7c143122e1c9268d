/** The limits of what one engine holds open and keeps: at each, and one past it. */

import { isDeepStrictEqual } from 'node:util'
import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { bytes, openedEngine, text } from './opened-engine.ts'

const limitReached = expect.objectContaining({ code: 'foundation/limit-reached' })

describe('limits of stores', () => {
  let servers: NatsServers
  beforeAll(async () => {
    servers = await natsServers({ server: { payloadBytesMax: 4_096 } })
  })
  afterAll(() => servers[Symbol.asyncDispose]())

  test('watchesMax: one more is refused until one ends', async () => {
    await using opened = await openedEngine(servers.urls, { watchesMax: 2 })
    const state = await opened.engine.state('watched')
    const watch = await state.watch('>', () => {})
    await state.watch('>', () => {})
    await expect(state.watch('>', () => {})).rejects.toEqual(limitReached)
    await watch[Symbol.asyncDispose]()
    await state.watch('>', () => {})
  })

  test('pullsMax: one more is refused until one ends', async () => {
    await using opened = await openedEngine(servers.urls, { pullsMax: 2 })
    const queue = await opened.engine.queue('pulled')
    const waiting = [queue.pull(1), queue.pull(1)]
    await expect(queue.pull(1)).rejects.toEqual(limitReached)
    for (const body of ['1', '2']) await queue.push(bytes(body))
    const taken = (await Promise.all(waiting)).flat()
    expect(taken.map((one) => text(one.body)).sort()).toEqual(['1', '2'])
    expect(await queue.pull(1, { waitMs: 0 })).toEqual([])
  })

  test('deadLettersMax: the oldest is forgotten for one more', async () => {
    await using opened = await openedEngine(servers.urls, { deadLettersMax: 2 })
    const queue = await opened.engine.queue('dead')
    for (const id of ['a', 'b', 'c']) {
      await queue.push(bytes(id), { id })
      for (const one of await queue.pull(1)) await one.reject('no')
      expect((await queue.stats()).dead).toBe(id === 'a' ? 1 : 2)
    }
    expect((await queue.deadLetters(10)).map((one) => one.id)).toEqual(['b', 'c'])
  })

  test('storesMax: no more are listed', async () => {
    await using opened = await openedEngine(servers.urls, { storesMax: 2 })
    for (const name of ['listed-1', 'listed-2', 'listed-3']) await opened.engine.state(name)
    expect(await opened.engine.stores()).toHaveLength(2)
  })

  test('a value, a message and a chunk fit into what the server takes, one byte more is refused', async () => {
    await using opened = await openedEngine(servers.urls)
    const { engine } = opened
    const [state, queue, blobs] = [await engine.state('long'), await engine.queue('long'), await engine.blobs('long')]
    const [longest, tooLong] = [new Uint8Array(3_072), new Uint8Array(3_073)]
    const tooLarge = expect.objectContaining({ code: 'foundation/payload-too-large' })
    const key = 'k'.repeat(512)
    const revision = await state.create(key, longest)
    await state.update(key, longest, revision)
    await expect(state.put(key, tooLong)).rejects.toEqual(tooLarge)
    await queue.push(longest, { id: 'i'.repeat(256) })
    await expect(queue.push(tooLong)).rejects.toEqual(tooLarge)
    await queue.push(bytes('short'))
    const reason = 'ä'.repeat(1_024)
    for (const one of await queue.pull(2)) await one.reject(`${reason} and more`)
    // Beside the longest body there is room for the beginning.
    const [long, short] = await queue.deadLetters(2)
    expect([long?.body.length, short?.reason]).toEqual([3_072, reason])
    expect(reason.startsWith(long?.reason ?? 'none')).toBe(true)
    expect(long?.reason.length).toBeGreaterThan(200)
    await blobs.put(key, new Uint8Array(20_000).fill(1))
    expect(await blobs.get(key)).toEqual(new Uint8Array(20_000).fill(1))
  })

  test('a stream of somebody else under the name of a store is refused and left alone', async () => {
    await using opened = await openedEngine(servers.urls)
    const { engine } = opened
    const theirs = 'MABEAM_state_theirs'
    const api = engine.native as { request(subject: string, body: string): Promise<unknown> }
    await api.request(`$JS.API.STREAM.CREATE.${theirs}`, JSON.stringify({ name: theirs, subjects: ['theirs'] }))
    expect(await engine.stores()).not.toContainEqual({ kind: 'state', name: 'theirs' })
    const differs = expect.objectContaining({ code: 'foundation/options-differ' })
    await expect(engine.state('theirs')).rejects.toEqual(differs)
    await expect(engine.removeStore({ kind: 'state', name: 'theirs' })).rejects.toEqual(differs)
  })
})

describe('three servers', () => {
  test('a full queue takes a message as soon as one is done or dead, though they agree on its removal later', async () => {
    await using servers = await natsServers({ count: 3 })
    await using opened = await openedEngine(servers.urls, { replicas: 3 })
    const queue = await opened.engine.queue('full', { messagesMax: 1 })
    await queue.push(bytes('0'))
    for (let i = 1; i <= 60; i++) {
      await expect(queue.push(bytes('one past'))).rejects.toMatchObject({ code: 'foundation/queue-full' })
      const [one] = await queue.pull(1)
      await (i % 2 === 0 ? one?.ack() : one?.reject('no'))
      await queue.push(bytes(String(i)))
    }
    // They agree on the counts later too.
    await until(async () => isDeepStrictEqual(await queue.stats(), { waiting: 1, underWay: 0, dead: 30 }))
  })
})
