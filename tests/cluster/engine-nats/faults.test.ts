/** What the engine does when servers die, all of them too, and when its own program is busy. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { type Engine, isMabeamError } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { numbered, numberOf, type OpenedForTest, opened, openedApart } from './opened.ts'

const turnsMax = 10_000_000

/** Sends numbers and asks questions until it is told to stop, a few each turn. */
class Load {
  readonly refused = new Map<string, number>()
  sent = 0
  answered = 0
  #stopped = false
  readonly #running: Promise<unknown>

  constructor(engine: Engine) {
    this.#running = Promise.all([this.#publish(engine), this.#ask(engine)])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #publish(engine: Engine): Promise<void> {
    while (!this.#stopped) {
      for (let i = 0; i < 10; i++) this.#try(() => engine.publish('test.load.numbers', numbered(this.sent++)))
      await sleep(1)
    }
  }

  async #ask(engine: Engine): Promise<void> {
    while (!this.#stopped) {
      try {
        await engine.request('test.load.questions', numbered(this.answered), { timeoutMs: 1_000 })
        this.answered++
      } catch (thrown) {
        this.#count(thrown)
        await sleep(1)
      }
    }
  }

  #try(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#count(thrown)
    }
  }

  #count(thrown: unknown): void {
    if (!isMabeamError(thrown)) throw thrown
    this.refused.set(thrown.code, (this.refused.get(thrown.code) ?? 0) + 1)
  }
}

/** What comes of a load at the other end. */
async function listening(engine: Engine): Promise<readonly number[]> {
  const got: number[] = []
  await engine.subscribe('test.load.numbers', ({ body }) => void got.push(numberOf(body)))
  await engine.subscribe('test.load.questions', (message) => message.respond(message.body))
  return got
}

const grows = (got: readonly number[]) => got.every((one, i) => i === 0 || one > (got[i - 1] ?? 0))

describe('three servers', () => {
  let servers: NatsServers
  let sender: OpenedForTest
  let receiver: OpenedForTest
  beforeEach(async () => {
    servers = await natsServers({ count: 3 })
    sender = await opened('sender', { servers: servers.urls, pulse: 'inline' })
    receiver = await openedApart('receiver', { servers: servers.urls, pulse: 'inline' }, sender)
  })
  afterEach(async () => {
    await Promise.all([sender.engine.close(), receiver.engine.close()])
    await servers[Symbol.asyncDispose]()
  })

  const serverOf = ({ at }: OpenedForTest) => servers.all.findIndex(({ address }) => address === at())

  /** Which servers have a connection of that name. */
  const whereIs = async (label: string): Promise<readonly number[]> => {
    const found: number[] = []
    for (const [i, server] of servers.all.entries()) {
      if (server.pid === undefined) continue
      const { connections } = (await server.monitor('connz')) as { connections: readonly { name?: string }[] }
      found.push(...connections.filter(({ name }) => name === label).map(() => i))
    }
    return found
  }
  const areApart = async (node: string) => {
    const [control, data] = await Promise.all([whereIs(`test/${node} control`), whereIs(`test/${node} data`)])
    return control.length === 1 && data.length === 1 && control[0] !== data[0]
  }

  test('the two connections of a node are at different servers, also after one of them died', async () => {
    for (const node of ['sender', 'receiver']) await eventually(() => areApart(node), turnsMax)
    for (let round = 0; round < 2; round++) {
      const victim = serverOf(sender)
      await servers.kill(victim)
      await eventually(() => areApart('sender'), turnsMax)
      await servers.restart(victim)
    }
  })

  test('the pulse beats over two servers, and goes on when one of them dies', async () => {
    await using node = await opened('pulsing', { servers: servers.urls })
    const pulse = { beats: 'test.session.beat.pulsing', probes: 'test.session.probe.pulsing', everyMs: 50 }
    await using _ = await node.engine.pulse(pulse)
    const places = await whereIs('test/pulsing pulse')
    expect(new Set(places).size).toBe(2)
    const gapsMs: number[] = []
    let lastMs = performance.now()
    await receiver.engine.subscribe(
      pulse.beats,
      () => {
        gapsMs.push(performance.now() - lastMs)
        lastMs = performance.now()
      },
      { redundant: true },
    )
    await eventually(() => gapsMs.length > 20, turnsMax)
    await servers.kill(places[0] ?? 0)
    const before = gapsMs.length
    await eventually(() => gapsMs.length > before + 40, turnsMax)
    expect((await sender.engine.request(pulse.probes, new Uint8Array(0))).length).toBe(0)
  })

  test("the sender's server dies under load: nothing is refused, order is kept, and the rest arrives", async () => {
    const got = await listening(receiver.engine)
    const load = new Load(sender.engine)
    await eventually(() => got.length > 500, turnsMax)
    const dataLost = () =>
      sender.events.some(({ name, metadata }) => name.endsWith('connection-lost') && metadata.connection === 'data')
    const victim = serverOf(sender)
    const killed = servers.kill(victim)
    await eventually(dataLost, turnsMax)
    // What is sent from here on is kept until there is another server.
    const atLoss = load.sent
    await killed
    await eventually(() => (got.at(-1) ?? 0) > atLoss + 1_000, turnsMax)
    await load.stop()
    await eventually(() => got.at(-1) === load.sent - 1, turnsMax)
    expect(grows(got)).toBe(true)
    expect(load.refused.get('foundation/engine-unavailable') ?? 0).toBe(0)
    expect(sender.engine.status).toBe('connected')
    // What was on its way through that server is lost, and no more than that.
    expect(got.filter((number) => number >= atLoss)).toHaveLength(load.sent - atLoss)
    expect(load.answered).toBeGreaterThan(0)
  })

  test('all servers die and come back: what is published meanwhile is kept in order up to the limit, then refused', async () => {
    const told: string[] = []
    sender.engine.onStatus((status) => told.push(status))
    const got = await listening(receiver.engine)
    for (const i of [0, 1, 2]) await servers.kill(i)
    await eventually(
      () => sender.engine.status === 'disconnected' && receiver.engine.status === 'disconnected',
      turnsMax,
    )
    for (let i = 0; i < 1_000; i++) sender.engine.publish('test.load.numbers', numbered(i))
    const waiting = sender.engine.request('test.load.questions', numbered(7), { timeoutMs: 30_000 })
    waiting.catch(() => {})
    const large = new Uint8Array(1_000_000)
    const room = () => {
      try {
        sender.engine.publish('test.load.large', large)
      } catch (thrown) {
        return isMabeamError(thrown) ? thrown.code : 'not ours'
      }
    }
    expect(Array.from({ length: 9 }, room).at(-1)).toBe('foundation/engine-unavailable')
    expect(sender.events.map(({ name }) => name)).toContain('engine-nats.message-refused')
    await Promise.all([0, 1, 2].map((i) => servers.restart(i)))
    await eventually(() => sender.engine.status === 'connected' && receiver.engine.status === 'connected', turnsMax)
    expect(told).toEqual(['disconnected', 'connected'])
    sender.engine.publish('test.load.numbers', numbered(1_000))
    // Who comes back first may speak before the other hears: at most once is what is promised, in order.
    for (let last = 1_001; !got.includes(last - 1) && last < 100_000; last++) {
      sender.engine.publish('test.load.numbers', numbered(last))
      await sleep(5)
    }
    expect(grows(got)).toBe(true)
    const released = sender.events.find(({ name }) => name === 'engine-nats.messages-released')
    expect(released?.measurements.count).toBeGreaterThanOrEqual(1_000)
  })
})

