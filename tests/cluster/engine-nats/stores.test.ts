/** What the engine keeps on servers that are killed while it is written. */

import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nats } from '@mabeam/engine-nats'
import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { seededRandom, systemClock, type TelemetryEvent } from '@mabeam/foundation'
import { nodeProcess } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { answered, bytes, isGrowing, openedEngine, text, watched } from './opened-engine.ts'
import type { answers } from './queue-pusher.fixture.ts'
import { Counting, Working } from './store-writers.ts'

/** What a server's monitoring tells of who pulls. */
const consumers = 'jsz?accounts=true&streams=true&consumers=true'

/** How many deliveries the one consumer of the first server has on disk: after two bytes and two numbers for what is acknowledged. */
async function writtenDown(servers: NatsServers): Promise<number> {
  const folder = servers.all[0]?.storeDir ?? ''
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('o.dat'))
  const [state] = await Promise.all(files.map((file) => readFile(join(folder, file)).catch(() => undefined)))
  return state?.[4] ?? 0
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'mabeam-stores-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

describe('a server that syncs each write and is killed', () => {
  test('has lost nothing that was acknowledged, gives no revision twice, and its watches go on', async () => {
    await using servers = await natsServers({ server: { sync: 'always' } })
    await using opened = await openedEngine(servers.urls)
    const { engine } = opened
    const state = await engine.state('s')
    const queue = await engine.queue('q', { ackWaitMs: 1_000, deliveriesMax: 100 })
    await using seen = await watched(state)
    const counters = ['a', 'b', 'c'].map((key) => new Counting(state, key))
    const work = new Working(queue)
    for (let kills = 0; kills < 2; kills++) {
      await until(() => counters.every((one) => one.revisions.length > 20 * (kills + 1)))
      await servers.kill(0)
      await servers.restart(0)
    }
    await answered(() => state.put('end', bytes('1')))
    const before = counters.map((one) => one.revisions.length)
    await until(() => counters.every((one, i) => one.revisions.length > (before[i] ?? 0)))
    await Promise.all(counters.map((one) => one.stop()))
    await work.stop()
    for (const [i, key] of ['a', 'b', 'c'].entries()) {
      const found = await answered(() => state.get(key))
      expect(Number(text(found?.value ?? bytes('0')))).toBeGreaterThanOrEqual(counters[i]?.acknowledged ?? 0)
      expect(isGrowing(counters[i]?.revisions ?? [])).toBe(true)
    }
    const all = counters.flatMap((one) => one.revisions)
    expect(new Set(all).size).toBe(all.length)
    await until(async () => {
      const entries = await Promise.all(['a', 'b', 'c'].map((key) => state.get(key)))
      return entries.every((one) => one !== undefined && seen.view.get(one.key) === text(one.value))
    })
    expect(isGrowing(seen.changes.map((one) => one.revision))).toBe(true)
    await work.drain()
    expect([...work.pushed].filter((id) => !work.done.has(id))).toEqual([])
    expect(work.again).toEqual([])
  })

  test('gives what was under way again, and what is done never', async () => {
    await using servers = await natsServers({ server: { sync: 'always' } })
    await using opened = await openedEngine(servers.urls)
    const queue = await opened.engine.queue('q', { ackWaitMs: 3_000 })
    for (const body of ['done', 'left']) await queue.push(bytes(body), { id: body })
    const [done] = await queue.pull(2)
    await done?.ack()
    await servers.kill(0)
    await servers.restart(0)
    // A server that was killed may have forgotten a delivery, not a message: the attempt may be the first again.
    const [again, ...more] = await answered(() => queue.pull(5, { waitMs: 40_000 }))
    expect([again?.id, more.length]).toEqual(['left', 0])
    await again?.ack()
    await queue.push(bytes('left'), { id: 'other' })
    expect((await queue.pull(5, { waitMs: 40_000 })).map((one) => one.id)).toEqual(['other'])
  })

  test('a verdict that no server heard is given again, and counts then', async () => {
    await using servers = await natsServers({ server: { sync: 'always' } })
    await using opened = await openedEngine(servers.urls)
    const queue = await opened.engine.queue('q', { ackWaitMs: 60_000 })
    for (const body of ['acked', 'dead']) await queue.push(bytes(body), { id: body })
    const [acked, dead] = await queue.pull(2)
    // A server writes down what it has delivered some moments later; one that is killed before does not know of it.
    await until(async () => (await writtenDown(servers)) === 2)
    await servers.kill(0)
    const unavailable = { code: 'foundation/engine-unavailable' }
    await expect(acked?.ack()).rejects.toMatchObject(unavailable)
    await expect(dead?.reject('no')).rejects.toMatchObject(unavailable)
    await servers.restart(0)
    await answered(async () => await acked?.ack())
    await answered(async () => await dead?.reject('no'))
    expect(await queue.stats()).toEqual({ waiting: 0, underWay: 0, dead: 1 })
  })

  test('a pull that waits there ends with engine-unavailable, and what waits for an answer too', async () => {
    await using servers = await natsServers()
    await using opened = await openedEngine(servers.urls)
    const [state, queue, blobs] = [
      await opened.engine.state('s'),
      await opened.engine.queue('q'),
      await opened.engine.blobs('b'),
    ]
    const waiting = queue.pull(1, { waitMs: 60_000 })
    await until(async () => JSON.stringify(await servers.all[0]?.monitor(consumers)).includes('"num_waiting":1'))
    servers.pause(0)
    // Its threads stop one after the other.
    const health = () => servers.all[0]?.health()
    await until(async () => (await Promise.allSettled([health()]))[0]?.status === 'rejected')
    const asked: Promise<unknown>[] = [
      waiting,
      state.put('a', bytes('1')),
      state.get('a'),
      queue.push(bytes('1')),
      queue.stats(),
    ]
    asked.push(blobs.put('a', bytes('1')), blobs.get('a'), opened.engine.stores())
    const codes = (await Promise.allSettled(asked)).map((one) => one.status === 'rejected' && one.reason.code)
    expect(new Set(codes)).toEqual(new Set(['foundation/engine-unavailable']))
    servers.resume(0)
    expect(await answered(() => queue.push(bytes('2')))).toBeUndefined()
  })
})

