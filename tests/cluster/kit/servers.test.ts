/** Clusters of real servers, and what can happen to them. */

import { natsServers } from '@mabeam/engine-nats/testing'
import { isMabeamError } from '@mabeam/foundation'
import { eventually, networkNamespaces } from '@mabeam/foundation/testing'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { describe, expect, test } from 'vitest'

/** As many turns as it takes, within the time limit of the test. */
const turnsMax = 100_000_000

async function connected(servers: readonly string[]): Promise<NatsConnection & AsyncDisposable> {
  const client = await connect({
    servers: [...servers],
    timeout: 20_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  })
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

/** Whether a stream takes a message now. */
async function takes(client: NatsConnection, subject: string): Promise<boolean> {
  try {
    await client.request(subject, 'x', { timeout: 1_000 })
    return true
  } catch {
    return false
  }
}

describe('natsServers', () => {
  test('one server has a stream, whose leader it is', async () => {
    await using servers = await natsServers()
    await using client = await connected(servers.urls)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'orders', subjects: ['orders'] })
    expect(await servers.leaderOf('orders')).toBe(0)
    expect(await servers.leaderOf('none')).toBeUndefined()
    expect(await servers.metaLeader()).toBe(0)
    await expect(servers.partition([[0]])).rejects.toMatchObject({ code: 'engine-nats/fault-not-open' })
    await expect(servers.fillDisk(0)).rejects.toThrow('open the servers with diskBytes')
    await expect(servers.kill(1)).rejects.toThrow('expected a server from 0 to 0, got 1')
  })

  test('three servers elect another leader when theirs is killed or paused, and take it back', async () => {
    await using servers = await natsServers({ count: 3 })
    await using client = await connected(servers.urls)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'orders', subjects: ['orders'], num_replicas: 3 })
    const first = await servers.leaderOf('orders')
    expect(first).toBeDefined()
    if (first === undefined) return
    await servers.kill(first)
    await eventually(async () => ![first, undefined].includes(await servers.leaderOf('orders')), turnsMax)
    await eventually(() => takes(client, 'orders'), turnsMax)
    await servers.restart(first)
    await servers.ready()
    const second = (await servers.leaderOf('orders')) ?? 0
    servers.pause(second)
    await eventually(async () => ![second, undefined].includes(await servers.leaderOf('orders')), turnsMax)
    servers.resume(second)
    await servers.ready()
    await eventually(() => takes(client, 'orders'), turnsMax)
  })

  test('a server that is cut off from the others takes nothing, and catches up when that is healed', async () => {
    await using servers = await natsServers({ count: 3, links: 'proxied' })
    await using client = await connected(servers.urls)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'orders', subjects: ['orders'], num_replicas: 3 })
    await eventually(() => takes(client, 'orders'), turnsMax)
    const lone = (await servers.leaderOf('orders')) ?? 0
    await servers.partition([[lone]])
    await using there = await connected(servers.urls.slice(lone, lone + 1))
    expect(await takes(there, 'orders')).toBe(false)
    await eventually(async () => ![lone, undefined].includes(await servers.leaderOf('orders')), turnsMax)
    await using others = await connected(servers.urls.filter((_, i) => i !== lone))
    await eventually(() => takes(others, 'orders'), turnsMax)
    expect(await takes(there, 'orders')).toBe(false)
    await servers.partition([])
    await servers.ready()
    await eventually(() => takes(there, 'orders'), turnsMax)
  })

  test("a slow or silent line is its clients' alone", async () => {
    await using servers = await natsServers({ links: 'proxied' })
    await using client = await connected(servers.urls)
    await client.flush()
    await servers.slow(0, { hold: 'down' })
    const held = client.flush().then(() => 'flushed')
    await servers.all[0]?.health()
    await servers.slow(0, {})
    expect(await held).toBe('flushed')
    expect(servers.cut(0)).toBeGreaterThan(0)
    await eventually(
      () =>
        client.flush().then(
          () => true,
          () => false,
        ),
      turnsMax,
    )
  })

  test('a full disk stops its JetStream, which says so, until there is room and it is restarted', async ({ skip }) => {
    const opening = natsServers({ diskBytes: 16 * 1024 * 1024, server: { sync: 'always' } })
    await using servers = await opening.catch((thrown) => {
      if (isMabeamError(thrown) && thrown.code === 'engine-nats/fault-not-possible') return undefined
      throw thrown
    })
    if (servers === undefined) return skip('mounting a small file system needs the rights of root on Linux')
    await using client = await connected(servers.urls)
    const manager = await jetstreamManager(client)
    await manager.streams.add({ name: 'orders', subjects: ['orders'] })
    await servers.all[0]?.health()
    await servers.fillDisk(0)
    const body = new Uint8Array(100_000)
    const fault = () => servers.all[0]?.health().catch((thrown) => thrown.code)
    await eventually(async () => {
      await client.request('orders', body, { timeout: 200 }).catch(() => {})
      return (await fault()) === 'engine-nats/server-disk-full'
    }, turnsMax)
    await servers.freeDisk(0)
    await servers.restart(0)
    await servers.ready()
    await eventually(() => takes(client, 'orders'), turnsMax)
  })

  test('servers in networks of their own are split beneath TCP', async ({ skip }) => {
    const opening = networkNamespaces({ count: 3 })
    await using networks = await opening.catch((thrown) => {
      if (isMabeamError(thrown) && thrown.code === 'foundation/not-possible-here') return undefined
      throw thrown
    })
    if (networks === undefined) return skip('network namespaces need Linux, the rights of root and iproute2')
    await using servers = await natsServers({ count: 3, networks: networks.all })
    const leader = (await servers.metaLeader()) ?? 0
    const lone = networks.all[leader]
    if (lone === undefined) return
    await networks.partition([[lone]])
    await eventually(async () => {
      const told = await Promise.all(servers.all.map((one) => one.monitor('jsz')))
      const leaders = told.map((one) => (one as { meta_cluster?: { leader?: string } }).meta_cluster?.leader)
      return leaders.some((name, i) => i !== leader && name !== undefined && name !== servers.all[leader]?.name)
    }, turnsMax)
    await networks.heal()
    await servers.ready()
  })
})
