/** One strong cell that many change at once, on three servers: each change is told as done, and none is lost. */

import { nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { startNode } from '@mabeam/foundation'
import { expect, test } from 'vitest'

const clients = 40
const changes = 10

test('changes of one cell by many at once are all done and all told', async () => {
  await using servers = await natsServers({ count: 3 })
  const engine = () => nats({ servers: servers.urls, durability: 'relaxed' })
  await using first = await startNode({ engine: engine(), system: 'contended', name: 'n1' })
  await using second = await startNode({ engine: engine(), system: 'contended', name: 'n2' })
  const cells = await Promise.all(
    [first, second].map(async (node) => (await node.cells()).strong('visits', { initial: 0 })),
  )
  const [one, other] = cells as [(typeof cells)[0], (typeof cells)[0]]
  const change = async (i: number) => {
    const cell = i % 2 === 0 ? one : other
    for (let n = 0; n < changes; n++) await cell.update((visits) => visits + 1, { attemptsMax: 1_000 })
  }
  await Promise.all(Array.from({ length: clients }, (_, i) => change(i)))
  expect((await one.read()).value).toBe(clients * changes)
})
