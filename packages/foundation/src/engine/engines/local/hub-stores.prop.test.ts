import { describe, expect, test } from 'vitest'
import { isMabeamError } from '../../../errors.ts'
import { type Random, seededRandom } from '../../../random.ts'
import { type VirtualClock, virtualClock } from '../../../testing/index.ts'
import { memoryLimitDefaults } from '../memory/memory-port.ts'
import type { HubPort } from './hub-port.ts'
import { type HubRecord, record } from './hub-record.ts'
import { HubStores } from './hub-stores.ts'
import type { WireDelivery } from './wire-protocol.ts'

const steps = 120
const queueOptions = { ackWaitMs: 300, deliveriesMax: 3, messagesMax: 30, dedupeMs: 500 }

interface World {
  readonly clock: VirtualClock
  readonly stores: HubStores
  readonly log: HubRecord[]
}

function newWorld(clock: VirtualClock, keep: (one: HubRecord) => boolean = () => true): World {
  const log: HubRecord[] = []
  const port: HubPort = {
    clock,
    limits: { ...memoryLimitDefaults, deadLettersMax: 5 },
    connectionBytesMax: 1_000_000,
    reporter: { report: () => {} },
    append: (one) => void (keep(one) && log.push(structuredClone(one) as HubRecord)),
    checkRoom: () => {},
    discard: () => {},
  }
  return { clock, stores: new HubStores(port, { blobFolder: '/nowhere', leastRevision: 1_000 }), log }
}

/** The stores that a hub makes of what another wrote. */
function replayed(clock: VirtualClock, log: Iterable<HubRecord>): HubStores {
  const { stores } = newWorld(clock)
  for (const one of log) stores.replay(one)
  return stores
}

/** One operation drawn at random; its outcome as text. */
function step({ stores }: World, random: Random, held: WireDelivery[]): string {
  const key = `k${random.int(5)}`
  const value = new Uint8Array([random.int(256)])
  const state = () => stores.state(random.int(2) === 0 ? 'lasting' : 'short')
  const queue = () => stores.queue('q')
  const one = held.length === 0 ? undefined : held.splice(random.int(held.length), 1)[0]
  const settle = (verdict: Parameters<ReturnType<typeof queue>['settle']>[1]) =>
    one === undefined ? 'none' : queue().settle(one[3], verdict)
  const choices: (() => unknown)[] = [
    () => state().put(key, value),
    () => state().create(key, value),
    () => state().update(key, value, state().get(key)?.[1] ?? 0),
    () => state().delete(key, undefined),
    () => state().get(key),
    () => queue().push(random.int(2) === 0 ? `id${random.int(20)}` : undefined, value),
    () => queue().push(undefined, value),
    () => {
      let taken: readonly WireDelivery[] = []
      const succeed = (deliveries: readonly WireDelivery[]) => {
        taken = deliveries
      }
      queue().pull({ max: 1 + random.int(3), waitMs: 0, succeed, fail: () => {} })
      held.push(...taken)
      return taken
    },
    () => settle({ type: 'ack' }),
    () => settle({ type: 'retry', delayMs: random.int(400), reason: 'later' }),
    () => settle({ type: 'reject', reason: 'no' }),
    () => {
      if (one !== undefined) held.push(one)
      return settle({ type: 'extend' })
    },
    () => queue().stats(),
    () => queue().redrive(queue().deadLetters(1)[0]?.[0] ?? 'none'),
    () => queue().forget(queue().deadLetters(2)[1]?.[0] ?? 'none'),
  ]
  try {
    return JSON.stringify(choices[random.int(choices.length)]?.()) ?? 'done'
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return thrown.code
  }
}

function opened(world: World): World {
  world.stores.open('state', 'lasting', {})
  world.stores.open('state', 'short', { expiryMs: 1_000 })
  world.stores.open('queue', 'q', queueOptions)
  return world
}

const snapshotOf = (stores: HubStores) => [...stores.snapshot({ aheadMs: 0, lastMs: 0 })]

