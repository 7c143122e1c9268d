/** Where the two connections of a pulse are while servers die and come back: never both at one server for long. */

import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { eventually } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { opened } from './opened.ts'

const turnsMax = 10_000_000
const rounds = 4

/** How many connections of the pulse each server has that answers. */
async function pulseConnections(servers: NatsServers): Promise<readonly number[]> {
  const told = await Promise.allSettled(servers.all.map((one) => one.monitor('connz')))
  return told.map((one) => {
    const { connections = [] } = (one.status === 'fulfilled' ? one.value : {}) as {
      readonly connections?: readonly { readonly name?: string }[]
    }
    return connections.filter(({ name }) => name?.endsWith(' pulse') === true).length
  })
}

/** Resolves with where they are when both are somewhere. */
async function settledPulse(servers: NatsServers): Promise<readonly number[]> {
  for (;;) {
    const counts = await pulseConnections(servers)
    if (counts.reduce((sum, one) => sum + one) === 2) return counts
  }
}

test('a server that dies sends the pulse where its other connection is not, each time anew', async () => {
  await using servers = await natsServers({ count: 3 })
  await using one = await opened('one', { servers: servers.urls })
  let beats = 0
  await one.engine.subscribe('test.session.beat.one', () => beats++, { redundant: true })
  await one.engine.pulse({ beats: 'test.session.beat.one', probes: 'test.session.probe.one', everyMs: 50 })
  for (let round = 0; round < rounds; round++) {
    // In turn the one and the other of the two.
    const counts = await settledPulse(servers)
    expect(Math.max(...counts), `${counts.join()} in round ${round}`).toBe(1)
    const at = round % 2 === 0 ? counts.indexOf(1) : counts.lastIndexOf(1)
    await servers.kill(at)
    const left = await settledPulse(servers)
    expect(Math.max(...left), `${left.join()} after the death of ${at} in round ${round}`).toBe(1)
    await servers.restart(at)
    await servers.ready()
  }
  const before = beats
  await eventually(() => beats > before + 10, turnsMax)
})

test('connections of a pulse that met at one server, since there was no other, part when there is', async () => {
  await using servers = await natsServers({ count: 3 })
  await using one = await opened('one', { servers: servers.urls })
  await one.engine.pulse({ beats: 'test.session.beat.one', probes: 'test.session.probe.one', everyMs: 50 })
  await servers.kill(0)
  await servers.kill(1)
  expect(await settledPulse(servers)).toEqual([0, 0, 2])
  await servers.restart(0)
  for (;;) {
    const counts = await settledPulse(servers)
    if (Math.max(...counts) === 1) break
  }
})

test('whichever server hangs, signs of life are heard and probes answered before anybody has noticed', async () => {
  await using servers = await natsServers({ count: 3 })
  // Nobody asks the servers whether they are there.
  const options = { servers: servers.urls, pingMs: 600_000 }
  await using beating = await opened('beating', options)
  await using watching = await opened('watching', options)
  const [beats, probes] = ['test.session.beat.beating', 'test.session.probe.beating']
  let heard = 0
  await watching.engine.subscribe(beats, () => heard++, { redundant: true })
  await beating.engine.pulse({ beats, probes, everyMs: 50 })
  for (let i = 0; i < servers.all.length; i++) {
    servers.pause(i)
    try {
      const before = heard
      await eventually(() => heard > before + 10, turnsMax)
      for (let n = 0; n < 10; n++) {
        await watching.engine.request(probes, new Uint8Array(0), { timeoutMs: 5_000, redundant: true })
      }
    } finally {
      servers.resume(i)
    }
  }
})
