/** Nodes that start at the same moment on servers that have nothing yet: everything they open is made then, and led by nobody at first. */

import { nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { startNode } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'

test('three nodes that start at once on three new servers see each other', async () => {
  await using servers = await natsServers({ count: 3 })
  const engine = nats({ servers: servers.urls, durability: 'relaxed', pulse: 'inline' })
  await using nodes = new AsyncDisposableStack()
  const started = await Promise.all(
    ['n1', 'n2', 'n3'].map(async (name) => nodes.use(await startNode({ name, engine }))),
  )
  for (const node of started) {
    const membership = await node.membership()
    await eventually(() => membership.members().filter(({ status }) => status === 'alive').length === 3, 10_000_000)
  }
  expect(started).toHaveLength(3)
})