describe('one server', () => {
  test('a program that is busy for 10 s beats from its thread, answers probes, and is connected after it', async () => {
    await using servers = await natsServers()
    await using busy = await opened('busy', { servers: servers.urls })
    await using other = await opened('other', { servers: servers.urls, pulse: 'inline' })
    await using _ = await busy.engine.pulse({
      beats: 'test.session.beat.busy',
      probes: 'test.session.probe.busy',
      everyMs: 100,
    })
    const beats: number[] = []
    // Both run in this process, so that the beats of the ten seconds are read after them: their number says that they were sent.
    await other.engine.subscribe('test.session.beat.busy', () => void beats.push(performance.now()), {
      redundant: true,
    })
    const untilMs = performance.now() + 10_000
    while (performance.now() < untilMs);
    await eventually(() => beats.length >= 90, turnsMax)
    expect((await other.engine.request('test.session.probe.busy', new Uint8Array(0))).length).toBe(0)
    expect([busy.engine.status, other.engine.status]).toEqual(['connected', 'connected'])
  })

  test('messages of 10 MB are refused, and a subscriber that is flooded drops and counts', async () => {
    await using servers = await natsServers()
    await using one = await opened('one', { servers: servers.urls, pulse: 'inline', aheadBytesMax: 4_000_000 })
    const { engine } = one
    expect(() => engine.publish('test.large', new Uint8Array(10_000_000))).toThrow(/at most 1047552 bytes/)
    const exact = Promise.withResolvers<number>()
    await engine.subscribe('test.large', ({ body }) => exact.resolve(body.length))
    engine.publish('test.large', new Uint8Array(1_047_552))
    expect(await exact.promise).toBe(1_047_552)
    let refused = 0
    for (let i = 0; i < 100; i++) {
      try {
        engine.publish('test.flood', new Uint8Array(100_000))
      } catch {
        refused++
      }
    }
    // More was published in one turn than may be on its way.
    expect(refused).toBeGreaterThan(50)
    await eventually(() => {
      try {
        engine.publish('test.flood', new Uint8Array(1))
        return true
      } catch {
        return false
      }
    }, turnsMax)
    expect(engine.status).toBe('connected')
  })

  test('a server that is killed and started anew is found again, and subscriptions go on', async () => {
    await using servers = await natsServers()
    await using one = await opened('one', { servers: servers.urls, pulse: 'inline' })
    const got: number[] = []
    await one.engine.subscribe('test.after', ({ body }) => void got.push(numberOf(body)))
    await servers.restart(0)
    const back = () => one.events.filter(({ name }) => name === 'engine-nats.connection-restored').length
    await eventually(() => back() === 2, turnsMax)
    expect(one.engine.status).toBe('connected')
    one.engine.publish('test.after', numbered(1))
    await eventually(() => got.length > 0, turnsMax)
    expect(got[0]).toBe(1)
  })
})
