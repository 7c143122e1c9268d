/** How the client is told to connect, the same for the connections of a node and for those of its pulse's thread. */

import type { NodeConnectionOptions, ReconnectToServerHandler } from '@nats-io/transport-node'
import { authenticatorOf, type NatsCredentials } from './credentials.ts'

/** The settings of a connection, which can be sent to a thread: secrets go as they were given, so references stay references. */
export interface ConnectionSettings {
  readonly credentials?: NatsCredentials
  readonly tls?:
    | true
    | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly handshakeFirst?: boolean }
  readonly inboxPrefix: string
  readonly dialTimeoutMs: number
  readonly reconnectMs: number
  readonly reconnectJitterMs: number
  readonly pingMs: number
}

export interface ConnectionIdentity {
  /** Shown by the server's monitoring. */
  readonly label: string
  readonly servers: readonly string[]
  /** From 0 to 1, anew each time. */
  random(): number
  /** Chooses among the servers that are known. */
  readonly choose: ReconnectToServerHandler
}

export function connectionOptions(settings: ConnectionSettings, identity: ConnectionIdentity): NodeConnectionOptions {
  const { credentials, tls, inboxPrefix, dialTimeoutMs, reconnectMs, reconnectJitterMs, pingMs } = settings
  const authenticator = authenticatorOf(credentials)
  return {
    name: identity.label,
    servers: [...identity.servers],
    inboxPrefix,
    timeout: dialTimeoutMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    // For ever, whatever the reason: secrets are replaced and servers come back.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => reconnectMs + Math.floor(identity.random() * reconnectJitterMs),
    reconnectToServer: identity.choose,
    noAsyncTraces: true,
    ...(authenticator !== undefined && { authenticator }),
    ...(tls !== undefined && { tls: tls === true ? {} : tlsFiles(tls) }),
  }
}

function tlsFiles({ ca, cert, key, handshakeFirst }: Exclude<ConnectionSettings['tls'], true | undefined>) {
  return {
    ...(ca !== undefined && { caFile: ca }),
    ...(cert !== undefined && { certFile: cert }),
    ...(key !== undefined && { keyFile: key }),
    ...(handshakeFirst !== undefined && { handshakeFirst }),
  }
}
