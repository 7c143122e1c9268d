import { describe, expect, test } from 'vitest'
import { serverConfig } from './server-config.ts'
import { type NatsServerOptions, natsServerSettings } from './server-options.ts'

const place = { storeDir: '/store', portsDir: '/ports', port: 0, monitorPort: 0, clusterPort: 6222 }

function config(options: NatsServerOptions) {
  return JSON.parse(serverConfig(natsServerSettings(options), place))
}

describe('serverConfig', () => {
  test('of no options is one that listens here at free ports, with JetStream', () => {
    expect(config({})).toEqual({
      server_name: 'nats',
      listen: '127.0.0.1:-1',
      http: '127.0.0.1:-1',
      ports_file_dir: '/ports',
      max_payload: 1_048_576,
      jetstream: { store_dir: '/store', sync_interval: '120000ms' },
    })
  })

  test('says all that an option asks for', () => {
    const all = config({
      host: '::1',
      monitorHost: '10.0.0.1',
      sync: 'always',
      storeBytesMax: 1_000,
      cluster: { name: 'c', routes: ['a:1', 'b:2'], advertise: 'x:3' },
      auth: { nkeys: ['UA', 'UB'] },
      tls: { cert: '/c', key: '/k', ca: '/ca', verify: true },
      config: { max_payload: 7 },
    })
    expect(all).toMatchObject({
      listen: '[::1]:-1',
      http: '10.0.0.1:-1',
      max_payload: 7,
      jetstream: { sync_interval: 'always', max_file_store: 1_000 },
      authorization: { users: [{ nkey: 'UA' }, { nkey: 'UB' }] },
      tls: { cert_file: '/c', key_file: '/k', ca_file: '/ca', verify: true },
      cluster: { name: 'c', listen: '[::1]:6222', routes: ['nats://a:1', 'nats://b:2'], cluster_advertise: 'x:3' },
    })
    expect(config({ jetstream: false, auth: { token: 't' } })).not.toHaveProperty('jetstream')
    expect(config({ auth: { user: 'u', password: 'p' } }).authorization).toEqual({ user: 'u', password: 'p' })
  })
})
