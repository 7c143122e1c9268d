import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, settled, type VirtualClock, virtualClock } from '../index.ts'
import { type FaultProxy, type FaultProxyOptions, faultProxy } from './fault-proxy.ts'

const turnsMax = 1_000_000

/** A server that sends back what it gets. */
let server: Server
let serverSockets: Socket[]
let clients: Socket[]
let proxies: FaultProxy[]
let clock: VirtualClock

beforeEach(async () => {
  serverSockets = []
  clients = []
  proxies = []
  clock = virtualClock()
  server = createServer({ allowHalfOpen: true }, (socket) => {
    serverSockets.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  for (const socket of [...clients, ...serverSockets]) socket.destroy()
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]()
  server.close()
})

function target(): string {
  return `127.0.0.1:${(server.address() as { port: number }).port}`
}

async function proxyOf(options: Partial<FaultProxyOptions> = {}): Promise<FaultProxy> {
  const proxy = await faultProxy({ to: target(), clock, ...options })
  proxies.push(proxy)
  return proxy
}

/** A client that keeps what it hears and how its connection ended. */
async function client(proxy: FaultProxy) {
  const socket = connect(proxy.port, '127.0.0.1')
  clients.push(socket)
  const seen = { text: '', ended: undefined as string | undefined }
  socket.setEncoding('utf8').on('data', (text) => {
    seen.text += text
  })
  socket.on('end', () => {
    seen.ended ??= 'end'
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    seen.ended = error.code
  })
  await eventually(() => !socket.connecting, turnsMax)
  return { socket, seen, hears: (text: string) => eventually(() => seen.text === text, turnsMax) }
}

/** Enough turns for anything on its way on this machine to arrive. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i++) await settled()
}

describe('faultProxy', () => {
  test('without faults it carries what is said both ways, and the end', async () => {
    const proxy = await proxyOf()
    const { socket, seen, hears } = await client(proxy)
    socket.write('hello')
    await hears('hello')
    expect(proxy.connections).toBe(1)
    socket.end(' world')
    await hears('hello world')
    await eventually(() => seen.ended === 'end' && proxy.connections === 0, turnsMax)
  })

  test('a delay holds each piece up, in order', async () => {
    const proxy = await proxyOf({ faults: { delayMs: 100, jitterMs: 50 } })
    const { socket, seen, hears } = await client(proxy)
    for (const piece of ['a', 'b', 'c']) {
      socket.write(piece)
      await quiet()
    }
    await clock.advance(99)
    expect(seen.text).toBe('')
    // Up and down, with the most that is drawn for each.
    await eventually(async () => {
      await clock.advance(50)
      return seen.text === 'abc'
    })
    await hears('abc')
  })

  test('a bandwidth lets so many bytes through in a second', async () => {
    const proxy = await proxyOf({ faults: { bytesPerSec: 1_000 } })
    const { socket, seen } = await client(proxy)
    socket.write('x'.repeat(500))
    await quiet()
    await clock.advance(499)
    await quiet()
    expect(seen.text).toBe('')
    await clock.advance(1)
    await quiet()
    await clock.advance(500)
    await eventually(() => seen.text.length === 500, turnsMax)
  })

  test.each(['up', 'down', 'both'] as const)(
    'what is held (%s) comes when that is over, and so does the end',
    async (hold) => {
      const proxy = await proxyOf()
      const { socket, seen, hears } = await client(proxy)
      socket.write('1')
      await hears('1')
      await proxy.set({ hold })
      socket.end('2')
      await quiet()
      expect(seen).toEqual({ text: '1', ended: undefined })
      await proxy.set({})
      await hears('12')
      await eventually(() => seen.ended === 'end', turnsMax)
    },
  )

  test('of what is held no more than bufferBytesMax is taken from its sender', async () => {
    const proxy = await proxyOf({ bufferBytesMax: 64 * 1024, faults: { delayMs: 1_000 } })
    const { socket, seen } = await client(proxy)
    const bytes = 32 * 1024 * 1024
    socket.write('y'.repeat(bytes))
    await quiet()
    expect(socket.writableLength).toBeGreaterThan(bytes / 4)
    await proxy.set({})
    await eventually(async () => {
      await clock.advance(1_000)
      return seen.text.length === bytes
    }, turnsMax)
  })

  test('what is swallowed never arrives, and the connection is reset when that is over', async () => {
    const proxy = await proxyOf()
    const { socket, seen, hears } = await client(proxy)
    const { socket: idle, seen: idleSeen } = await client(proxy)
    socket.write('1')
    await hears('1')
    await proxy.set({ swallow: 'down' })
    socket.write('2')
    await quiet()
    expect(seen).toEqual({ text: '1', ended: undefined })
    await proxy.set({})
    await eventually(() => seen.ended === 'ECONNRESET', turnsMax)
    idle.write('3')
    await eventually(() => idleSeen.text === '3', turnsMax)
  })

  test('new connections are refused, reset or ignored, while those there are go on', async () => {
    const proxy = await proxyOf()
    const old = await client(proxy)
    await proxy.set({ accept: 'refuse' })
    const refused = await client(proxy)
    await eventually(() => refused.seen.ended === 'ECONNREFUSED', turnsMax)
    await proxy.set({ accept: 'reset' })
    const reset = await client(proxy)
    await eventually(() => reset.seen.ended === 'ECONNRESET', turnsMax)
    await proxy.set({ accept: 'ignore' })
    const ignored = await client(proxy)
    ignored.socket.write('anybody?')
    old.socket.write('still here')
    await old.hears('still here')
    await quiet()
    expect(ignored.seen).toEqual({ text: '', ended: undefined })
    await proxy.set({})
    await eventually(() => ignored.seen.ended === 'ECONNRESET', turnsMax)
    const fresh = await client(proxy)
    fresh.socket.write('new')
    await fresh.hears('new')
  })

  test('reset ends all connections, on both sides', async () => {
    const proxy = await proxyOf()
    const { seen } = await client(proxy)
    await eventually(() => serverSockets.length === 1, turnsMax)
    expect(proxy.reset()).toBe(1)
    await eventually(() => seen.ended === 'ECONNRESET' && serverSockets[0]?.destroyed === true, turnsMax)
    expect(proxy.reset()).toBe(0)
  })

  test('a server that is not there ends the connection, and what a server ends abruptly is reset', async () => {
    const proxy = await proxyOf()
    const { seen } = await client(proxy)
    await eventually(() => serverSockets.length === 1, turnsMax)
    serverSockets[0]?.resetAndDestroy()
    await eventually(() => seen.ended === 'ECONNRESET', turnsMax)
    server.close()
    const late = await client(proxy)
    await eventually(() => late.seen.ended === 'ECONNRESET', turnsMax)
  })

  test('carries connectionsMax connections, and resets and counts one more', async () => {
    const proxy = await proxyOf({ connectionsMax: 2 })
    const first = await client(proxy)
    await client(proxy)
    first.socket.write('in')
    await first.hears('in')
    const third = await client(proxy)
    await eventually(() => third.seen.ended === 'ECONNRESET', turnsMax)
    expect([proxy.connections, proxy.refused]).toEqual([2, 1])
  })

  test('closing ends everything, twice too', async () => {
    const proxy = await proxyOf({ faults: { delayMs: 50 } })
    const { socket, seen } = await client(proxy)
    socket.write('late')
    await quiet()
    await proxy[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await eventually(() => seen.ended === 'ECONNRESET', turnsMax)
    expect(clock.pendingTimers).toBe(0)
    const late = await client(proxy)
    await eventually(() => late.seen.ended === 'ECONNREFUSED', turnsMax)
  })

  test('a port that is taken and an address that is none are refused', async () => {
    await expect(proxyOf({ listen: target() })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await expect(faultProxy({ to: 'nowhere' })).rejects.toThrow('faultProxy: to: expected host:port, got "nowhere"')
    await expect(faultProxy({ to: '127.0.0.1:0' })).rejects.toThrow('to: expected host:port')
    await expect(faultProxy({ to: target(), faults: { hold: 'left' } as never })).rejects.toThrow('one of none, up')
  })
})
