import { type ConfigurationOptions, type Environment, loadConfiguration, MabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type EngineChoice, engineChoice } from './engine-choice.ts'

const pod = { kubernetes: { namespace: 'shop' } }
const machine = { kubernetes: null }

interface Case {
  readonly options?: ConfigurationOptions
  readonly environment?: Pick<Environment, 'kubernetes'>
  readonly variables?: { readonly [name: string]: string }
}

/** Without a file, in the given environment. */
async function choice({ options = {}, environment = machine, variables = {} }: Case): Promise<EngineChoice> {
  const configuration = await loadConfiguration({ file: false, env: variables, ...options })
  return engineChoice({ configuration, environment, variables })
}

async function refusal(one: Case): Promise<string> {
  const thrown = await choice(one).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(MabeamError)
  const { code, message } = thrown as MabeamError
  return `${code} ${message}`
}

const code = (options: ConfigurationOptions['code'], profile?: ConfigurationOptions['profile']): Case => ({
  options: { ...(options && { code: options }), ...(profile && { profile }) },
})

const secure = { tls: true, credentials: { token: 'env:NATS_TOKEN' } } as const

describe('the engine', () => {
  test.each<[string, Case, object]>([
    [
      'is local where nobody says anything',
      {},
      { engine: 'local', durable: true, reason: expect.stringMatching(/^profile development: nothing names one/) },
    ],
    ['is none in a test where nobody says anything', { variables: { VITEST: 'true' } }, { engine: 'none' }],
    [
      'is local in a test that says so',
      { ...code({ cluster: 'local' }), variables: { VITEST: 'true' } },
      { engine: 'local' },
    ],
    ['is local in CI', { variables: { CI: 'true' } }, { engine: 'local' }],
    [
      'keeps its log where it is told, or none',
      code({ cluster: { kind: 'local', directory: '/x', durability: 'none' } }),
      { engine: 'local', durable: false, directory: '/x', reason: 'cluster is local (code)' },
    ],
    ['is none where that is said', code({ cluster: 'none' }), { engine: 'none', reason: 'cluster is none (code)' }],
    ['may be none in production', code({ cluster: 'none' }, 'production'), { engine: 'none' }],
    [
      'is found by one line in a pod',
      { ...code({ cluster: 'kubernetes' }), environment: pod },
      {
        engine: 'nats',
        place: { by: 'kubernetes' },
        terms: { durability: 'strict' },
        reason: 'cluster is kubernetes (code)',
      },
    ],
    [
      'is found by the API of Kubernetes from outside',
      code({ cluster: { kind: 'kubernetes', api: 'https://10.0.0.1', apiToken: 'env:T', namespace: 'n', port: 5 } }),
      { place: { by: 'kubernetes', api: 'https://10.0.0.1', apiToken: 'env:T', namespace: 'n', port: 5 } },
    ],
    [
      'is found by Consul',
      code({ cluster: { kind: 'consul', service: 'q' } }),
      { place: { by: 'consul', service: 'q' } },
    ],
    [
      'is found by DNS',
      code({ cluster: { kind: 'dns', name: 'nats.internal' } }),
      { place: { by: 'dns', name: 'nats.internal', record: 'a' } },
    ],
    [
      'is where the servers are',
      code({ cluster: { kind: 'nats', servers: 'a:1' } }, 'production'),
      { place: { by: 'address', servers: ['a:1'] }, terms: { durability: 'strict' } },
    ],
    [
      'is where NATS_URL says',
      { ...code({ cluster: 'nats' }, 'production'), variables: { NATS_URL: 'nats://a, nats://b' } },
      {
        place: { by: 'address', servers: ['nats://a', 'nats://b'] },
        reason: 'cluster is nats (code), and NATS_URL names servers',
      },
    ],
    [
      'is on this machine where development names no server',
      code({ cluster: 'nats' }),
      { place: { by: 'address', servers: ['nats://127.0.0.1:4222'] }, terms: { durability: 'relaxed' } },
    ],
    [
      'is what is reachable, in development else local',
      code({ cluster: 'auto' }),
      { engine: 'nats', place: { by: 'auto' }, otherwise: 'local' },
    ],
    [
      'is chosen by the environment as well',
      { variables: { MABEAM_CLUSTER: 'nats', MABEAM_CLUSTER__SERVERS: 'a,b' } },
      { place: { by: 'address', servers: ['a', 'b'] }, reason: 'cluster is nats (env)' },
    ],
    [
      'takes TLS and credentials in enterprise',
      code({ cluster: { kind: 'nats', servers: 'a', ...secure } }, 'enterprise'),
      { terms: { ...secure, replicas: 3, durability: 'strict' } },
    ],
  ])('%s', async (_, one, expected) => {
    expect(await choice(one)).toMatchObject(expected)
  })

  test('that is reachable has no other in production', async () => {
    expect(await choice(code({ cluster: 'auto' }, 'production'))).not.toHaveProperty('otherwise')
  })
})

