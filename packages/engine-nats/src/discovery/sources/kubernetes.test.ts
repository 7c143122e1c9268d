import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isMabeamError, seededRandom } from '@mabeam/foundation'
import { collectTelemetry, eventually, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { testCertificate } from '../certificate.fixture.ts'
import { discoveredServers } from '../discovered-servers.ts'
import type { KubernetesOptions } from '../kubernetes-access.ts'
import { type TestKubernetes, testKubernetes } from '../kubernetes-api.fixture.ts'
import { kubernetes } from './kubernetes.ts'

const turnsMax = 500_000

function testPort() {
  return { clock: virtualClock(), random: seededRandom(1), telemetry: collectTelemetry() }
}

function found(api: TestKubernetes, options: KubernetesOptions = {}, port = testPort()) {
  return kubernetes({ api: api.address, token: 'secret', ...options }).find(port, new AbortController().signal)
}

function withCode(code: string, words: string) {
  return (thrown: unknown) =>
    isMabeamError(thrown) && thrown.code === `engine-nats/${code}` && thrown.message.includes(words)
}

test('the ready endpoints of all slices of the service are found, IPv6 in brackets', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [
    { address: '10.1.0.2', ready: true },
    { address: '10.1.0.3', ready: false },
  ])
  api.put('nats-b', [{ address: 'fd00::4' }, { address: 'not an address' }])
  expect(await found(api)).toEqual(['10.1.0.2:4222', '[fd00::4]:4222'])
  expect(await found(api, { service: 'other' })).toEqual([])
})

test('where no endpoint is ready those that still serve are found, and else all', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [
    { address: '10.1.0.2', ready: false, serving: true },
    { address: '10.1.0.3', ready: false, serving: false },
  ])
  expect(await found(api)).toEqual(['10.1.0.2:4222'])
  api.put('nats-a', [{ address: '10.1.0.3', ready: false, serving: false }])
  expect(await found(api)).toEqual(['10.1.0.3:4222'])
})

test('a port by name is that of each slice, and one that the service lacks is named', async () => {
  await using api = await testKubernetes()
  api.put(
    'nats-a',
    [{ address: '10.1.0.2' }],
    [
      { name: 'client', port: 5222 },
      { name: 'monitor', port: 8222 },
    ],
  )
  expect(await found(api, { port: 'client' })).toEqual(['10.1.0.2:5222'])
  await expect(found(api, { port: 'nats' })).rejects.toThrow('expected one of the service (client, monitor), got nats')
})

test('a list in several pages is read whole', async () => {
  await using api = await testKubernetes()
  for (let i = 0; i < 101; i++) api.put(`nats-${i}`, [{ address: `10.1.${i}.2` }])
  expect(await found(api)).toHaveLength(101)
  expect(api.requests).toHaveLength(2)
})

test('a wrong token, a missing Role and a wrong address are each told with what to do', async () => {
  await using api = await testKubernetes()
  await expect(found(api, { token: 'old' })).rejects.toSatisfy(
    withCode('discovery-forbidden', 'the token is refused (401)'),
  )
  api.isAllowed = false
  const role = 'bind a Role with get, list and watch on endpointslices of discovery.k8s.io in namespace "default"'
  await expect(found(api)).rejects.toSatisfy(withCode('discovery-forbidden', role))
  api.isAllowed = true
  await expect(found(api, { namespace: 'elsewhere' })).rejects.toSatisfy(withCode('discovery-refused', 'got 404'))
})

test.each([
  [500, 'discovery-refused', 'got 500'],
  ['half', 'discovery-unreachable', 'no answer'],
  ['garbage', 'discovery-unreadable', 'expected an EndpointSliceList'],
  ['huge', 'discovery-too-large', 'expected an answer of at most 8388608 bytes'],
] as const)('an API that answers with %s fails the look with a sentence', async (fault, code, words) => {
  await using api = await testKubernetes()
  api.misbehave(fault)
  await expect(found(api)).rejects.toSatisfy(withCode(code, words))
})

