/** Discovery by DNS against dnsmasq, a name server that is not ours: over UDP, over TCP, while its answers change and while it is away. */

import { discoveredServers, dns, firstServers } from '@mabeam/engine-nats'
import { seededRandom, systemClock } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { until } from '../until.ts'
import { freeNamePort, startNameServer } from './name-server.ts'

const name = 'nats.example.test'
const srvName = '_nats._tcp.example.test'
const { signal } = new AbortController()
function testPort() {
  return { clock: systemClock, random: seededRandom(1), telemetry: collectTelemetry() }
}

function host(address: string): string {
  return `--host-record=${name},${address}`
}

test('addresses in both families and SRV records are found', async () => {
  const srv = (target: string, at: number, priority: number) => `--srv-host=${srvName},${target},${at},${priority},10`
  const records = [host('10.3.0.1'), host('10.3.0.2'), host('fd00::1')]
  const srvs = [srv('b.example.test', 4223, 20), srv('a.example.test', 4222, 10)]
  await using server = await startNameServer([...records, ...srvs])
  const { nameserver } = server
  const servers = await dns({ name, nameserver }).find(testPort(), signal)
  expect([...servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222', '[fd00::1]:4222'])
  const named = await dns({ name: srvName, kind: 'srv', nameserver }).find(testPort(), signal)
  expect(named).toEqual(['a.example.test:4222', 'b.example.test:4223'])
})

test('a name that is not there is no fault', async () => {
  await using server = await startNameServer([])
  expect(await dns({ name, nameserver: server.nameserver }).find(testPort(), signal)).toEqual([])
})

test('an answer that does not fit into a datagram is read whole, over TCP', async () => {
  const addresses = Array.from({ length: 120 }, (_, i) => `10.4.0.${i + 1}`)
  await using server = await startNameServer(addresses.map(host))
  const servers = await dns({ name, nameserver: server.nameserver }).find(testPort(), signal)
  expect(new Set(servers).size).toBe(120)
})

test('servers are waited for until the name server is there, kept while it is away, and followed when its answers change', async (context) => {
  const port = await freeNamePort()
  const ports = testPort()
  const source = dns({ name, nameserver: `127.0.0.1:${port}`, timeoutMs: 1_000 })
  await using known = discoveredServers(source, ports, { delayMinMs: 20, delayMaxMs: 100, refreshMs: 100 })
  const failures = () => ports.telemetry.named('engine-nats.discovery-failed').length
  const first = known.first()
  await until(() => failures() > 0, context.signal)
  {
    await using _before = await startNameServer([host('10.3.0.1'), host('10.3.0.2')], port)
    expect([...(await first)].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222'])
  }
  const before = failures()
  await until(() => failures() > before, context.signal)
  expect([...known.servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222'])
  await using _after = await startNameServer([host('10.3.0.2'), host('10.3.0.3')], port)
  await until(() => known.servers.includes('10.3.0.3:4222'), context.signal)
  expect([...known.servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222', '10.3.0.3:4222'])
})

test('a wait with an end says that the name server is not there', async () => {
  const nameserver = `127.0.0.1:${await freeNamePort()}`
  await expect(firstServers(dns({ name, nameserver }), testPort(), { timeoutMs: 500 })).rejects.toThrow(
    `no server found within 500 ms; dns: ${name}: the name server ${nameserver}: nobody listens there`,
  )
})
