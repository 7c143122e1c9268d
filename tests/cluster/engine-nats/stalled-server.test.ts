/** What the engine does when a server stands still with what was sent to it, as behind a network that swallows everything. */

import { natsServers } from '@mabeam/engine-nats/testing'
import { isMabeamError } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { opened } from './opened.ts'

const turnsMax = 10_000_000
const inline = { pulse: 'inline', pingMs: 500 } as const

/** Sends until no more is taken, so that all buffers on the way are full. */
function fill(publish: () => void): string {
  for (;;) {
    try {
      publish()
    } catch (thrown) {
      if (isMabeamError(thrown)) return thrown.code
      throw thrown
    }
  }
}

test('a server that takes nothing more is left for another one, whatever is in the buffers', async () => {
  await using servers = await natsServers({ count: 3 })
  await using one = await opened('one', { servers: servers.urls, ...inline })
  const stalled = servers.all.findIndex(({ address }) => address === one.at())
  servers.pause(stalled)
  try {
    const code = fill(() => one.engine.publish('test.flood', new Uint8Array(500_000)))
    expect(code).toBe('foundation/engine-unavailable')
    const lost = () =>
      one.events.some(({ name, metadata }) => name.endsWith('connection-lost') && metadata.connection === 'data')
    await eventually(lost, turnsMax)
    await eventually(() => one.at() !== servers.all[stalled]?.address, turnsMax)
    const heard = Promise.withResolvers<void>()
    await one.engine.subscribe('test.after', () => heard.resolve())
    one.engine.publish('test.after', new Uint8Array(1))
    await heard.promise
  } finally {
    servers.resume(stalled)
  }
})

test('an engine closes though its only server takes nothing more', async () => {
  await using servers = await natsServers()
  const { engine } = await opened('one', {
    servers: servers.urls,
    ...inline,
    requestTimeoutMs: 1_000,
    closeTimeoutMs: 500,
  })
  await engine.subscribe('test.flood', () => {})
  await engine.pulse({ beats: 'test.session.beat.one', probes: 'test.session.probe.one', everyMs: 100 })
  servers.pause(0)
  try {
    fill(() => engine.publish('test.other', new Uint8Array(500_000)))
    await engine.close()
    expect(engine.status).toBe('closed')
  } finally {
    servers.resume(0)
  }
})
