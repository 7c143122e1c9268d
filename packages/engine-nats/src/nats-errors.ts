/** Errors of this engine that no other has: one factory a code. Those of the contract are foundation's. */

import { MabeamError } from '@mabeam/foundation'

/** No server took a connection in time. */
export function noServer(servers: readonly string[], waitedMs: number, cause: unknown): MabeamError {
  const tried = servers.length === 0 ? 'none was found' : `tried ${servers.join(', ')}`
  const sentence = `no NATS server was reached within ${waitedMs} ms: ${tried}; start one (nats-server -js) or set servers`
  return new MabeamError('engine-nats/no-server', sentence, { retryable: true, data: { servers, waitedMs }, cause })
}

/** The server does not know who asks. Says which kind of credentials was given, never what they are. */
export function wrongCredentials(server: string, given: string, cause: unknown): MabeamError {
  const sentence = `the NATS server ${server} refused the credentials (${given}); set credentials to what its configuration expects`
  return new MabeamError('engine-nats/wrong-credentials', sentence, { data: { server, given }, cause })
}

/** A secret that is said to be somewhere is not there. `reference` is where, such as `env:NATS_TOKEN`. */
export function secretMissing(owner: string, reference: string, cause?: unknown): MabeamError {
  const sentence = `${owner}: nothing is at ${reference}; set it, or name another place`
  return new MabeamError('engine-nats/secret-missing', sentence, {
    data: { owner, reference },
    ...(cause !== undefined && { cause }),
  })
}

/** Credentials or certificates that are there and can't be used. Says nothing of what they are. */
export function unusableSecret(owner: string, expected: string): MabeamError {
  return new MabeamError('engine-nats/unusable-secret', `${owner}: expected ${expected}`, { data: { owner, expected } })
}

export function tlsFailed(server: string, reason: string, cause: unknown): MabeamError {
  const sentence = `no secure connection to the NATS server ${server}: ${reason}; set tls (ca, cert, key) to match the server's`
  return new MabeamError('engine-nats/tls-failed', sentence, { data: { server, reason }, cause })
}

export function serverTooOld(server: string, version: string, versionMin: string): MabeamError {
  const sentence = `the NATS server ${server} is ${version}: expected ${versionMin} or newer, since older ones ignore expiry; update it`
  return new MabeamError('engine-nats/server-too-old', sentence, { data: { server, version, versionMin } })
}

/** The server keeps nothing, or not for this account. */
export function noJetStream(server: string, sentenceOfServer: string): MabeamError {
  const sentence = `the NATS server ${server} has no JetStream for this account (${sentenceOfServer}); start it with -js, or enable jetstream for the account`
  return new MabeamError('engine-nats/no-jetstream', sentence, { data: { server } })
}

export function tooFewServers(replicas: number, servers: number): MabeamError {
  const sentence = `replicas: expected at most ${servers}, as many as the cluster has servers, got ${replicas}; start more servers or lower replicas`
  return new MabeamError('engine-nats/too-few-servers', sentence, { data: { replicas, servers } })
}

/** One copy of everything, and no word that this is meant. */
export function notDurable(replicas: number): MabeamError {
  const sentence =
    `replicas: expected 3 or more with durability 'strict', got ${replicas}: the loss of one server would lose everything; ` +
    `start three servers, or say durability: 'relaxed'`
  return new MabeamError('engine-nats/not-durable', sentence, { data: { replicas } })
}

/** The server's disk may lose what it acknowledged. */
export function notSynced(server: string, sync: string): MabeamError {
  const sentence =
    `the NATS server ${server} syncs its disk ${sync}: a power failure loses what was acknowledged; ` +
    `set jetstream { sync_interval: always }, or say durability: 'relaxed'`
  return new MabeamError('engine-nats/not-synced', sentence, { data: { server, sync } })
}

export function monitorUnreadable(monitor: string, cause: unknown): MabeamError {
  const sentence = `nothing readable is at ${monitor}/varz; set monitor to the server's http address (http_port), or leave it out`
  return new MabeamError('engine-nats/monitor-unreadable', sentence, { data: { monitor }, cause })
}
