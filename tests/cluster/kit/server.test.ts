/** A real nats-server: it starts, dies, comes back, and says what is wrong with it. */

import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNatsServer, startNatsServer } from '@mabeam/engine-nats/server'
import { eventually } from '@mabeam/foundation/testing'
import { connect } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-server-test-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('startNatsServer', () => {
  test('is ready for clients when it resolves, and gone with its store when it is closed', async () => {
    const server = await startNatsServer({ name: 'one' })
    await using client = await closing(connect({ servers: server.url, reconnect: false }))
    expect(client.info).toMatchObject({ server_name: 'one', jetstream: true, version: server.version })
    await server.health()
    expect(await server.monitor('varz')).toMatchObject({ server_name: 'one' })
    expect((await stat(server.storeDir)).isDirectory()).toBe(true)
    const store = server.storeDir
    await server.close()
    await server.close()
    await expect(stat(store)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(server.health()).rejects.toMatchObject({ code: 'engine-nats/server-silent' })
    await expect(server.restart()).rejects.toMatchObject({ code: 'engine-nats/server-closed' })
  })

  test('comes back at the same address with the same store, after a kill and after a clean end', async () => {
    await using server = await startNatsServer({ storeDir: join(folder, 'store') })
    const { address, monitorUrl, pid } = server
    await server.kill()
    expect(server.pid).toBeUndefined()
    expect(await server.ended).toEqual({ status: null, signal: 'SIGKILL' })
    await server.restart()
    expect([server.address, server.monitorUrl]).toEqual([address, monitorUrl])
    expect(server.pid).not.toBe(pid)
    await server.restart()
    await server.health()
    await server.close()
    expect(await readdir(join(folder, 'store'))).toContain('jetstream')
  })

  test('stands still while it is paused', async () => {
    await using server = await startNatsServer()
    server.pause()
    // What it had begun to answer when the signal came still arrives.
    const failure = () =>
      server.health().then(
        () => undefined,
        (thrown) => thrown,
      )
    await eventually(async () => (await failure()) !== undefined)
    expect(await failure()).toMatchObject({ code: 'engine-nats/server-silent', retryable: true })
    server.resume()
    await server.health()
    server.pause()
    await server.restart()
    await server.health()
  })

  test('tells its clients before it ends as a lame duck', async () => {
    await using server = await startNatsServer({
      config: { lame_duck_grace_period: '100ms', lame_duck_duration: '30s' },
    })
    await using client = await closing(connect({ servers: server.url, reconnect: false }))
    const told = (async () => {
      for await (const status of client.status()) if (status.type === 'ldm') return status.type
      return undefined
    })()
    const closed = server.close({ lameDuck: true })
    expect(await told).toBe('ldm')
    await client.close()
    await closed
  })

  test('lets in who has the token or the password, and nobody else', async () => {
    await using token = await startNatsServer({ auth: { token: 'secret-1' } })
    await using user = await startNatsServer({ auth: { user: 'u', password: 'secret-2' } })
    await closing(connect({ servers: token.url, token: 'secret-1' })).then((client) => client.close())
    await closing(connect({ servers: user.url, user: 'u', pass: 'secret-2' })).then((client) => client.close())
    await expect(connect({ servers: token.url, token: 'other', reconnect: false })).rejects.toThrow(/[Aa]uthorization/)
    await expect(connect({ servers: user.url, reconnect: false })).rejects.toThrow(/[Aa]uthorization/)
  })

  test('says in one sentence that a port is taken, of clients and of other servers', async () => {
    await using server = await startNatsServer()
    const port = Number(server.address.split(':').at(-1))
    await expect(startNatsServer({ port })).rejects.toMatchObject({
      code: 'engine-nats/port-taken',
      message: `nats-server: the address ${server.address} is taken; end what listens there, or choose another port (0 takes a free one)`,
    })
    const cluster = { name: 'c', port, routes: ['127.0.0.1:1'] }
    await expect(startNatsServer({ cluster })).rejects.toMatchObject({ code: 'engine-nats/port-taken' })
    await expect(startNatsServer({ host: '10.254.254.254' })).rejects.toMatchObject({
      code: 'engine-nats/address-not-here',
    })
  })

  test('says what is wrong with its configuration, its store and its options', async () => {
    await expect(startNatsServer({ config: { max_paylod: 1 } })).rejects.toMatchObject({
      code: 'engine-nats/invalid-server-config',
      message: expect.stringContaining('unknown field "max_paylod"'),
    })
    await expect(startNatsServer({ tls: { cert: '/none', key: '/none' } })).rejects.toMatchObject({
      code: 'engine-nats/invalid-server-config',
      message: expect.stringContaining('no such file'),
    })
    await writeFile(join(folder, 'file'), '')
    await expect(startNatsServer({ storeDir: join(folder, 'file', 'store') })).rejects.toMatchObject({
      code: 'engine-nats/store-not-writable',
    })
    await expect(startNatsServer({ prt: 1 } as object)).rejects.toThrow('did you mean "port"?')
    await expect(startNatsServer({ name: 'a b' })).rejects.toThrow('name: expected letters, digits, - and _')
    await expect(startNatsServer({ auth: { token: '' } })).rejects.toThrow('startNatsServer: auth: token')
  })

  test('is killed when it is not ready in time', async () => {
    // Never ready: a server that starts while this thread is busy could be, before its time is looked at.
    const command = () => ({ program: process.execPath, args: ['-e', 'setInterval(() => {}, 1_000)'] })
    await expect(startNatsServer({ readyTimeoutMs: 1, command })).rejects.toMatchObject({
      code: 'engine-nats/server-not-ready',
    })
  })

  test('leaves nothing behind when it could not start', async () => {
    // A place of its own: other tests have servers too.
    const { TMPDIR } = process.env
    process.env.TMPDIR = folder
    try {
      await expect(startNatsServer({ config: { nonsense: 1 } })).rejects.toThrow('unknown field')
      expect(await readdir(folder)).toEqual([])
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = TMPDIR
    }
  })
})

describe('findNatsServer', () => {
  test('finds the one of these tests, and refuses what is too old, missing, or no such program', async () => {
    const { path, version } = await findNatsServer()
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
    expect(await findNatsServer({ PATH: join(path, '..') })).toEqual({ path, version })
    await mkdir(join(folder, 'mabeam'))
    const old = join(folder, 'mabeam', 'nats-server')
    await writeFile(old, '#!/bin/sh\necho nats-server: v2.9.10\n')
    await chmod(old, 0o755)
    const env = { PATH: '', XDG_CACHE_HOME: folder }
    await expect(findNatsServer(env)).rejects.toMatchObject({
      code: 'engine-nats/server-too-old',
      message: expect.stringContaining(`expected nats-server 2.15 or newer, got 2.9.10 at ${old}; install`),
    })
    await writeFile(old, '#!/bin/sh\nexit 1\n')
    await expect(findNatsServer(env)).rejects.toMatchObject({ code: 'engine-nats/server-missing' })
    await expect(startNatsServer({ program: '/none' })).rejects.toThrow('there is no nats-server in /none; install')
  })
})

test('a port of something else is no server', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  try {
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    await expect(startNatsServer({ port })).rejects.toMatchObject({ code: 'engine-nats/port-taken' })
  } finally {
    other.close()
  }
})

async function closing<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T & AsyncDisposable> {
  const opened = await opening
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() })
}
