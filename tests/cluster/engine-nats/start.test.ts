/** What the start says of servers that are not there, not ours, or not fit. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nats, natsReadiness } from '@mabeam/engine-nats'
import { startNatsServer } from '@mabeam/engine-nats/server'
import { natsServers } from '@mabeam/engine-nats/testing'
import { seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { connect, nkeys } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { operatorMode } from './accounts.ts'
import { opened, refusal } from './opened.ts'

const port = { system: 'test', name: 'n', clock: systemClock, random: seededRandom(1), telemetry: silentTelemetry }
const inline = { pulse: 'inline' } as const

describe('a start is refused', () => {
  test('when no server is there, and names those that were tried', async () => {
    const error = await refusal({ ...inline, connectTimeoutMs: 500, servers: ['127.0.0.1:9', '127.0.0.1:10'] })
    expect(error).toMatchObject({ code: 'engine-nats/no-server', retryable: true })
    expect(error.message).toMatch('tried 127.0.0.1:9, 127.0.0.1:10 (nothing listens there); start one')
  })

  test('when the credentials are wrong or missing, and never says them', async () => {
    await using server = await startNatsServer({ auth: { user: 'app', password: 'hunter2' } })
    const wrong = await refusal({ ...inline, servers: server.url, credentials: { user: 'app', password: 'hunter3' } })
    expect(wrong.code).toBe('engine-nats/wrong-credentials')
    expect(wrong.message).toMatch('user and password')
    expect(JSON.stringify([wrong, wrong.message, String(wrong.cause)])).not.toMatch(/hunter/)
    expect((await refusal({ ...inline, servers: server.url })).message).toMatch('none were given')
  })

  test('when JetStream is off', async () => {
    await using server = await startNatsServer({ jetstream: false })
    const error = await refusal({ ...inline, servers: server.url })
    expect(error.code).toBe('engine-nats/no-jetstream')
    expect(error.message).toMatch('start it with -js')
  })

  test('when one copy is kept and nobody said that this is meant', async () => {
    await using server = await startNatsServer()
    const error = await refusal({ ...inline, servers: server.url, durability: 'strict' })
    expect(error.code).toBe('engine-nats/not-replicated')
    expect(error.message).toMatch("durability: 'relaxed'")
    expect((await refusal({ ...inline, servers: server.url, replicas: 3 })).code).toBe('engine-nats/too-few-servers')
  })

  test('when one server that is alone goes by three addresses', async () => {
    await using server = await startNatsServer()
    const servers = [server.address, '127.0.0.1:9', '127.0.0.1:10']
    expect((await refusal({ ...inline, servers, durability: 'strict' })).code).toBe('engine-nats/not-replicated')
  })

  test('when the disk is synced later, where the monitoring says so', async () => {
    await using late = await startNatsServer()
    await using always = await startNatsServer({ sync: 'always' })
    const codes = async (server: typeof late) =>
      (await natsReadiness({ ...inline, servers: server.url, monitor: server.monitorUrl }, port)).map(
        ({ code }) => code,
      )
    expect(await codes(late)).toEqual(['not-replicated', 'not-synced'])
    expect(await codes(always)).toEqual(['not-replicated'])
    // The server that is asked may be the one that is away: no reason to refuse the others.
    const nowhere = { ...inline, servers: late.url, monitor: 'http://127.0.0.1:9', durability: 'relaxed' } as const
    const findings = await natsReadiness(nowhere, port)
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toContain('warning monitor-unreadable')
    expect(findings.some(({ severity }) => severity === 'error')).toBe(false)
  })

  test('when the server has no TLS and it is asked for', async () => {
    await using server = await startNatsServer()
    expect((await refusal({ ...inline, servers: server.url, tls: true })).code).toBe('engine-nats/tls-failed')
  })
})

describe('credentials', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mabeam-start-'))
    process.env.MABEAM_TEST_TOKEN = 'a token'
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
    delete process.env.MABEAM_TEST_TOKEN
  })

  test('a token from the environment and an NKey from a file are taken, by the thread of the pulse too', async () => {
    const pair = nkeys.createUser()
    writeFileSync(join(folder, 'seed'), new TextDecoder().decode(pair.getSeed()))
    for (const [auth, credentials] of [
      [{ token: 'a token' }, { token: 'env:MABEAM_TEST_TOKEN' }],
      [{ nkeys: [pair.getPublicKey()] }, { nkey: `file:${join(folder, 'seed')}` }],
    ] as const) {
      await using server = await startNatsServer({ auth })
      await using one = await opened('one', { servers: server.url, credentials })
      await using _ = await one.engine.pulse({
        beats: 'test.session.beat',
        probes: 'test.session.probe',
        everyMs: 1_000,
      })
      expect((await one.engine.request('test.session.probe', new Uint8Array(0))).length).toBe(0)
    }
  })
})

describe('the JWT of a credentials file', () => {
  test('is taken by a server that knows accounts by their operator', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mabeam-creds-'))
    try {
      const { config, creds } = operatorMode()
      writeFileSync(join(folder, 'app.creds'), creds)
      await using server = await startNatsServer({ config })
      const servers = server.url
      expect((await refusal({ ...inline, servers })).code).toBe('engine-nats/wrong-credentials')
      await using one = await opened('one', { servers, credentials: { creds: `file:${join(folder, 'app.creds')}` } })
      await using _ = await one.engine.pulse({
        beats: 'test.session.beat',
        probes: 'test.session.probe',
        everyMs: 1_000,
      })
      expect((await one.engine.request('test.session.probe', new Uint8Array(0))).length).toBe(0)
      const state = await one.engine.state('test-state')
      expect(await state.create('a', new Uint8Array(1))).toBeGreaterThan(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('TLS', () => {
  test('is spoken with a server whose certificate is trusted, and refused with one whose is not', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'mabeam-tls-'))
    try {
      const [ca, key] = [join(folder, 'ca.pem'), join(folder, 'key.pem')]
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const made = spawnSync('openssl', [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        ca,
        ...subject,
      ])
      if (made.status !== 0) return context.skip('openssl is not here to make a certificate')
      await using server = await startNatsServer({ tls: { cert: ca, key } })
      const servers = server.address
      await using one = await opened('one', { ...inline, servers, tls: { ca } })
      await one.engine.subscribe('test.ask', (message) => message.respond(message.body))
      expect((await one.engine.request('test.ask', new Uint8Array(3))).length).toBe(3)
      expect((await refusal({ ...inline, servers, tls: true })).code).toBe('engine-nats/tls-failed')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a clock that is an hour off', () => {
  test.for([3_600_000, -3_600_000])('by %i ms is said, and harms nothing', async (offMs) => {
    await using server = await startNatsServer()
    const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + offMs }
    const options = { ...inline, servers: server.url, durability: 'relaxed' } as const
    const findings = await natsReadiness(options, { ...port, clock })
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toContain('warning clock-skew')
    const engine = await nats(options)({ ...port, clock })
    try {
      const lasting = await engine.state('test-skewed', { expiryMs: 60_000 })
      await lasting.put('a', new Uint8Array(1))
      const state = await engine.state('test-skewed-too', { expiryMs: 1_000 })
      const gone = Promise.withResolvers<boolean>()
      await state.watch('a', (change) => change.type === 'delete' && gone.resolve(change.expired))
      await state.put('a', new Uint8Array(1))
      expect(await gone.promise).toBe(true)
      expect((await lasting.get('a'))?.value.length).toBe(1)
      const statuses: string[] = []
      engine.onStatus((status) => statuses.push(status))
      await server.restart()
      await eventually(() => statuses.includes('disconnected') && engine.status === 'connected', 10_000_000)
    } finally {
      await engine.close()
    }
  })
})

describe('permissions', () => {
  test('what the account may not is refused with the subject, and told', async () => {
    const permissions = { publish: { deny: 'test.secret' }, subscribe: { deny: 'test.hidden' } }
    const config = { authorization: { users: [{ user: 'app', password: 'p', permissions }] } }
    await using server = await startNatsServer({ config })
    await using one = await opened('one', {
      ...inline,
      servers: server.url,
      credentials: { user: 'app', password: 'p' },
    })
    const { engine } = one
    await expect(engine.subscribe('test.hidden', () => {})).rejects.toMatchObject({
      code: 'engine-nats/not-permitted',
      data: { operation: 'subscribe', subject: 'test.hidden' },
    })
    await expect(engine.request('test.secret', new Uint8Array(0))).rejects.toMatchObject({
      code: 'engine-nats/not-permitted',
      data: { operation: 'publish', subject: 'test.secret' },
    })
    const denied = one.events.filter(({ name }) => name === 'engine-nats.permission-denied')
    expect(denied.map(({ metadata }) => metadata.subject)).toEqual(['test.hidden', 'test.secret'])
    await engine.subscribe('test.open', (message) => message.respond(message.body))
    expect((await engine.request('test.open', new Uint8Array(1))).length).toBe(1)
  })
})

describe('tools of NATS', () => {
  test('see each node as a service, unless it is said that they should not', async () => {
    await using server = await startNatsServer()
    await using one = await opened('one', { ...inline, servers: server.url })
    await using _ = await opened('hidden', { ...inline, servers: server.url, service: false })
    const client = await connect({ servers: server.url })
    try {
      const seen: unknown[] = []
      const asked = await client.requestMany('$SRV.PING', '', { strategy: 'stall', maxWait: 20_000, stall: 200 })
      for await (const answer of asked) seen.push(answer.json())
      expect(seen).toMatchObject([{ name: 'test', id: 'one' }])
      const stats = await client.request('$SRV.STATS.test.one', '', { timeout: 20_000 })
      expect(stats.json()).toMatchObject({ endpoints: [{ subject: 'test.node.one' }] })
    } finally {
      await client.close()
    }
    expect(one.engine.status).toBe('connected')
  })
})

describe('readiness', () => {
  test('of three servers with synced disks is said, with the copies that are kept', async () => {
    await using servers = await natsServers({ count: 3, server: { sync: 'always' } })
    const { monitorUrl: monitor = '' } = servers.all[0] ?? {}
    const options = { servers: servers.urls, monitor, pulse: 'inline' } as const
    expect(await natsReadiness(options, port)).toMatchObject([{ severity: 'info', code: 'servers-fit' }])
    await using one = await opened('strict', { ...options, durability: 'strict' })
    expect(one.engine.status).toBe('connected')
  })
})
