/** What an engine leaves behind when it closes, and what whoever waits is told. */

import { nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { type Clock, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'

/** The clock of the machine, whose timers are counted while they are there. */
function countedClock(): Clock & { readonly timers: number } {
  const there = new Set<object>()
  return {
    ...systemClock,
    get timers() {
      return there.size
    },
    setTimer(delayMs, run, options) {
      const timer = {}
      there.add(timer)
      const cancel = systemClock.setTimer(
        delayMs,
        () => {
          there.delete(timer)
          run()
        },
        options,
      )
      return () => {
        there.delete(timer)
        cancel()
      }
    },
  }
}

const options = { durability: 'relaxed', closeTimeoutMs: 500 } as const

async function engineOn(servers: readonly string[], pulse: 'thread' | 'inline') {
  const clock = countedClock()
  const port = { system: 'test', name: 'n', clock, random: seededRandom(1), telemetry: silentTelemetry }
  return { clock, engine: await nats({ ...options, servers, pulse })(port) }
}

const closed = { code: 'foundation/engine-closed' }

describe.for(['thread', 'inline'] as const)('an engine that closes, signs of life %s', (pulse) => {
  test('leaves no timer, whatever was open', async () => {
    await using servers = await natsServers()
    const { clock, engine } = await engineOn(servers.urls, pulse)
    await engine.subscribe('test.a', () => {})
    await engine.pulse({ beats: 'test.session.beat', probes: 'test.session.probe', everyMs: 100 })
    const [state, queue, blobs] = [await engine.state('s'), await engine.queue('q'), await engine.blobs('b')]
    await state.watch('>', () => {})
    await blobs.put('a', new Uint8Array(1))
    const pulling = queue.pull(1, { waitMs: 60_000 })
    const asked = engine.request('test.a', new Uint8Array(0), { timeoutMs: 60_000 })
    const ends = Promise.all([
      expect(pulling).rejects.toMatchObject(closed),
      expect(asked).rejects.toMatchObject(closed),
    ])
    await engine.close()
    await ends
    expect(clock.timers).toBe(0)
  })

  test('ends what waits for a server that says nothing, a subscription under way too', async () => {
    await using servers = await natsServers()
    const { clock, engine } = await engineOn(servers.urls, pulse)
    await engine.subscribe('test.a', () => {})
    await engine.pulse({ beats: 'test.session.beat', probes: 'test.session.probe', everyMs: 100 })
    servers.pause(0)
    try {
      const subscribing = expect(engine.subscribe('test.b', () => {})).rejects.toMatchObject(closed)
      await engine.close()
      await subscribing
      expect(clock.timers).toBe(0)
    } finally {
      servers.resume(0)
    }
  })
})
