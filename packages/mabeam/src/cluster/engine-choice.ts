/** Which engine a configuration means, and why. Pure: what is reachable is found out later, by whoever opens the engine. */

import type { ClusterCredentials, ClusterKind, ClusterTls, Configuration, Environment } from '@mabeam/foundation'
import { clusterRefused, clusterUnsaid } from '../errors.ts'

/** What is looked at besides the configuration. */
export interface ChoiceWorld {
  readonly configuration: Pick<Configuration, 'profile' | 'profileReason' | 'cluster' | 'sources'>
  readonly environment: Pick<Environment, 'kubernetes'>
  readonly variables: { readonly [name: string]: string | undefined }
}

/** What all NATS servers are spoken to with. */
export interface ServerTerms {
  readonly credentials?: ClusterCredentials
  readonly tls?: true | ClusterTls
  readonly replicas?: number
  readonly durability: 'relaxed' | 'strict'
  readonly monitor?: string
}

/** How the addresses of the servers are found. */
export type ServerPlace =
  | { readonly by: 'address'; readonly servers: readonly string[] }
  | {
      readonly by: 'kubernetes'
      readonly service?: string
      readonly namespace?: string
      readonly port?: number
      readonly api?: string
      readonly apiToken?: string
    }
  | { readonly by: 'consul'; readonly service?: string; readonly api?: string; readonly apiToken?: string }
  | { readonly by: 'dns'; readonly name: string; readonly record: 'srv' | 'a'; readonly port?: number }
  | { readonly by: 'auto' }

export type EngineChoice = (
  | { readonly engine: 'none' }
  | { readonly engine: 'local'; readonly durable: boolean; readonly directory?: string }
  | {
      readonly engine: 'nats'
      readonly place: ServerPlace
      readonly terms: ServerTerms
      /** What is taken where no server is reachable. */
      readonly otherwise?: 'local'
    }
) & {
  /** For people: what decided. */
  readonly reason: string
}

const localServer = 'nats://127.0.0.1:4222'

/**
 * The engine that is meant. Throws `mabeam/cluster-unsaid` where production has not said by what its nodes meet, and
 * `mabeam/cluster-refused` for what can't be together, with key, expectation, what was got and the fix.
 */
export function engineChoice(world: ChoiceWorld): EngineChoice {
  const { profile, profileReason, cluster = {}, sources } = world.configuration
  const { kind } = cluster
  if (kind === undefined) throw clusterUnsaid(profile, profileReason, suggestion(world))
  const isSaid = sources.cluster !== 'profile'
  const reason = isSaid ? `cluster is ${kind} (${sources.cluster})` : `profile ${profile}: ${profileReason}`
  if (kind === 'none') return ofOneProcess(world, reason)
  if (kind === 'local') return ofThisMachine(world, { isSaid, reason })
  const terms = serverTerms(world, kind)
  const place = serverPlace(world, kind)
  const otherwise = kind === 'auto' && profile === 'development' ? { otherwise: 'local' as const } : {}
  return { engine: 'nats', place, terms, reason: `${reason}${placeReason(world, kind)}`, ...otherwise }
}

function ofOneProcess({ configuration }: ChoiceWorld, reason: string): EngineChoice {
  if (configuration.profile === 'enterprise') {
    throw clusterRefused(
      'cluster',
      'servers that keep what they are given, in profile "enterprise"',
      '"none"',
      'name a cluster (nats, kubernetes, consul, dns, auto), or choose profile "production"',
    )
  }
  return { engine: 'none', reason }
}

function ofThisMachine(world: ChoiceWorld, said: { readonly isSaid: boolean; readonly reason: string }): EngineChoice {
  const { profile, profileReason, cluster = {} } = world.configuration
  if (profile !== 'development') {
    throw clusterRefused(
      'cluster',
      `nodes that meet on servers, or "none", in profile "${profile}" (${profileReason})`,
      '"local"',
      'name a cluster (nats, kubernetes, consul, dns, auto), or set MABEAM_PROFILE=development for processes of one machine',
    )
  }
  if (cluster.durability === 'strict') {
    throw clusterRefused(
      'cluster.durability',
      '"none" or "relaxed" for cluster "local", whose log is on one disk',
      '"strict"',
      'leave it out, or name a cluster of servers',
    )
  }
  // Tests of one project run beside each other and beside the program, and must not meet.
  if (!said.isSaid && isTest(world.variables)) {
    return { engine: 'none', reason: 'nothing names a cluster, and this is a test' }
  }
  const { directory } = cluster
  const durable = cluster.durability !== 'none'
  return { engine: 'local', durable, ...(directory !== undefined && { directory }), reason: said.reason }
}

