import { isMabeamError, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, eventually, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { testConsul } from '../consul-agent.fixture.ts'
import { greetingServer } from '../greeting-server.fixture.ts'
import { type AutoOptions, auto } from './auto.ts'

const { signal } = new AbortController()

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: collectTelemetry() }
}

/** In production nobody asks the network, and `localhost` needs no name server. */
function inProduction(port: number, variables: AutoOptions['variables'] = {}): AutoOptions {
  return { service: 'localhost', port, accountPath: '/nowhere', variables: { NODE_ENV: 'production', ...variables } }
}

function outcomes({ telemetry }: ReturnType<typeof testPort>) {
  return telemetry.named('engine-nats.discovery-tried').map(({ metadata }) => `${metadata.source} ${metadata.outcome}`)
}

test('servers that the environment names are taken, whether they answer now or not', async () => {
  const port = testPort()
  const source = auto({ variables: { NATS_URL: 'nats://a:1,b:2' } })
  expect(await source.find(port, signal)).toEqual(['a:1', 'b:2'])
  expect(port.telemetry.events[0]?.metadata).toMatchObject({
    source: 'static',
    outcome: 'chosen',
    why: 'NATS_URL is set',
  })
})

test('a named server that is no address is refused, as one with a password', async () => {
  const source = auto({ variables: { NATS_URL: 'nats://ann:hunter2@a' } })
  await expect(source.find(testPort(), signal)).rejects.toThrow('give them as credentials')
})

test('what Consul knows is taken before DNS and this machine when a server of NATS answers there', async () => {
  await using agent = await testConsul()
  await using server = await greetingServer()
  agent.put([{ address: '127.0.0.1', port: server.port }])
  const port = testPort()
  const options = { ...inProduction(1, { CONSUL_HTTP_ADDR: agent.address }), service: 'nats' }
  expect(await auto(options).find(port, signal)).toEqual([`127.0.0.1:${server.port}`])
  expect(outcomes(port)).toEqual(['consul chosen'])
})

test('what is named and does not answer is passed over, with the reason', async () => {
  await using agent = await testConsul()
  await using server = await greetingServer()
  agent.put([{ address: '127.0.0.1', port: 1 }])
  const port = testPort()
  const options = inProduction(server.port, { CONSUL_HTTP_ADDR: agent.address })
  expect(await auto(options).find(port, signal)).toContain(`127.0.0.1:${server.port}`)
  expect(outcomes(port)).toEqual(['consul passed-over', 'dns chosen'])
})

test('once a source is taken it alone is asked, so that an engine stays with its cluster', async () => {
  await using agent = await testConsul()
  await using server = await greetingServer()
  const port = testPort()
  const source = auto({ ...inProduction(server.port, { CONSUL_HTTP_ADDR: agent.address }), service: 'nats.invalid' })
  expect(await source.find(port, signal)).toEqual([`127.0.0.1:${server.port}`])
  const asked = agent.requests.length
  await server[Symbol.asyncDispose]()
  expect(await source.find(port, signal)).toEqual([`127.0.0.1:${server.port}`])
  expect(agent.requests).toHaveLength(asked)
})

test('where nothing answers one sentence says what was tried and what to do', async () => {
  const port = testPort()
  await expect(auto(inProduction(1)).find(port, signal)).rejects.toSatisfy(
    (thrown) =>
      isMabeamError(thrown) &&
      thrown.code === 'engine-nats/no-servers-found' &&
      thrown.retryable &&
      thrown.message.includes('no server of NATS answers at 127.0.0.1:1') &&
      thrown.message.endsWith('name them in MABEAM_NATS_SERVERS'),
  )
  expect(outcomes(port)).toEqual(['dns passed-over', 'static passed-over'])
})

test('a source that hangs is passed over after probeMs', async () => {
  await using agent = await testConsul()
  await using server = await greetingServer()
  agent.misbehave('hang')
  const port = testPort()
  const find = auto(inProduction(server.port, { CONSUL_HTTP_ADDR: agent.address })).find(port, signal)
  // The others have answered when the only timers left are those of the one that hangs.
  const isAlone = () => agent.requests.length === 1 && server.connections === 2 && port.clock.pendingTimers === 2
  await eventually(isAlone, 500_000)
  await port.clock.advance(2_000)
  expect(await find).toContain(`127.0.0.1:${server.port}`)
  expect(outcomes(port)).toEqual(['consul passed-over', 'dns chosen'])
})

test('a look that is aborted rejects with the reason', async () => {
  await expect(auto(inProduction(1)).find(testPort(), AbortSignal.abort('no'))).rejects.toBe('no')
})

test('unknown and impossible options are refused in words', () => {
  expect(() => auto({ probems: 1 } as AutoOptions)).toThrow('did you mean "probeMs"?')
  expect(() => auto({ port: 0 })).toThrow('port: expected an integer from 1 to 65535')
})
