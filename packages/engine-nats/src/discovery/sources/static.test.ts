import { seededRandom, silentTelemetry } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { discoveredServers } from '../discovered-servers.ts'
import { staticServers } from './static.ts'

const port = { clock: virtualClock(), random: seededRandom(1), telemetry: silentTelemetry }

test('the servers of the list are found in its order, each once', async () => {
  const source = staticServers(['b', 'a:4223', 'nats://b:4222'])
  expect(await source.find(port, new AbortController().signal)).toEqual(['b:4222', 'a:4223'])
})

test('a list is told once and asked no more', async () => {
  await using known = discoveredServers(staticServers(['a']), port)
  expect(await known.first()).toEqual(['a:4222'])
  expect(port.clock.pendingTimers).toBe(0)
  expect(await known.look()).toEqual(['a:4222'])
})

test('an empty list, one of more than 100 and one with what is no address are refused', () => {
  const servers = (count: number) => Array.from({ length: count }, (_, i) => `s${i}`)
  expect(() => staticServers([])).toThrow('staticServers: expected 1 to 100 servers, got 0')
  expect(() => staticServers(servers(100))).not.toThrow()
  expect(() => staticServers(servers(101))).toThrow('got 101')
  expect(() => staticServers(['a:b'])).toThrow('staticServers: "a:b": expected host:port')
})
