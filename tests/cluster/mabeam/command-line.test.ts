/** The command line and `startNode` on a real nats-server. */

import { resolve } from 'node:path'
import { startNatsServer } from '@mabeam/engine-nats/server'
import { type ClusterStatus, isMabeamError } from '@mabeam/foundation'
import { type StartOptions, startNode } from 'mabeam'
import { afterEach, describe, expect, it } from 'vitest'
import { printed, workplace } from '../../e2e/mabeam-process.ts'
import { until } from '../until.ts'

const indexer = resolve(import.meta.dirname, '../../../examples/05-cluster/indexer.ts')

/** In an environment of its own, without a file. */
const start = (options: StartOptions, env: { readonly [name: string]: string } = {}) =>
  startNode({ configuration: { file: false, env }, ...options })

const failure = async (options: StartOptions, env?: { readonly [name: string]: string }) => {
  const thrown = await start(options, env).then(
    () => undefined,
    (error: unknown) => error,
  )
  return isMabeamError(thrown) ? thrown.code : thrown
}

describe('mabeam cluster up --engine nats', () => {
  it('starts a server for its nodes, and says how to look at them', async () => {
    await using place = await workplace()
    const up = place.start(['cluster', 'up', '--nodes', '2', '--engine', 'nats', '--program', indexer])
    const servers = await printed(up.child, /up: 2 nodes of system mabeam on engine nats .* --servers (\S+) shows/)
    const looked = await place.run(['cluster', 'status', '--json', '--servers', servers])
    const { nodes, places, engine } = JSON.parse(looked.stdout) as ClusterStatus
    expect(engine).toEqual({ name: 'nats', status: 'connected' })
    expect(nodes.map(({ name, presence }) => `${name} ${presence}`)).toEqual(['node-1 here', 'node-2 here'])
    const holder = places[0]?.node as string
    expect(await place.run(['cluster', 'leave', holder, '--servers', servers])).toMatchObject({ status: 0, stderr: '' })
    up.child.kill('SIGINT')
    expect(await up.ended).toMatchObject({ status: 0, signal: null })
  })
})

describe('mabeam cluster status', () => {
  it('says in one sentence that no server is there, and how to get one', async () => {
    await using place = await workplace()
    const { status, stdout, stderr } = await place.run(['cluster', 'status', '--servers', '127.0.0.1:1'])
    expect(stderr).toMatch(/^mabeam: no NATS server was reached [^\n]*127\.0\.0\.1:1[^\n]*nats-server[^\n]*\n$/)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  })
})

describe('mabeam dev --nats', () => {
  it('runs a program on a server that is started for it, and ends with it', async () => {
    await using place = await workplace()
    await place.write('app.mjs', 'console.log(process.env.MABEAM_CLUSTER, process.env.MABEAM_CLUSTER__SERVERS)')
    const { status, stdout, stderr } = await place.run(['dev', 'app.mjs', '--nats', '--port', '0'])
    expect(stdout).toMatch(/^nats nats:\/\/127\.0\.0\.1:\d+\n$/)
    expect(stderr).toContain(stdout.trim().slice('nats '.length))
    expect(status).toBe(0)
  })

  it('keeps what was on the server until the next time, and refuses a port that is taken', async () => {
    await using place = await workplace()
    const first = place.start(['dev', '--nats', '--port', '0'])
    const url = await printed(first.child, /at (nats:\S+), keeping/)
    const port = new URL(url).port
    const second = await place.run(['dev', '--nats', '--port', port])
    expect(second).toMatchObject({ status: 1, stdout: '' })
    expect(second.stderr).toMatch(/^mabeam: [^\n]*taken[^\n]*\n$/)
    {
      await using node = await start({ cluster: { kind: 'nats', servers: url } })
      await (await node.engine.state('notes')).put('a', new Uint8Array([7]))
    }
    first.child.kill('SIGINT')
    expect(await first.ended).toMatchObject({ status: 0 })
    const again = place.start(['dev', '--nats', '--port', port])
    await printed(again.child, /keeping/)
    {
      await using node = await start({ cluster: { kind: 'nats', servers: url } })
      expect((await (await node.engine.state('notes')).get('a'))?.value).toEqual(new Uint8Array([7]))
    }
    again.child.kill('SIGINT')
    expect(await again.ended).toMatchObject({ status: 0 })
  })
})

describe('startNode', () => {
  afterEach(() => {
    delete process.env.MABEAM_TEST_TOKEN
  })

  it('finds nodes of its system on servers that are named, or reachable', async () => {
    await using server = await startNatsServer()
    const lines: string[] = []
    await using a = await start({ name: 'a', cluster: { kind: 'nats', servers: server.url } })
    await using b = await start(
      { name: 'b', cluster: 'auto', log: (line) => lines.push(line) },
      { NATS_URL: server.url },
    )
    const membership = await b.membership()
    await until(() => membership.members().some(({ name }) => name === 'a'))
    expect(a.engine.name).toBe('nats')
    expect(lines[0]).toBe(
      `b of system mabeam: engine nats (cluster is auto (code), and ${server.address} is reachable), profile development`,
    )
  })

  it('shows the server a secret that stands elsewhere, and is refused with a wrong one', async () => {
    await using server = await startNatsServer({ auth: { token: 'right' } })
    process.env.MABEAM_TEST_TOKEN = 'right'
    const cluster = { kind: 'nats', servers: server.url } as const
    await using node = await start({ cluster: { ...cluster, credentials: { token: 'env:MABEAM_TEST_TOKEN' } } })
    expect(node.engine.status).toBe('connected')
    expect(await failure({ cluster: { ...cluster, credentials: { token: 'wrong' } } })).toBe(
      'engine-nats/wrong-credentials',
    )
    expect(await failure({ cluster })).toBe('engine-nats/wrong-credentials')
  })

  it('keeps to one server in production only where that is said', async () => {
    await using server = await startNatsServer()
    const options = { profile: 'production', cluster: { kind: 'nats', servers: server.url } } as const
    expect(await failure(options)).toBe('engine-nats/not-replicated')
    await using node = await start({ ...options, cluster: { ...options.cluster, durability: 'relaxed' } })
    expect(node.engine.name).toBe('nats')
  })
})
