/** Discovery by DNS against dnsmasq, a name server that is not ours: over UDP, over TCP, while its answers change and while it is away. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { discoveredServers, dns, firstServers } from '@mabeam/engine-nats'
import { seededRandom, systemClock } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { afterEach, expect, test } from 'vitest'
import { ensureDnsmasq } from '../../../tools/ensure-dnsmasq.mjs'

const program = ensureDnsmasq()
const name = 'nats.example.test'
const srvName = '_nats._tcp.example.test'
const { signal } = new AbortController()
const running: ChildProcess[] = []

afterEach(async () => {
  for (const child of running.splice(0)) await ended(child)
})

function testPort() {
  return { clock: systemClock, random: seededRandom(1), telemetry: collectTelemetry() }
}

/** Answers from its arguments alone, and asks nobody else. */
async function nameServer(records: readonly string[], port: number): Promise<ChildProcess> {
  const alone = [
    '--no-daemon',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    '--user=',
    '--group=',
    '--pid-file=',
  ]
  const where = [
    `--port=${port}`,
    '--listen-address=127.0.0.1',
    '--bind-interfaces',
    '--log-facility=-',
    '--log-queries',
  ]
  const child = spawn(program, [...alone, ...where, '--local=/example.test/', ...records], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.push(child)
  // It says `started` once it listens.
  for await (const chunk of child.stderr ?? []) if (String(chunk).includes('started')) break
  return child
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

function host(address: string): string {
  return `--host-record=${name},${address}`
}

test('addresses in both families and SRV records are found', async () => {
  const port = await freePort()
  const srv = (target: string, at: number, priority: number) => `--srv-host=${srvName},${target},${at},${priority},10`
  const records = [host('10.3.0.1'), host('10.3.0.2'), host('fd00::1')]
  await nameServer([...records, srv('b.example.test', 4223, 20), srv('a.example.test', 4222, 10)], port)
  const nameserver = `127.0.0.1:${port}`
  const servers = await dns({ name, nameserver }).find(testPort(), signal)
  expect([...servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222', '[fd00::1]:4222'])
  const named = await dns({ name: srvName, kind: 'srv', nameserver }).find(testPort(), signal)
  expect(named).toEqual(['a.example.test:4222', 'b.example.test:4223'])
})

test('a name that is not there is no fault', async () => {
  const port = await freePort()
  await nameServer([], port)
  expect(await dns({ name, nameserver: `127.0.0.1:${port}` }).find(testPort(), signal)).toEqual([])
})

test('an answer that does not fit into a datagram is read whole, over TCP', async () => {
  const port = await freePort()
  const addresses = Array.from({ length: 120 }, (_, i) => `10.4.0.${i + 1}`)
  await nameServer(addresses.map(host), port)
  const servers = await dns({ name, nameserver: `127.0.0.1:${port}` }).find(testPort(), signal)
  expect(new Set(servers).size).toBe(120)
})

test('servers are waited for until the name server is there, kept while it is away, and followed when its answers change', async (context) => {
  const port = await freePort()
  const ports = testPort()
  const source = dns({ name, nameserver: `127.0.0.1:${port}`, timeoutMs: 1_000 })
  await using known = discoveredServers(source, ports, { delayMinMs: 20, delayMaxMs: 100, refreshMs: 100 })
  const first = known.first()
  await until(context.signal, () => ports.telemetry.named('engine-nats.discovery-failed').length > 0)
  const before = await nameServer([host('10.3.0.1'), host('10.3.0.2')], port)
  expect([...(await first)].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222'])
  const failures = ports.telemetry.named('engine-nats.discovery-failed').length
  await ended(before)
  await until(context.signal, () => ports.telemetry.named('engine-nats.discovery-failed').length > failures)
  expect([...known.servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222'])
  await nameServer([host('10.3.0.2'), host('10.3.0.3')], port)
  await until(context.signal, () => known.servers.includes('10.3.0.3:4222'))
  expect([...known.servers].sort()).toEqual(['10.3.0.1:4222', '10.3.0.2:4222', '10.3.0.3:4222'])
})

test('a wait with an end says that the name server is not there', async () => {
  const nameserver = `127.0.0.1:${await freePort()}`
  await expect(firstServers(dns({ name, nameserver }), testPort(), { timeoutMs: 500 })).rejects.toThrow(
    `no server found within 500 ms; dns: ${name}: the name server ${nameserver}: nobody listens there`,
  )
})

/** Asks until it is so, or the test is out of time. */
async function until(signal: AbortSignal, holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(10, undefined, { signal })
}
