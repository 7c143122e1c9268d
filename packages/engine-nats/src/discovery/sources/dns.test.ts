import { isMabeamError, seededRandom, silentTelemetry } from '@mabeam/foundation'
import { eventually, virtualClock } from '@mabeam/foundation/testing'
import type { Answer } from 'dns-packet'
import { expect, test } from 'vitest'
import { discoveredServers } from '../discovered-servers.ts'
import { type TestAnswer, testDns } from '../dns-server.fixture.ts'
import { type DnsOptions, dns } from './dns.ts'

const turnsMax = 500_000
const name = 'nats.example.test'
const srvName = '_nats._tcp.example.test'

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: silentTelemetry }
}

function found(options: DnsOptions, port = testPort()) {
  return dns(options).find(port, new AbortController().signal)
}

function a(data: string): Answer {
  return { type: 'A', name, data, ttl: 5 }
}

function aaaa(data: string): Answer {
  return { type: 'AAAA', name, data, ttl: 5 }
}

function srv(target: string, port: number, priority: number): Answer {
  return { type: 'SRV', name: srvName, data: { target, port, priority, weight: 1 }, ttl: 5 }
}

function withCode(code: string, words: string) {
  return (thrown: unknown) =>
    isMabeamError(thrown) && thrown.code === `engine-nats/${code}` && thrown.message.includes(words)
}

/** By type of question. */
function byType(answers: { readonly [type: string]: TestAnswer }) {
  return testDns(({ type }) => answers[type] ?? [])
}

test('the addresses of a name are found in both families, with the port of the options', async () => {
  await using server = await byType({ A: [a('10.3.0.1'), a('10.3.0.2')], AAAA: [aaaa('fd00::1')] })
  const { nameserver } = server
  expect(await found({ name, nameserver })).toEqual(['10.3.0.1:4222', '10.3.0.2:4222', '[fd00::1]:4222'])
  expect(await found({ name, nameserver, port: 5222 })).toContain('10.3.0.1:5222')
  expect(server.questions).toContain(`A ${name}`)
})

test('one family that fails does not hide the other', async () => {
  await using server = await byType({ A: [a('10.3.0.1')], AAAA: 2 })
  expect(await found({ name, nameserver: server.nameserver })).toEqual(['10.3.0.1:4222'])
})

test('SRV records give host and port, by priority', async () => {
  await using server = await byType({ SRV: [srv('b.example.test', 4223, 20), srv('a.example.test', 4222, 10)] })
  const servers = await found({ name: srvName, kind: 'srv', nameserver: server.nameserver })
  expect(servers).toEqual(['a.example.test:4222', 'b.example.test:4223'])
})

test('an SRV record whose target is the root says that there is no such service', async () => {
  await using server = await byType({ SRV: [srv('.', 0, 0)] })
  expect(await found({ name: srvName, kind: 'srv', nameserver: server.nameserver })).toEqual([])
})

test('a name that is not there, or has no such record, is no fault: it may come', async () => {
  await using missing = await testDns(() => 3)
  await using empty = await testDns(() => [])
  for (const { nameserver } of [missing, empty]) {
    expect(await found({ name, nameserver })).toEqual([])
    expect(await found({ name: srvName, kind: 'srv', nameserver })).toEqual([])
  }
})

test.each([
  [2, 'SERVFAIL'],
  [5, 'is it the one for this zone?'],
])('a name server that answers with failure %s is told of: %s', async (code, words) => {
  await using server = await testDns(() => code)
  await expect(found({ name, nameserver: server.nameserver })).rejects.toSatisfy(
    withCode('discovery-unreachable', words),
  )
})

test('a name server that does not answer is given up after timeoutMs', async () => {
  await using server = await testDns(() => 'drop')
  const port = testPort()
  const rejected = expect(found({ name, nameserver: server.nameserver }, port)).rejects.toSatisfy(
    withCode('discovery-unreachable', 'no answer within 4000 ms'),
  )
  await eventually(() => server.questions.length >= 2, turnsMax)
  await port.clock.advance(4_000)
  await rejected
  expect(port.clock.pendingTimers).toBe(0)
})

test('a look that is aborted rejects with the reason', async () => {
  await using server = await testDns(() => 'drop')
  const abort = new AbortController()
  const find = dns({ name, nameserver: server.nameserver }).find(testPort(), abort.signal)
  await eventually(() => server.questions.length >= 2, turnsMax)
  abort.abort('enough')
  await expect(find).rejects.toBe('enough')
})

test('a partial answer takes no server away', async () => {
  let answers: readonly Answer[] = [a('10.3.0.1'), a('10.3.0.2'), a('10.3.0.3')]
  await using server = await testDns(({ type }) => (type === 'A' ? answers : []))
  await using known = discoveredServers(dns({ name, nameserver: server.nameserver }), testPort())
  await known.first()
  answers = [a('10.3.0.2')]
  expect(await known.look()).toEqual(['10.3.0.2:4222', '10.3.0.1:4222', '10.3.0.3:4222'])
})

test('without a name server of its own a name is looked up as this machine does', async () => {
  expect(await found({ name: 'localhost' })).toContain('127.0.0.1:4222')
})

test.each([
  [{ name: '' }, 'name: expected a non-empty string'],
  [{ name, kind: 'mx' }, 'kind: expected one of srv, a'],
  [{ name, port: 70_000 }, 'port: expected an integer from 1 to 65535'],
  [{ name, kind: 'srv', port: 4222 }, "port: expected nothing with kind 'srv'"],
  [{ name, nameserver: 'dns.example.test' }, 'nameserver: expected an address such as'],
  [{ name, nameServer: '10.0.0.1' }, 'did you mean "nameserver"?'],
])('the options %j are refused: %s', (options, sentence) => {
  expect(() => dns(options as DnsOptions)).toThrow(sentence)
})
