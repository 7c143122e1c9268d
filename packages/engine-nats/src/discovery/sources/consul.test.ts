import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isMabeamError, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, eventually, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { testCertificate } from '../certificate.fixture.ts'
import { testConsul } from '../consul-agent.fixture.ts'
import { nextIndex } from '../consul-health.ts'
import { discoveredServers } from '../discovered-servers.ts'
import { type ConsulOptions, consul } from './consul.ts'

const turnsMax = 500_000
const variables = {}

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: collectTelemetry() }
}

function found(options: ConsulOptions, port = testPort()) {
  return consul({ variables, ...options }).find(port, new AbortController().signal)
}

function withCode(code: string, words: string) {
  return (thrown: unknown) =>
    isMabeamError(thrown) && thrown.code === `engine-nats/${code}` && thrown.message.includes(words)
}

test('healthy instances are found, those without an address of their own at that of their node', async () => {
  await using agent = await testConsul()
  agent.put([
    { address: '10.2.0.1', port: 4222 },
    { node: '10.2.0.2', port: 5222 },
    { address: 'fd00::3', port: 4222 },
    { address: 'x y', port: 1 },
  ])
  expect(await found({ address: agent.address })).toEqual(['10.2.0.1:4222', '10.2.0.2:5222', '[fd00::3]:4222'])
  expect(await found({ address: agent.address, service: 'other/../x' })).toEqual([])
  expect(agent.requests.at(-1)).toContain('/v1/health/service/other%2F..%2Fx?passing=true')
})

test('the address and the token are taken from the environment', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  agent.token = 'secret'
  const from = { CONSUL_HTTP_ADDR: agent.address.replace('http://', ''), CONSUL_HTTP_TOKEN: 'secret' }
  expect(await found({ variables: from })).toHaveLength(1)
})

test('a token is read anew from its file, and a token that is not there is told without itself', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  agent.token = 'first'
  const folder = await mkdtemp(path.join(tmpdir(), 'consul-'))
  try {
    const file = path.join(folder, 'token')
    await writeFile(file, 'first\n')
    const options = { address: agent.address, token: `file:${file}` }
    expect(await found(options)).toHaveLength(1)
    agent.token = 'second'
    await expect(found(options)).rejects.toThrow('the token is refused')
    await writeFile(file, 'second')
    expect(await found(options)).toHaveLength(1)
    await rm(file)
    await expect(found(options)).rejects.toSatisfy(withCode('discovery-unavailable', `expected one at file:${file}`))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an agent with a certificate of its own is trusted by the file of its authority', async () => {
  await using agent = await testConsul(true)
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  const folder = await mkdtemp(path.join(tmpdir(), 'consul-'))
  try {
    const caPath = path.join(folder, 'ca.pem')
    await writeFile(caPath, testCertificate)
    expect(await found({ address: agent.address, caPath })).toHaveLength(1)
    await expect(found({ address: agent.address })).rejects.toSatisfy(
      withCode('discovery-unreachable', 'give the certificate of its authority as caPath'),
    )
    const missing = found({ address: agent.address, caPath: path.join(folder, 'none.pem') })
    await expect(missing).rejects.toSatisfy(withCode('discovery-unavailable', 'could not be read'))
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a token that is refused, and an answer emptied for want of a policy, are told with the policy that is needed', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  agent.token = 'secret'
  const policy = 'whose policy has service "nats" { policy = "read" } and node_prefix "" { policy = "read" }'
  await expect(found({ address: agent.address, token: 'old' })).rejects.toSatisfy(
    withCode('discovery-forbidden', policy),
  )
  agent.isFiltered = true
  await expect(found({ address: agent.address, token: 'secret' })).rejects.toSatisfy(
    withCode('discovery-forbidden', 'the answer was emptied by its access rules'),
  )
})

test.each([
  [500, 'discovery-refused', 'got 500'],
  [404, 'discovery-refused', 'is this the address of its API?'],
  ['half', 'discovery-unreachable', 'no answer'],
  ['garbage', 'discovery-unreadable', 'expected a list of health entries'],
  ['huge', 'discovery-too-large', 'at most 4194304 bytes'],
] as const)('an agent that answers with %s fails the look with a sentence', async (fault, code, words) => {
  await using agent = await testConsul()
  agent.misbehave(fault)
  await expect(found({ address: agent.address })).rejects.toSatisfy(withCode(code, words))
})

test('a watch hears of each change by a question that is held, and keeps servers through empty answers', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  const port = testPort()
  const options = { address: agent.address, variables, intervalMs: 0 }
  await using known = discoveredServers(consul(options), port, { graceMs: 0 })
  await eventually(() => agent.held === 1, turnsMax)
  expect(known.servers).toEqual(['10.2.0.1:4222'])
  await port.clock.advance(10)
  agent.put([{ address: '10.2.0.2', port: 4222 }])
  await eventually(() => known.servers.includes('10.2.0.2:4222'), turnsMax)
  expect(known.servers).toEqual(['10.2.0.2:4222'])
  await eventually(() => agent.held === 1, turnsMax)
  agent.put([])
  await eventually(() => agent.held === 1, turnsMax)
  expect(known.servers).toEqual(['10.2.0.2:4222'])
  expect(agent.requests[1]).toContain('index=101&wait=60000ms')
})

