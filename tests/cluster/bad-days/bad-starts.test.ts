/**
 * What a user is told who starts a node where it can't be: one sentence that says what is wrong and what to do. The same of engines
 * alone is in `../engine-nats/start.test.ts`, of the command line in `../mabeam/command-line.test.ts` and of servers, whose port
 * may be taken, in `../kit/server.test.ts`.
 */

import { connect, createServer, type Server } from 'node:net'
import { type NatsOptions, nats } from '@mabeam/engine-nats'
import { type NatsServerOptions, startNatsServer } from '@mabeam/engine-nats/server'
import { isMabeamError, type MabeamError, startNode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { call, type Troubled, TroubledNodes } from './troubled-nodes.ts'

/** What a node says that does not start. */
async function refusal(options: NatsOptions): Promise<MabeamError> {
  try {
    await using _ = await startNode({ engine: nats(options) })
  } catch (thrown) {
    if (isMabeamError(thrown)) return thrown
    throw thrown
  }
  throw new Error('it was started')
}

/** A server that says of itself that it is older than it is. */
async function oldServer(address: string, version: string, told: string): Promise<Server & AsyncDisposable> {
  const [host = '', port = ''] = address.split(':')
  const proxy = createServer((client) => {
    const server = connect(Number(port), host)
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
    client.pipe(server)
    server.on('data', (chunk: Buffer) => {
      client.write(Buffer.from(chunk.toString('latin1').replaceAll(`"${version}"`, `"${told}"`), 'latin1'))
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return Object.assign(proxy, {
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => proxy.close(() => resolve())),
  })
}

describe('a node is not started, and one sentence says what is wrong and what to do', () => {
  test('when no server is there', async () => {
    const { code, message } = await refusal({ servers: '127.0.0.1:9', connectTimeoutMs: 1_000 })
    expect(code).toBe('engine-nats/no-server')
    expect(message).toBe(
      'no NATS server was reached within 1000 ms: tried 127.0.0.1:9 (nothing listens there); start one (nats-server -js) or set servers',
    )
  })

  const servers: readonly [string, NatsServerOptions, Omit<NatsOptions, 'servers'>, string, RegExp][] = [
    [
      'when the credentials are wrong',
      { auth: { user: 'app', password: 'right' } },
      { credentials: { user: 'app', password: 'wrong' } },
      'engine-nats/wrong-credentials',
      /^the NATS server \S+ refused the credentials \(user and password\); set credentials to what its configuration expects$/,
    ],
    [
      'when JetStream is off',
      { jetstream: false },
      {},
      'engine-nats/no-jetstream',
      /^the NATS server \S+ has no JetStream for this account \([^;]+\); start it with -js or [^;]+$/,
    ],
    [
      'when one copy is kept in production',
      {},
      {},
      'engine-nats/not-replicated',
      /^one copy is kept of everything: the loss of one server loses it or stops all writes; start three servers, or say durability: 'relaxed'$/,
    ],
    [
      'when the server has no TLS and it is asked for',
      {},
      { tls: true },
      'engine-nats/tls-failed',
      /^no secure connection to the NATS server \S+: [^;]+; set tls \(ca, cert, key\) to match the server's$/,
    ],
  ]
  test.for(servers)('%s', async ([, server, options, code, sentence]) => {
    await using started = await startNatsServer(server)
    const said = await refusal({ ...options, servers: started.url })
    expect(said.message).toMatch(sentence)
    expect(said.code).toBe(code)
  })

  test('when the server is too old', async () => {
    await using server = await startNatsServer()
    await using old = await oldServer(server.address, server.version, '2.9.10')
    const { port } = old.address() as { readonly port: number }
    const said = await refusal({ servers: `127.0.0.1:${port}`, durability: 'relaxed' })
    expect(said.code).toBe('engine-nats/cluster-too-old')
    expect(said.message).toMatch(
      /^expected NATS 2\.11\.0 or newer, got 2\.9\.10 of \S+: older ones ignore expiry without a word; update the servers$/,
    )
  })
})

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  test('of two systems of one name the second is refused, and the first goes on', async () => {
    await using nodes = await TroubledNodes.open(engine)
    const [shop] = (await nodes.start(['shop'], { systemId: 'shop' })) as [Troubled]
    await shop.ask('spawn', 'till')
    const blog = await nodes.process('blog')
    const said = await blog.ask('start', { engine, where: nodes.where, systemId: 'blog' })
    expect(said.sentence).toBe(
      'system mabeam: expected its nodes to have systemId "blog", got "shop"; give one of the two systems another name, or an engine of its own',
    )
    expect(said.code).toBe('foundation/system-taken')
    await blog.stop()
    expect(await call(shop, { actor: 'till' })).toMatchObject({ value: 1 })
    expect((await shop.ask('members', undefined)).blog).not.toBe('alive')
  })

  test('nodes whose clocks are an hour off meet, hold what they hold, and are replaced when they die', async () => {
    await using nodes = await TroubledNodes.open(engine)
    const hourMs = 3_600_000
    const all = await Promise.all([0, hourMs, -hourMs].map((offMs, i) => nodes.add(`n${i + 1}`, { offMs })))
    const [right, ahead, behind] = all as [Troubled, Troubled, Troubled]
    await nodes.meet()
    await ahead.ask('place', 'keeper')
    await until(() => nodes.runs.length === 1)
    for (const one of [right, behind]) await one.ask('place', 'keeper')
    for (const one of all) expect((await call(one, { actor: 'keeper' })).code).toBeUndefined()
    for (const one of all) expect(await one.ask('told', ['foundation.session-lost'])).toEqual([])
    await ahead.kill()
    await until(() => nodes.runs.length === 2)
    await until(async () => (await call(right, { actor: 'keeper', timeoutMs: 2_000 })).code === undefined)
    // Its clock was set right meanwhile: the next life of the node begins before the one that is over.
    const again = await nodes.add('n2')
    await nodes.meet()
    await again.ask('spawn', 'back')
    expect(await call(behind, { actor: 'back' })).toMatchObject({ value: 1 })
    expect(nodes.runs).toHaveLength(2)
  })
})