test('an API that hangs is given up after timeoutMs, and one that is gone at once', async () => {
  const port = testPort()
  const api = await testKubernetes()
  api.misbehave('hang')
  const rejected = expect(found(api, {}, port)).rejects.toSatisfy(
    withCode('discovery-unreachable', 'expected an answer within 5000 ms, got none'),
  )
  await eventually(() => api.requests.length === 1, turnsMax)
  await port.clock.advance(5_000)
  await rejected
  await api[Symbol.asyncDispose]()
  await expect(found(api, {}, port)).rejects.toSatisfy(withCode('discovery-unreachable', 'ECONNREFUSED'))
  expect(port.clock.pendingTimers).toBe(0)
})

test('a find that is aborted rejects with the reason', async () => {
  await using api = await testKubernetes()
  api.misbehave('hang')
  const abort = new AbortController()
  const find = kubernetes({ api: api.address, token: 'secret' }).find(testPort(), abort.signal)
  await eventually(() => api.requests.length === 1, turnsMax)
  abort.abort('enough')
  await expect(find).rejects.toBe('enough')
})

test('a watch tells of servers that come and go, and goes on after its end from where it was', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const port = testPort()
  await using known = discoveredServers(kubernetes({ api: api.address, token: 'secret' }), port, { graceMs: 0 })
  await known.first()
  await eventually(() => api.openWatches === 1, turnsMax)
  api.put('nats-b', [{ address: '10.1.0.3' }])
  await eventually(() => known.servers.length === 2, turnsMax)
  await port.clock.advance(1_000)
  api.remove('nats-a')
  await eventually(() => known.servers.length === 1, turnsMax)
  api.bookmark()
  api.endWatches()
  await eventually(() => api.openWatches === 1, turnsMax)
  api.put('nats-c', [{ address: '10.1.0.4' }])
  await eventually(() => known.servers.includes('10.1.0.4:4222'), turnsMax)
  expect(api.requests.filter((one) => !one.includes('watch='))).toHaveLength(1)
})

test('changes between two watches are not missed', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const port = testPort()
  await using known = discoveredServers(kubernetes({ api: api.address, token: 'secret' }), port)
  await eventually(() => api.openWatches === 1, turnsMax)
  api.endWatches()
  api.put('nats-b', [{ address: '10.1.0.3' }])
  await eventually(() => port.clock.nextTimerMs === 1_000, turnsMax)
  await port.clock.advance(1_000)
  await eventually(() => known.servers.length === 2, turnsMax)
})

test.each(['as a status', 'as a line'])('all is listed anew when the version is gone, told %s', async (how) => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const port = testPort()
  await using known = discoveredServers(kubernetes({ api: api.address, token: 'secret' }), port, { graceMs: 0 })
  await eventually(() => api.openWatches === 1, turnsMax)
  await port.clock.advance(1_000)
  if (how === 'as a line') {
    api.put('nats-a', [{ address: '10.1.0.9' }])
    await eventually(() => known.servers.includes('10.1.0.9:4222'), turnsMax)
    api.expire()
  } else {
    api.endWatches()
    api.put('nats-a', [{ address: '10.1.0.9' }])
    api.compact()
    await eventually(() => port.clock.nextTimerMs === 1_000, turnsMax)
    await port.clock.advance(1_000)
  }
  await eventually(() => api.requests.filter((one) => !one.includes('watch=')).length === 2, turnsMax)
  await eventually(() => known.servers.includes('10.1.0.9:4222'), turnsMax)
  expect(port.telemetry.named('engine-nats.discovery-failed')).toEqual([])
})