/** Lives for a while; undefined when what was written down makes the same stores, else what differs first. */
async function difference(seed: number, keep?: (one: HubRecord) => boolean): Promise<string | undefined> {
  const random = seededRandom(seed)
  const world = opened(newWorld(virtualClock({ between: 'promises' }), keep))
  const held: WireDelivery[] = []
  for (let i = 0; i < steps; i++) {
    await world.clock.advance(random.int(3) === 0 ? random.int(400) : 0)
    step(world, random, held)
    if (i % 10 !== 0) continue
    const again = snapshotOf(replayed(world.clock, world.log))
    const now = snapshotOf(world.stores)
    if (JSON.stringify(again) !== JSON.stringify(now)) return `seed ${seed}, step ${i}`
  }
  return undefined
}

describe('what a hub wrote down', () => {
  test('makes the same stores again, whenever the hub dies', async () => {
    for (let seed = 0; seed < 25; seed++) expect(await difference(seed)).toBeUndefined()
  })

  test('makes stores that go on as the first ones would have: equal outcomes, equal expiries', async () => {
    for (let seed = 0; seed < 15; seed++) {
      const random = seededRandom(seed)
      const first = opened(newWorld(virtualClock({ between: 'promises' })))
      const held: WireDelivery[] = []
      for (let i = 0; i < steps; i++) {
        await first.clock.advance(random.int(100))
        step(first, random, held)
      }
      // One from the log, one from a snapshot of it: both are what another hub may begin with.
      const second = { ...first, stores: replayed(first.clock, first.log) }
      const third = { ...first, stores: replayed(first.clock, snapshotOf(first.stores)) }
      for (let i = 0; i < steps; i++) {
        await first.clock.advance(random.int(100))
        const draw = `${seed}/${i}`
        const outcomes = [first, second, third].map((world) => step(world, seededRandom(draw), [...held]))
        expect(outcomes[1], `seed ${draw}`).toBe(outcomes[0])
        expect(outcomes[2], `seed ${draw}`).toBe(outcomes[0])
      }
    }
  })

  const kinds = Object.entries(record).filter(
    ([name]) => !/^(header|begin|entry|part|blob|blobDelete|remove)$/.test(name),
  )
  test.each(kinds)('is not enough without the records of kind %s, and that is found', async (_, type) => {
    const found: string[] = []
    for (let seed = 0; seed < 12 && found.length === 0; seed++) {
      const one = await difference(seed, ([kind]) => kind !== type)
      if (one !== undefined) found.push(one)
    }
    expect(found).toHaveLength(1)
  })

  test('is told by a snapshot as of when it was taken, however late it is gone through', async () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = seededRandom(seed)
      const world = opened(newWorld(virtualClock({ between: 'promises' })))
      const held: WireDelivery[] = []
      for (let i = 0; i < steps; i++) {
        await world.clock.advance(random.int(100))
        step(world, random, held)
        if (i % 20 !== 0) continue
        const now = JSON.stringify(snapshotOf(world.stores))
        const late = world.stores.snapshot({ aheadMs: 0, lastMs: 0 })
        for (let more = 0; more < 20; more++) step(world, random, held)
        expect(JSON.stringify([...late]), `seed ${seed}, step ${i}`).toBe(now)
      }
    }
  })

  test('knows a store that was removed as gone, and one that was opened again as empty', () => {
    const world = opened(newWorld(virtualClock()))
    world.stores.state('lasting').put('a', new Uint8Array([1]))
    world.stores.remove('state', 'lasting')
    expect(replayed(world.clock, world.log).list()).toEqual(world.stores.list())
    world.stores.open('state', 'lasting', {})
    const again = replayed(world.clock, world.log)
    expect(again.state('lasting').get('a')).toBeUndefined()
    expect(again.list()).toEqual(world.stores.list())
  })

  test('never gives out a revision again, not for a store that was removed and opened again either', () => {
    const world = opened(newWorld(virtualClock()))
    const last = world.stores.state('lasting').put('a', new Uint8Array([1]))
    world.stores.remove('state', 'lasting')
    for (const stores of [world.stores, replayed(world.clock, world.log)]) {
      stores.open('state', 'lasting', {})
      expect(stores.state('lasting').put('a', new Uint8Array([1]))).toBeGreaterThan(last)
    }
  })

  test('keeps the time of the hub that wrote it, so that the next one goes on from there', () => {
    const world = newWorld(virtualClock())
    for (const one of [[record.begin, 500, 7_000] as const, [record.put, 1, 9_000, 'a', new Uint8Array()] as const]) {
      world.stores.replay(one)
    }
    expect(world.stores.left).toEqual({ aheadMs: 500, lastMs: 9_000 })
  })
})
