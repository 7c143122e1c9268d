/** Nodes that sign their messages, in processes of their own on a real server, and what a process without their secret can do. */

import { resolve } from 'node:path'
import { nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { type ClusterStatus, openCluster, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import { describe, expect, it } from 'vitest'
import { printed, workplace } from '../../e2e/mabeam-process.ts'
import { until } from '../until.ts'
import type { Calls, SignedNode } from './signed-node.ts'

const indexer = resolve(import.meta.dirname, '../../../examples/05-cluster/indexer.ts')
const [old, next, foreign] = ['hunter2-'.repeat(5), 'swordfish-'.repeat(5), 'guessed-'.repeat(5)]
const module = new URL('./signed-node.ts', import.meta.url)

const started = async (servers: readonly string[], name: string, secrets?: readonly string[]) => {
  const one = await nodeProcess<SignedNode>({ module, name })
  const said = await one.ask('start', { name, servers, ...(secrets && { secrets }) })
  return { one, said }
}

describe('a process without the secret', () => {
  it('can neither join, nor call, nor drain, nor put words into the mouth of a node', async () => {
    await using servers = await natsServers()
    await using a = (await started(servers.urls, 'a', [old])).one
    await a.ask('spawn', null)
    for (const [secrets, sentence] of [
      [
        undefined,
        /^foundation\/secret-differs system shop: node a signs its messages, and this one was given no secret/,
      ],
      [[foreign], /^foundation\/secret-differs .* node a signs with a secret that this one does not have/],
    ] as const) {
      const other = await started(servers.urls, 'b', secrets)
      expect(other.said).toMatch(sentence)
      await other.one.kill()
    }
    const engine = nats({ servers: servers.urls, durability: 'relaxed' })
    {
      await using cluster = await openCluster({ engine, system: 'shop' })
      await expect(cluster.drain('a')).rejects.toMatchObject({ code: 'foundation/operation-refused' })
      await expect(cluster.leave('a')).rejects.toMatchObject({ data: { reason: 'unsigned' } })
    }
    {
      const security = { secret: foreign }
      await using cluster = await openCluster({ engine, system: 'shop', security })
      await expect(cluster.drain('a')).rejects.toMatchObject({ data: { reason: 'unknown-secret' } })
    }
    const port = {
      system: 'shop',
      name: 'thief',
      clock: systemClock,
      random: seededRandom(1),
      telemetry: silentTelemetry,
    }
    await using thief = await engine(port)
    const refusal = await thief.request('shop.node.a', new Uint8Array([1, 1, 0]))
    expect([...refusal]).toEqual([0xc1, 1, 0, 1])
    // What was overheard while somebody who may has drained it, and took that back.
    const heard: Uint8Array[] = []
    await using _ = await thief.subscribe('shop.operations.node.a', ({ body }) => void heard.push(body.slice()))
    await using cluster = await openCluster({ engine, system: 'shop', security: { secret: old } })
    await cluster.drain('a', { timeoutMs: 500 })
    await cluster.undrain('a')
    // It may hear of it later than who has asked has the answer.
    await until(() => heard.length === 2)
    const overheard = [...heard]
    for (const one of overheard) await thief.request('shop.operations.node.a', one, { timeoutMs: 200 }).catch(() => {})
    expect(overheard).toHaveLength(2)
    expect(await a.ask('phase', null)).toBe('serving')
  })
})

describe('a secret that is replaced', () => {
  it('is none that any message is refused for: processes are started again one by one, with old, old and new, new and old, new', async () => {
    await using servers = await natsServers()
    await using stack = new AsyncDisposableStack()
    const names = ['a', 'b', 'c']
    const running = new Map<string, NodeProcess<SignedNode>>()
    const calls: Calls[] = []
    const begin = async (name: string, secrets: readonly string[]) => {
      const { one, said } = await started(servers.urls, name, secrets)
      stack.use(one)
      expect(said).toBe('started')
      running.set(name, one)
      return one
    }
    for (const name of names) await begin(name, [old])
    await running.get('a')?.ask('spawn', null)
    for (const one of running.values()) await one.ask('begin', null)
    for (const list of [[old, next], [next, old], [next]]) {
      for (const name of names) {
        calls.push((await running.get(name)?.ask('leave', null)) as Calls)
        const one = await begin(name, list)
        await one.ask('begin', null)
      }
    }
    for (const name of names) calls.push((await running.get(name)?.ask('leave', null)) as Calls)
    expect(calls.flatMap(({ refused }) => refused)).toEqual([])
    expect(calls.flatMap(({ failures }) => failures)).toEqual([])
    // None was done twice, and none without an answer.
    const sums = calls.flatMap((one) => one.sums).sort((x, y) => x - y)
    expect(sums).toEqual(sums.map((_, i) => i + 1))
    expect(sums.length).toBeGreaterThan(200)
  })
})

describe('mabeam cluster', () => {
  it('asks nodes with the secret of a variable or a file, and says what to do without it', async () => {
    await using servers = await natsServers()
    await using place = await workplace()
    const file = await place.write('secret', `${old}\n`)
    const where = ['--servers', servers.urls.join(',')]
    const up = place.start(['cluster', 'up', '--nodes', '2', '--program', indexer, ...where, '--secret-file', 'secret'])
    await printed(up.child, /up: (2) nodes of system mabeam on engine nats/)
    const plain = await place.run(['cluster', 'drain', 'node-1', ...where])
    expect(plain).toMatchObject({ status: 1, stdout: '' })
    expect(plain.stderr).toMatch(
      /^mabeam: drain of node node-1: it takes operations only from those who have the secret[^\n]*--secret-file[^\n]*\n$/,
    )
    const joining = await place.run(['cluster', 'join', '--name', 'spare', ...where])
    expect(joining).toMatchObject({ status: 1, stdout: '' })
    expect(joining.stderr).toMatch(
      /^mabeam: system mabeam: node node-\d signs its messages, and this one was given no secret;[^\n]*\n$/,
    )
    const looked = JSON.parse((await place.run(['cluster', 'status', '--json', ...where])).stdout) as ClusterStatus
    expect(looked.nodes.map(({ presence }) => presence)).toEqual(['failed', 'failed'])
    const missing = await place.run(['cluster', 'status', ...where, '--secret-file', 'no-such'])
    expect(missing.status).toBe(2)
    expect(missing.stderr).toMatch(
      /^mabeam: openCluster: security.secret: expected a secret at file:[^\n]*no-such, got nothing;[^\n]*\n$/,
    )
    const secret = { MABEAM_SECRET: `file:${file}` }
    expect(await place.run(['cluster', 'drain', 'node-1', ...where], secret)).toMatchObject({ status: 0, stderr: '' })
    const signed = await place.run(['cluster', 'undrain', 'node-1', ...where, '--secret-file', 'secret'])
    expect(signed).toMatchObject({ status: 0, stdout: 'node-1 takes part again\n' })
    for (const { stdout, stderr } of [plain, joining, missing, signed]) expect(stdout + stderr).not.toContain('hunter2')
    up.child.kill('SIGINT')
    expect(await up.ended).toMatchObject({ status: 0, signal: null })
  })
})