describe('what can not be', () => {
  test.each<[string, Case, string]>([
    [
      'production that says nothing',
      code(undefined, 'production'),
      'mabeam/cluster-unsaid startNode: cluster: expected one of none (one process), nats, kubernetes, consul, dns, auto in profile "production" (the code names it), got nothing; say startNode({ cluster: … }), MABEAM_CLUSTER=… or "cluster" in mabeam.config.json',
    ],
    [
      'a pod that says nothing, which is told what it may be',
      { environment: pod, variables: { KUBERNETES_SERVICE_HOST: 'h' } },
      "; here it may be 'kubernetes'",
    ],
    ['production with NATS_URL', { ...code(undefined, 'production'), variables: { NATS_URL: 'x' } }, "may be 'nats'"],
    ['production with Consul', { ...code({}, 'production'), variables: { CONSUL_HTTP_ADDR: 'x' } }, "may be 'consul'"],
    [
      'production on one machine',
      code({ cluster: 'local' }, 'production'),
      'mabeam/cluster-refused startNode: cluster: expected nodes that meet on servers, or "none", in profile "production" (the code names it), got "local"; name a cluster',
    ],
    [
      'a log on one disk that is strict',
      code({ cluster: { kind: 'local', durability: 'strict' } }),
      'cluster.durability: expected "none" or "relaxed" for cluster "local"',
    ],
    [
      'servers that keep nothing',
      code({ cluster: { kind: 'nats', durability: 'none' } }),
      'cluster.durability: expected "relaxed" or "strict" for cluster "nats", got "none"',
    ],
    [
      'Kubernetes outside of a pod',
      code({ cluster: 'kubernetes' }),
      'cluster: expected a pod of Kubernetes, or cluster.api, got "kubernetes" outside of one; start it in a pod',
    ],
    [
      'DNS without a name',
      code({ cluster: 'dns' }),
      'cluster.name: expected a name of DNS, such as "nats.internal", got nothing; set cluster.name',
    ],
    [
      'production on servers nobody names',
      code({ cluster: 'nats' }, 'production'),
      'cluster.servers: expected addresses of NATS servers, got nothing; set cluster.servers, MABEAM_CLUSTER__SERVERS or NATS_URL',
    ],
    [
      'a user without a password',
      code({ cluster: { kind: 'nats', credentials: { user: 'u' } } }),
      'cluster.credentials.password: expected a value beside user, got nothing; set both',
    ],
    [
      'a password without a user',
      code({ cluster: { kind: 'nats', credentials: { password: 'p' } } }),
      'cluster.credentials.user: expected a value beside password',
    ],
    [
      'enterprise in one process',
      code({ cluster: 'none' }, 'enterprise'),
      'cluster: expected servers that keep what they are given, in profile "enterprise", got "none"',
    ],
    [
      'enterprise without TLS',
      code({ cluster: { kind: 'nats', servers: 'a', credentials: { token: 't' } } }, 'enterprise'),
      'cluster.tls: expected true, or paths of certificates, in profile "enterprise", got nothing; set cluster.tls, or choose profile "production"',
    ],
    [
      'enterprise with TLS that is off',
      code({ cluster: { kind: 'nats', servers: 'a', tls: false, credentials: { token: 't' } } }, 'enterprise'),
      'cluster.tls: expected true',
    ],
    [
      'enterprise without credentials',
      code({ cluster: { kind: 'nats', servers: 'a', tls: true } }, 'enterprise'),
      'cluster.credentials: expected user and password, token, nkey or creds in profile "enterprise", got nothing',
    ],
    [
      'enterprise on two copies',
      code({ cluster: { kind: 'nats', servers: 'a', replicas: 2, ...secure } }, 'enterprise'),
      'cluster.replicas: expected three or more in profile "enterprise", got 2',
    ],
    [
      'enterprise that is relaxed',
      code({ cluster: { kind: 'nats', servers: 'a', durability: 'relaxed', ...secure } }, 'enterprise'),
      'cluster.durability: expected "strict" in profile "enterprise", got "relaxed"',
    ],
  ])('is refused: %s', async (_, one, expected) => {
    expect(await refusal(one)).toContain(expected)
  })

  test('no refusal shows a secret', async () => {
    const said = { kind: 'nats', servers: 'a', credentials: { user: 'geheim' } } as const
    for (const profile of ['development', 'production', 'enterprise'] as const) {
      expect(await refusal(code({ cluster: said }, profile))).not.toContain('geheim')
    }
  })
})