test('a watch that is cut off or forbidden later takes no server away, and begins anew', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const port = testPort()
  await using known = discoveredServers(kubernetes({ api: api.address, token: 'secret' }), port)
  await eventually(() => api.openWatches === 1, turnsMax)
  api.isAllowed = false
  api.cut()
  await eventually(() => port.telemetry.named('engine-nats.discovery-failed').length === 1, turnsMax)
  await port.clock.advance(250)
  await eventually(() => port.telemetry.named('engine-nats.discovery-failed').length === 2, turnsMax)
  expect(port.telemetry.named('engine-nats.discovery-failed')[1]?.metadata).toMatchObject({
    code: 'engine-nats/discovery-forbidden',
  })
  expect(known.servers).toEqual(['10.1.0.2:4222'])
  api.isAllowed = true
  await port.clock.advance(10_000)
  await eventually(() => api.openWatches === 1, turnsMax)
})

test('a watch that the API lets hang past its time is ended and begun anew', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const port = testPort()
  await using known = discoveredServers(kubernetes({ api: api.address, token: 'secret', watchMs: 60_000 }), port)
  await eventually(() => api.openWatches === 1, turnsMax)
  await port.clock.advance(70_000)
  await eventually(() => port.telemetry.named('engine-nats.discovery-failed').length === 1, turnsMax)
  await port.clock.advance(250)
  await eventually(() => api.requests.filter((one) => one.includes('watch=')).length === 2, turnsMax)
  expect(known.servers).toEqual(['10.1.0.2:4222'])
})

test('in a pod the token is read anew for each request, since it is replaced', async () => {
  await using api = await testKubernetes()
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const folder = await mkdtemp(path.join(tmpdir(), 'account-'))
  try {
    const tokenPath = path.join(folder, 'token')
    await writeFile(tokenPath, 'secret\n')
    const source = kubernetes({ api: api.address, tokenPath })
    const { signal } = new AbortController()
    expect(await source.find(testPort(), signal)).toHaveLength(1)
    api.token = 'rotated'
    await expect(source.find(testPort(), signal)).rejects.toThrow('the token is refused')
    await writeFile(tokenPath, 'rotated\n')
    expect(await source.find(testPort(), signal)).toHaveLength(1)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('in a pod all that is needed is there: address, token, namespace and the authority of the API', async () => {
  await using api = await testKubernetes(true)
  api.put('nats-a', [{ address: '10.1.0.2' }])
  const accountPath = await mkdtemp(path.join(tmpdir(), 'account-'))
  try {
    const variables = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(api.address).port }
    const source = kubernetes({ variables, accountPath })
    const { signal } = new AbortController()
    await writeFile(path.join(accountPath, 'token'), 'secret')
    await writeFile(path.join(accountPath, 'namespace'), 'default')
    await writeFile(path.join(accountPath, 'ca.crt'), testCertificate)
    expect(await source.find(testPort(), signal)).toEqual(['10.1.0.2:4222'])
    const elsewhere = kubernetes({ api: api.address, token: 'secret' })
    await expect(elsewhere.find(testPort(), signal)).rejects.toSatisfy(
      withCode('discovery-unreachable', 'give the certificate of its authority as ca'),
    )
  } finally {
    await rm(accountPath, { recursive: true })
  }
})

test('outside of a cluster, or without a token in it, the sentence says what is missing', async () => {
  const { signal } = new AbortController()
  const outside = kubernetes({ variables: {}, accountPath: '/nowhere' })
  await expect(outside.find(testPort(), signal)).rejects.toThrow('give the address of the API as api')
  const inside = kubernetes({ variables: { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, accountPath: '/nowhere' })
  await expect(inside.find(testPort(), signal)).rejects.toThrow('is automountServiceAccountToken false?')
})

test.each([
  [{ namspace: 'x' }, 'did you mean "namespace"?'],
  [{ port: 0 }, 'port: expected a port from 1 to 65535 or the name of one, got 0'],
  [{ service: 'Not_a_name' }, 'service: expected a name of Kubernetes'],
  [{ service: '' }, 'service: expected a name of Kubernetes'],
  [{ api: '10.0.0.1' }, 'api: expected an address such as'],
  [{ token: 'a', tokenPath: 'b' }, 'a token or its file, not both'],
])('the options %j are refused: %s', (options, sentence) => {
  expect(() => kubernetes(options as KubernetesOptions)).toThrow(sentence)
})
