/** The configuration of `deploy/`, read and run by real nats-servers. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureNats } from '../../../tools/ensure-nats.mjs'
import { deployFolder, deployText } from '../../deploy/deploy-file.fixture.ts'
import { until } from '../until.ts'

const conf = path.join(deployFolder, 'nats/nats.conf')
const names = ['nats-0', 'nats-1', 'nats-2'] as const
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nats-conf-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What compose and Kubernetes give. */
function variables(name: string, routes: readonly string[]): { readonly [name: string]: string } {
  const given = Object.fromEntries(routes.map((route, i) => [`NATS_ROUTE_${i + 1}`, `nats://route:r1@${route}`]))
  return { SERVER_NAME: name, NATS_USER: 'mabeam', NATS_PASSWORD: 'p1', NATS_ROUTE_PASSWORD: 'r1', ...given }
}

function checked(file: string, without?: string) {
  const env = {
    ...variables(
      'nats-0',
      names.map((name) => `${name}.nats-headless:6222`),
    ),
  }
  if (without !== undefined) delete env[without]
  const { status, stderr, stdout } = spawnSync(ensureNats(), ['-t', '-c', file], { env, encoding: 'utf8' })
  return { status, said: stderr + stdout }
}

test('a nats-server takes nats.conf with the variables that compose and Kubernetes give', () => {
  expect(checked(conf)).toMatchObject({ status: 0 })
})

test('it names a variable that is missing, and refuses a block that it does not know', () => {
  expect(checked(conf, 'NATS_PASSWORD').said).toContain('NATS_PASSWORD')
  const file = path.join(folder, 'wrong.conf')
  writeFileSync(file, deployText('nats/nats.conf').replace('lame_duck_duration', 'lame_duck_length'))
  expect(checked(file).status).not.toBe(0)
})

/** A misspelt setting of JetStream is taken without a word, so what a server runs with is asked of it. */
test('three servers of this configuration form a cluster that syncs each write and asks who is there', async ({
  signal,
}) => {
  const ports = await freePorts(9)
  const [clients, routes, monitors] = [ports.slice(0, 3), ports.slice(3, 6), ports.slice(6)]
  const env = (name: string) =>
    variables(
      name,
      routes.map((port) => `127.0.0.1:${port}`),
    )
  const servers = names.map((name, i) => {
    const file = path.join(folder, `${name}.conf`)
    writeFileSync(file, deployText('nats/nats.conf').replace('"/data"', JSON.stringify(path.join(folder, name))))
    const args = ['-c', file, '-a', '127.0.0.1', '-p', `${clients[i]}`, '-m', `${monitors[i]}`]
    const own = ['--cluster', `nats://127.0.0.1:${routes[i]}`, '-P', path.join(folder, `${name}.pid`)]
    return spawn(ensureNats(), [...args, ...own], { env: env(name), stdio: 'ignore' })
  })
  try {
    await until(async () => {
      const asked = monitors.map((port) => fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))
      return (await Promise.all(asked)).every((answer) => answer?.status === 200)
    }, signal)
    const report = (await (await fetch(`http://127.0.0.1:${monitors[0]}/varz`)).json()) as { [key: string]: unknown }
    expect(report.jetstream).toMatchObject({ config: { sync_always: true, max_storage: 8 * 1_024 ** 3 } })
    expect(report).toMatchObject({ auth_required: true, cluster: { name: 'mabeam' } })
    const { meta_cluster } = (await (await fetch(`http://127.0.0.1:${monitors[0]}/jsz`)).json()) as {
      meta_cluster: object
    }
    expect(meta_cluster).toMatchObject({ cluster_size: 3 })
  } finally {
    const ends = servers.map((server) => once(server, 'exit'))
    for (const server of servers) server.kill('SIGKILL')
    await Promise.all(ends)
  }
})

async function freePorts(count: number): Promise<readonly number[]> {
  const open = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = open.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(open.map((server) => once(server.close(), 'close')))
  return ports
}
