import { expect, test } from 'vitest'
import { discoveryPlan, type Surroundings } from './discovery-plan.ts'

function kinds(variables: Surroundings['variables'], hasServiceAccount = false) {
  return discoveryPlan({ variables, hasServiceAccount }, 'nats').map(({ kind }) => kind)
}

test('servers that are named stand alone, ours before those of the client', () => {
  const variables = { MABEAM_NATS_SERVERS: 'a, b:4223\n', NATS_URL: 'c', CONSUL_HTTP_ADDR: 'd' }
  expect(discoveryPlan({ variables, hasServiceAccount: true }, 'nats')).toMatchObject([
    { kind: 'static', servers: ['a', 'b:4223'], why: 'MABEAM_NATS_SERVERS is set' },
  ])
  expect(discoveryPlan({ variables: { NATS_URL: 'c' }, hasServiceAccount: false }, 'nats')).toMatchObject([
    { servers: ['c'] },
  ])
})

test('an empty variable names nobody', () => {
  expect(kinds({ MABEAM_NATS_SERVERS: ' ,', NATS_URL: '' })).toEqual(['dns', 'mdns', 'static'])
})

test('multicast is asked in development alone', () => {
  expect(kinds({})).toEqual(['dns', 'mdns', 'static'])
  expect(kinds({ NODE_ENV: 'production' })).toEqual(['dns', 'static'])
  expect(kinds({ CONSUL_HTTP_ADDR: 'x' })).toEqual(['consul', 'dns', 'static'])
  expect(kinds({ KUBERNETES_SERVICE_HOST: 'x' }, true)).toEqual(['kubernetes', 'dns', 'static'])
})

test('a pod without a token of a service account does not ask Kubernetes', () => {
  expect(kinds({ KUBERNETES_SERVICE_HOST: 'x' })).toEqual(['dns', 'mdns', 'static'])
})
