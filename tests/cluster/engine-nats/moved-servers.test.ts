/** What the engine does when all its servers are at other addresses than before. */

import type { ServerSource } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { eventually } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { opened } from './opened.ts'

/** Where the servers are, for whoever asks; a watch of it tells of the first answer only, as one that is behind. */
function movingSource(first: readonly string[]): ServerSource & { now: readonly string[] } {
  const source = {
    name: 'moving',
    now: first,
    find: async () => source.now,
    watch: (_: unknown, { onServers, signal }: Parameters<NonNullable<ServerSource['watch']>>[1]) => {
      onServers(first)
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  return source
}

test.for(['thread', 'inline'] as const)(
  'an engine that has lost all its servers asks where they are, and finds those of now, signs of life %s',
  async (pulse) => {
    await using before = await natsServers()
    await using after = await natsServers()
    const source = movingSource(before.urls)
    await using one = await opened('one', { servers: source, pulse })
    await using _ = await one.engine.pulse({ beats: 'test.session.beat', probes: 'test.session.probe', everyMs: 50 })
    source.now = after.urls
    await before.kill(0)
    const url = after.all[0]?.address
    await eventually(() => one.at() === url && one.engine.status === 'connected', 10_000_000)
    await using other = await opened('other', { servers: after.urls, pulse: 'inline' })
    let beats = 0
    await other.engine.subscribe('test.session.beat', () => void beats++)
    await eventually(() => beats > 5, 10_000_000)
    expect(one.events.map(({ name }) => name)).toContain('engine-nats.discovery-changed')
  },
)

test('a listener of the status that throws is told of, and keeps nobody from hearing what comes next', async () => {
  await using servers = await natsServers()
  await using one = await opened('one', { servers: servers.urls, pulse: 'inline' })
  const statuses: string[] = []
  one.engine.onStatus((status) => {
    statuses.push(status)
    throw new Error('not mine')
  })
  await servers.restart(0)
  await eventually(() => statuses.includes('connected') && one.engine.status === 'connected', 10_000_000)
  expect(one.events.filter(({ name }) => name === 'engine-nats.listener-failed')[0]?.metadata).toMatchObject({
    message: 'not mine',
  })
})