function serverTerms({ configuration }: ChoiceWorld, kind: ClusterKind): ServerTerms {
  const { profile, cluster = {} } = configuration
  const { credentials, replicas, durability = 'strict', monitor } = cluster
  const tls = cluster.tls === false ? undefined : cluster.tls
  if (durability === 'none') {
    throw clusterRefused(
      'cluster.durability',
      `"relaxed" or "strict" for cluster "${kind}"`,
      '"none"',
      'servers keep what they are given; leave it out',
    )
  }
  const terms: ServerTerms = {
    durability,
    ...(credentials !== undefined && { credentials }),
    ...(tls !== undefined && { tls }),
    ...(replicas !== undefined && { replicas }),
    ...(monitor !== undefined && { monitor }),
  }
  if (profile === 'enterprise') checkEnterprise(terms)
  if ((credentials?.user === undefined) !== (credentials?.password === undefined)) {
    const [there, missing] = credentials?.user === undefined ? ['password', 'user'] : ['user', 'password']
    throw clusterRefused(`cluster.credentials.${missing}`, `a value beside ${there}`, 'nothing', 'set both')
  }
  return terms
}

function checkEnterprise({ tls, credentials, replicas, durability }: ServerTerms): void {
  const here = 'in profile "enterprise"'
  const or = 'or choose profile "production"'
  if (tls === undefined) {
    throw clusterRefused('cluster.tls', `true, or paths of certificates, ${here}`, 'nothing', `set cluster.tls, ${or}`)
  }
  if (credentials === undefined) {
    const expected = `user and password, token, nkey or creds ${here}`
    throw clusterRefused('cluster.credentials', expected, 'nothing', `set cluster.credentials, ${or}`)
  }
  if (replicas !== undefined && replicas < 3) {
    throw clusterRefused('cluster.replicas', `three or more ${here}`, String(replicas), `leave it out, ${or}`)
  }
  if (durability !== 'strict') {
    throw clusterRefused('cluster.durability', `"strict" ${here}`, `"${durability}"`, `leave it out, ${or}`)
  }
}

function serverPlace(world: ChoiceWorld, kind: Exclude<ClusterKind, 'none' | 'local'>): ServerPlace {
  const { configuration, environment, variables } = world
  const { servers, service, namespace, name, record = 'a', port, api, apiToken } = configuration.cluster ?? {}
  const asked = { ...(service && { service }), ...(api && { api }), ...(apiToken && { apiToken }) }
  if (kind === 'auto') return { by: 'auto' }
  if (kind === 'consul') return { by: 'consul', ...asked }
  if (kind === 'dns') {
    if (name !== undefined) return { by: 'dns', name, record, ...(port !== undefined && { port }) }
    throw clusterRefused('cluster.name', 'a name of DNS, such as "nats.internal"', 'nothing', 'set cluster.name')
  }
  if (kind === 'kubernetes') {
    if (environment.kubernetes !== null || api !== undefined) {
      return { by: 'kubernetes', ...asked, ...(namespace && { namespace }), ...(port !== undefined && { port }) }
    }
    throw clusterRefused(
      'cluster',
      'a pod of Kubernetes, or cluster.api',
      '"kubernetes" outside of one',
      'start it in a pod, set cluster.api to the address of the API server, or name another cluster (MABEAM_CLUSTER=local)',
    )
  }
  const addresses = servers ?? variables.NATS_URL?.split(',').map((one) => one.trim())
  if (addresses !== undefined) return { by: 'address', servers: [addresses].flat() }
  if (configuration.profile === 'development') return { by: 'address', servers: [localServer] }
  throw clusterRefused(
    'cluster.servers',
    'addresses of NATS servers',
    'nothing',
    'set cluster.servers, MABEAM_CLUSTER__SERVERS or NATS_URL',
  )
}

function placeReason({ configuration, variables }: ChoiceWorld, kind: ClusterKind): string {
  if (kind !== 'nats' || configuration.cluster?.servers !== undefined) return ''
  return variables.NATS_URL === undefined
    ? ', and nothing names servers but this machine'
    : ', and NATS_URL names servers'
}

/** What the surroundings speak for, where nothing was said. */
function suggestion({ environment, variables }: ChoiceWorld): ClusterKind | undefined {
  if (environment.kubernetes !== null) return 'kubernetes'
  if (variables.NATS_URL) return 'nats'
  return variables.CONSUL_HTTP_ADDR ? 'consul' : undefined
}

/** What runners of tests put into the environment of what they run. */
function isTest(variables: ChoiceWorld['variables']): boolean {
  const { NODE_ENV, VITEST, JEST_WORKER_ID, NODE_TEST_CONTEXT } = variables
  return (
    NODE_ENV === 'test' || [VITEST, JEST_WORKER_ID, NODE_TEST_CONTEXT].some((one) => one !== undefined && one !== '')
  )
}
