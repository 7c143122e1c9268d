/** The configuration of a nats-server, made of our options. Pure. Its language takes JSON. */

import type { Json } from '@mabeam/foundation'
import type { NatsServerAuth, NatsServerSettings } from './server-options.ts'

/** Ports that are known, and where files go. */
export interface ServerPlace {
  readonly storeDir: string
  /** Where the server writes down at which ports it listens. */
  readonly portsDir: string
  /** 0 takes a free one. */
  readonly port: number
  readonly monitorPort: number
  readonly clusterPort: number
}

/** The text of a configuration file. */
export function serverConfig(settings: NatsServerSettings, place: ServerPlace): string {
  const { name, host, monitorHost = host, cluster, auth, tls } = settings
  return JSON.stringify(
    {
      server_name: name,
      listen: address(host, place.port),
      http: address(monitorHost, place.monitorPort),
      ports_file_dir: place.portsDir,
      max_payload: settings.payloadBytesMax,
      ...(settings.jetstream && { jetstream: jetstreamConfig(settings, place) }),
      ...(auth !== undefined && { authorization: authConfig(auth) }),
      ...(tls !== undefined && {
        tls: {
          cert_file: tls.cert,
          key_file: tls.key,
          ...(tls.ca !== undefined && { ca_file: tls.ca }),
          ...(tls.verify !== undefined && { verify: tls.verify }),
        },
      }),
      ...(cluster !== undefined && {
        cluster: {
          name: cluster.name,
          listen: address(host, place.clusterPort),
          routes: cluster.routes.map((route) => `nats://${route}`),
          ...(cluster.advertise !== undefined && { cluster_advertise: cluster.advertise }),
        },
      }),
      ...settings.config,
    },
    undefined,
    2,
  )
}

/** The server takes a free port for -1, and its usual one for 0. */
function address(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? -1 : port}`
}

function jetstreamConfig({ storeBytesMax, sync }: NatsServerSettings, { storeDir }: ServerPlace): Json {
  return {
    store_dir: storeDir,
    sync_interval: sync === 'always' ? sync : `${sync}ms`,
    ...(storeBytesMax !== undefined && { max_file_store: storeBytesMax }),
  }
}

function authConfig(auth: NatsServerAuth): Json {
  if ('token' in auth) return { token: auth.token }
  if ('nkeys' in auth) return { users: auth.nkeys.map((nkey) => ({ nkey })) }
  return { user: auth.user, password: auth.password }
}