describe('a pull', () => {
  test('whose signal aborts between two questions to the server ends with the reason', async () => {
    await using servers = await natsServers()
    const abort = new AbortController()
    const emit = ({ name }: TelemetryEvent) => {
      // Between the message that is found dead and the question for the next one.
      if (name === 'engine-nats.message-dead') abort.abort('enough')
    }
    const port = { system: 'test', name: 'n1', clock: systemClock, random: seededRandom(1) }
    const open = nats({ servers: servers.urls, durability: 'relaxed', pulse: 'inline' })
    await using engine = await open({ ...port, telemetry: { enabled: true, emit } })
    const queue = await engine.queue('q', { ackWaitMs: 100, deliveriesMax: 1 })
    await queue.push(bytes('1'))
    expect(await queue.pull(1)).toHaveLength(1)
    await expect(queue.pull(1, { waitMs: 600_000, signal: abort.signal })).rejects.toBe('enough')
  })
})

describe('a thread that is busy while a message comes', () => {
  test('does not hold what it had no time for: it is told so, and the message comes again', async () => {
    await using servers = await natsServers()
    const [url = ''] = servers.urls
    await using opened = await openedEngine([url])
    const queue = await opened.engine.queue('q', { ackWaitMs: 1_000 })
    const module = new URL('./queue-pusher.fixture.ts', import.meta.url)
    await using pusher = await nodeProcess<typeof answers>({ module, execArgs: ['--conditions=mabeam-source'] })
    const waiting = queue.pull(1, { waitMs: 60_000 })
    await using folder = await temporaryFolder()
    const [wanted, pushed] = [join(folder.path, 'wanted'), join(folder.path, 'pushed')]
    await pusher.ask('pushWhenWanted', { url, wanted, pushed })
    // Nothing else goes on in this thread from before the message comes until its time is over.
    writeFileSync(wanted, '')
    const busyUntil = (isOver: () => boolean) => {
      // No time limit of a test ends a thread that is busy.
      const lastMs = systemClock.monotonicMs() + 60_000
      while (!isOver() && systemClock.monotonicMs() < lastMs);
    }
    busyUntil(() => existsSync(pushed))
    const untilMs = systemClock.monotonicMs() + 1_500
    busyUntil(() => systemClock.monotonicMs() >= untilMs)
    const [taken] = await waiting
    await expect(taken?.ack()).rejects.toMatchObject({ code: 'foundation/delivery-lost' })
    const [again] = await queue.pull(1)
    expect([again?.id, again?.attempt]).toEqual([taken?.id, 2])
    await again?.ack()
    expect(await queue.stats()).toEqual({ waiting: 0, underWay: 0, dead: 0 })
  })
})

describe('three servers of which the one that leads is killed', () => {
  test('have lost nothing that was acknowledged; watches go on and queues deliver', async () => {
    await using servers = await natsServers({ count: 3 })
    await using opened = await openedEngine(servers.urls, { replicas: 3 })
    const { engine, telemetry } = opened
    const state = await engine.state('s')
    const queue = await engine.queue('q', { ackWaitMs: 1_000, deliveriesMax: 100 })
    await using seen = await watched(state)
    const counters = ['a', 'b'].map((key) => new Counting(state, key))
    const work = new Working(queue)
    await until(() => counters.every((one) => one.revisions.length > 20))
    const leader = (await servers.leaderOf('MABEAM_state_s')) ?? 0
    await servers.kill(leader)
    const before = counters.map((one) => one.revisions.length)
    await until(() => counters.every((one, i) => one.revisions.length > (before[i] ?? 0) + 20))
    await servers.restart(leader)
    await Promise.all([...counters, work].map((one) => one.stop()))
    for (const [i, key] of ['a', 'b'].entries()) {
      const found = await answered(() => state.get(key))
      expect(Number(text(found?.value ?? bytes('0')))).toBeGreaterThanOrEqual(counters[i]?.acknowledged ?? 0)
      expect(isGrowing(counters[i]?.revisions ?? [])).toBe(true)
    }
    await until(async () => {
      const entries = await Promise.all(['a', 'b'].map((key) => answered(() => state.get(key))))
      return entries.every((one) => one !== undefined && seen.view.get(one.key) === text(one.value))
    })
    expect(isGrowing(seen.changes.map((one) => one.revision))).toBe(true)
    expect(telemetry.named('engine-nats.watch-lost')).toEqual([])
    await work.drain()
    expect([...work.pushed].filter((id) => !work.done.has(id))).toEqual([])
    expect(work.again).toEqual([])
  })
})
