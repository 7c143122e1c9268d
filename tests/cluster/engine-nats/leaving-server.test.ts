/** What the engine does when a server says that it is about to end, as at every update of the servers. */

import { natsServers } from '@mabeam/engine-nats/testing'
import { hasCode } from '@mabeam/foundation'
import { eventually } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { numbered, numberOf, opened, openedApart } from './opened.ts'

const turnsMax = 10_000_000

test('a server that leaves takes nothing with it that was published, in whatever order connections move', async () => {
  await using servers = await natsServers({
    count: 3,
    // Long enough that a sender which gets little time has heard of it: what a server throws out before is lost.
    server: { config: { lame_duck_grace_period: '20s', lame_duck_duration: '30s' } },
  })
  await using sender = await opened('sender', { servers: servers.urls, pulse: 'inline' })
  const leaving = servers.all.find(({ address }) => address === sender.at())
  const elsewhere = servers.all.filter((one) => one !== leaving).map(({ url }) => url)
  await using receiver = await openedApart('receiver', { servers: elsewhere, pulse: 'inline' }, sender)
  const got: number[] = []
  let isKnown = false
  await receiver.engine.subscribe('test.*', ({ subject, body }) => {
    if (subject === 'test.numbers') got.push(numberOf(body))
    else isKnown = true
  })
  // The sender's server hears from another one that somebody listens.
  await eventually(() => {
    sender.engine.publish('test.known', new Uint8Array(0))
    return isKnown
  }, turnsMax)
  let sent = 0
  const publish = () => {
    try {
      for (let i = 0; i < 500; i++) {
        sender.engine.publish('test.numbers', numbered(sent))
        sent++
      }
    } catch (thrown) {
      // More than is kept between two ways: what is refused is asked again, and no part of what was published.
      if (!hasCode(thrown, 'foundation/engine-unavailable')) throw thrown
    }
  }
  const closed = leaving?.close({ lameDuck: true })
  await eventually(() => {
    publish()
    return sender.events.some(
      ({ name, metadata }) => name.endsWith('connection-restored') && metadata.connection === 'data',
    )
  }, turnsMax)
  const all = sent + 500
  await eventually(() => {
    if (sent < all) publish()
    return sent >= all && got.at(-1) === sent - 1
  }, turnsMax)
  expect(got).toEqual(Array.from({ length: sent }, (_, n) => n))
  expect(sender.events.map(({ name }) => name)).toContain('engine-nats.server-leaving')
  // It has nothing left to do, and would wait for the rest of its time.
  await leaving?.kill()
  await closed
})
