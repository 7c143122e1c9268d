/** What is checked of how nodes meet on servers. */

import type { ClusterKind, ClusterSettings } from './cluster-setting.ts'
import type { ReadinessCheck, ReadinessWorld } from './readiness-finding.ts'

/** In development servers are on this machine or on a network one trusts. */
const risky = { development: 'info', production: 'warning', enterprise: 'error' } as const
const onServers: readonly ClusterKind[] = ['nats', 'kubernetes', 'consul', 'dns', 'auto']
const oneMachine: readonly ClusterKind[] = ['local']

const plainConnection: ReadinessCheck = (world) => {
  const cluster = clusterOf(world, onServers)
  if (cluster === undefined || cluster.tls) return undefined
  return {
    severity: risky,
    area: 'security',
    code: 'plain-connection',
    sentence: 'what nodes say to each other goes over the network as it is',
    fix: 'set cluster.tls, and TLS on the servers',
  }
}

const openServers: ReadinessCheck = (world) => {
  const cluster = clusterOf(world, onServers)
  if (cluster === undefined || cluster.credentials !== undefined) return undefined
  return {
    severity: risky,
    area: 'security',
    code: 'open-servers',
    sentence: 'whoever reaches the servers can call every actor and read every queue',
    fix: 'set cluster.credentials, and users or tokens on the servers',
  }
}

const unsignedMessages: ReadinessCheck = (world) => {
  const isSigned = world.configuration.values.security !== undefined
  if (isSigned || clusterOf(world, onServers) === undefined) return undefined
  return {
    severity: { development: 'info', production: 'warning', enterprise: 'warning' },
    area: 'security',
    code: 'unsigned-messages',
    sentence: 'whoever can send on the servers can say anything in the name of any node, and drain it',
    fix: 'give all nodes security.secret (MABEAM_SECRET, env:NAME or file:PATH)',
  }
}

const writtenSecret: ReadinessCheck = (world) => {
  const cluster = clusterOf(world, onServers)
  const ofServers = [...Object.values({ ...cluster?.credentials, user: undefined }), cluster?.apiToken]
  const secrets = [...ofServers, ...[world.configuration.values.security?.secret].flat()]
  const isWritten = secrets.some((one) => typeof one === 'string' && !/^(env|file):/.test(one))
  return isWritten
    ? {
        severity: { development: 'info', production: 'warning', enterprise: 'warning' },
        area: 'security',
        code: 'written-secret',
        sentence: 'a password, token or key stands in the configuration itself',
        fix: 'write env:NAME or file:PATH, which is read when it is needed',
      }
    : undefined
}

const oneMachineOnly: ReadinessCheck = (world) => {
  if (clusterOf(world, oneMachine) === undefined || world.configuration.profile === 'development') return undefined
  return {
    severity: 'error',
    area: 'durability',
    code: 'one-machine',
    sentence: 'nodes meet on this machine alone, and what they keep is on its disk alone',
    fix: 'name a cluster of servers: nats, kubernetes, consul, dns or auto',
  }
}

/** In order of areas. */
export const onServersChecks: readonly ReadinessCheck[] = [
  plainConnection,
  openServers,
  unsignedMessages,
  writtenSecret,
  oneMachineOnly,
]

/** The cluster, where it is of one of these kinds. */
function clusterOf({ configuration }: ReadinessWorld, kinds: readonly ClusterKind[]): ClusterSettings | undefined {
  const { cluster } = configuration
  return cluster?.kind !== undefined && kinds.includes(cluster.kind) ? cluster : undefined
}
