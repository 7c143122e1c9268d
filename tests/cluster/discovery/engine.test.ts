/** An engine whose servers are found: it opens, and when all servers are replaced by others under the same name it follows. */

import { auto, dns, nats } from '@mabeam/engine-nats'
import { natsServers } from '@mabeam/engine-nats/testing'
import { type EnginePort, type EngineStatus, seededRandom, systemClock } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { until } from '../until.ts'
import { startNameServer } from './name-server.ts'

const srvName = '_nats._tcp.example.test'

function enginePort(): EnginePort {
  const telemetry = collectTelemetry()
  return { system: 'discovered', name: 'n1', clock: systemClock, random: seededRandom(1), telemetry }
}

function record(url: string): string {
  return `--srv-host=${srvName},localhost,${url.split(':').at(-1)?.replace('/', '')},10,10`
}

test('an engine opens on servers found by DNS, and follows when others take their place', async (context) => {
  await using before = await natsServers()
  await using after = await natsServers()
  const first = await startNameServer([record(before.urls[0] ?? '')])
  const source = dns({ name: srvName, kind: 'srv', nameserver: first.nameserver })
  const engine = await nats({ servers: source, durability: 'relaxed', pulse: 'inline' })(enginePort())
  try {
    expect(engine.status).toBe('connected')
    const statuses: EngineStatus[] = []
    engine.onStatus((status) => statuses.push(status))
    await first[Symbol.asyncDispose]()
    await using _second = await startNameServer([record(after.urls[0] ?? '')], first.port)
    await before.kill(0)
    await until(() => statuses.includes('disconnected') && engine.status === 'connected', context.signal)
    const heard: string[] = []
    await using _ = await engine.subscribe('discovered.test', ({ body }) => heard.push(new TextDecoder().decode(body)))
    engine.publish('discovered.test', new TextEncoder().encode('here'))
    await until(() => heard.length > 0, context.signal)
    expect(heard).toEqual(['here'])
  } finally {
    await engine.close()
  }
})

test('an engine opens on what fits here: the servers that the environment names', async () => {
  await using servers = await natsServers()
  const variables = { MABEAM_NATS_SERVERS: servers.urls.join(',') }
  const engine = await nats({ servers: auto({ variables }), durability: 'relaxed', pulse: 'inline' })(enginePort())
  expect(engine.status).toBe('connected')
  await engine.close()
})