test('an index that goes backwards begins the watch anew, and one that is none does not make it spin', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  const port = testPort()
  await using known = discoveredServers(consul({ address: agent.address, variables }), port, { graceMs: 0 })
  await eventually(() => port.clock.nextTimerMs === 1_000, turnsMax)
  await port.clock.advance(1_000)
  await eventually(() => agent.held === 1, turnsMax)
  agent.restore([{ address: '10.2.0.3', port: 4222 }])
  await eventually(() => known.servers.includes('10.2.0.3:4222'), turnsMax)
  await eventually(() => port.clock.nextTimerMs === 1_000, turnsMax)
  agent.brokenIndex = '0'
  await port.clock.advance(1_000)
  await eventually(() => port.clock.nextTimerMs === 1_000, turnsMax)
  expect(agent.requests).toHaveLength(3)
  expect(agent.requests.map((one) => /index=(\d+)/.exec(one)?.[1])).toEqual([undefined, '101', undefined])
})

test('a held question that outlives its wait is given up and asked again, and takes no server away', async () => {
  await using agent = await testConsul()
  agent.put([{ address: '10.2.0.1', port: 4222 }])
  const port = testPort()
  const options = { address: agent.address, variables, waitMs: 16_000, timeoutMs: 1_000, intervalMs: 0 }
  await using known = discoveredServers(consul(options), port)
  await eventually(() => agent.held === 1, turnsMax)
  await port.clock.advance(17_999)
  expect(port.telemetry.named('engine-nats.discovery-failed')).toEqual([])
  await port.clock.advance(1)
  await eventually(() => port.telemetry.named('engine-nats.discovery-failed').length === 1, turnsMax)
  await port.clock.advance(250)
  await eventually(() => agent.held === 2, turnsMax)
  expect(known.servers).toEqual(['10.2.0.1:4222'])
})

test.each([
  [5, 7, 7],
  [7, 7, 7],
  [7, 5, 0],
  [7, 0, 0],
  [7, Number.NaN, 0],
  [7, -3, 0],
])('after index %s and answer %s the next question has %s', (before, got, next) => {
  expect(nextIndex(before, got)).toBe(next)
})

test.each([
  [{ adress: 'x' }, 'did you mean "address"?'],
  [{ address: 'ftp://x' }, 'address: expected an address such as'],
  [{ service: '' }, 'service: expected a non-empty string'],
  [{ waitMs: 600_001 }, 'waitMs: expected an integer from 1000 to 600000'],
])('the options %j are refused: %s', (options, sentence) => {
  expect(() => consul({ variables, ...options } as ConsulOptions)).toThrow(sentence)
})

test('a password in the address is refused and not repeated', () => {
  const refused = () => consul({ address: 'http://ann:hunter2@consul:8500', variables })
  expect(refused).toThrow('got "consul:8500"')
})
