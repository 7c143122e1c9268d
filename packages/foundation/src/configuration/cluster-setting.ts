/** The part of a configuration that says by what nodes meet: plain data, which the composition root turns into an engine. */

import { type OptionRule, rule } from '../options.ts'

/**
 * `none`: one process. `local`: the processes of one project on this machine. The others meet on NATS servers, which are given
 * (`nats`) or found: `kubernetes`, `consul`, `dns`, or `auto`, by what is reachable.
 */
export type ClusterKind = 'none' | 'local' | 'nats' | 'kubernetes' | 'consul' | 'dns' | 'auto'

/** `none` keeps nothing, `relaxed` survives the end of processes, `strict` also the loss of a machine and its power. */
export type Durability = 'none' | 'relaxed' | 'strict'

/** Where a value is a secret, `env:NAME` or `file:PATH` stands for it. */
export interface ClusterSettings {
  /** @default 'local' in development; elsewhere it has to be said */
  readonly kind?: ClusterKind
  /** `nats`: addresses of servers. */
  readonly servers?: string | readonly string[]
  /** `kubernetes`, `consul`: the service of the NATS servers. */
  readonly service?: string
  /** `kubernetes`: where that service is. */
  readonly namespace?: string
  /** `dns`: the name that is asked for. */
  readonly name?: string
  /** `dns`: the kind of record. */
  readonly record?: 'srv' | 'a'
  /** `kubernetes`, `dns`: the port of the NATS servers. */
  readonly port?: number
  /** `kubernetes`, `consul`: the address of the API that is asked. */
  readonly api?: string
  /** `kubernetes`, `consul`: the token that API asks for. */
  readonly apiToken?: string
  /** What the NATS servers ask for. */
  readonly credentials?: ClusterCredentials
  /** `true` trusts what the machine trusts. */
  readonly tls?: boolean | ClusterTls
  /** Copies of what is kept. */
  readonly replicas?: number
  readonly durability?: Durability
  /** Address of a NATS server's monitoring, where it is seen whether its disk is synced. */
  readonly monitor?: string
  /** `local`: where its socket and log are. */
  readonly directory?: string
}

/** A user and its password, or one of the others. */
export interface ClusterCredentials {
  readonly user?: string
  readonly password?: string
  readonly token?: string
  readonly nkey?: string
  /** The text of a credentials file, as a rule `file:PATH`. */
  readonly creds?: string
}

/** Paths of PEM files. */
export interface ClusterTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** A setting's rule, and how a text of the environment is read. */
export interface Setting {
  readonly kind: 'text' | 'number' | 'boolean' | 'list'
  readonly rule: OptionRule
}

const clusterKinds = ['none', 'local', 'nats', 'kubernetes', 'consul', 'dns', 'auto'] as const satisfies [
  ...ClusterKind[],
]

const text: Setting = { kind: 'text', rule: rule.string() }
const oneOf = (values: readonly string[]): Setting => ({ kind: 'text', rule: rule.oneOf(values) })
const servers: OptionRule = {
  expected: 'an address, or up to 100 of them',
  optional: false,
  test: (value) => {
    const all = Array.isArray(value) ? value : [value]
    return all.length > 0 && all.length <= 100 && all.every((one) => typeof one === 'string' && one.length > 0)
  },
}

/** Flat under dotted keys; `cluster` is the kind, and `cluster.tls` whether there is any. */
export const clusterSettings = {
  cluster: oneOf(clusterKinds),
  'cluster.servers': { kind: 'list', rule: servers },
  'cluster.service': text,
  'cluster.namespace': text,
  'cluster.name': text,
  'cluster.record': oneOf(['srv', 'a']),
  'cluster.port': { kind: 'number', rule: rule.int(1, 65_535) },
  'cluster.api': text,
  'cluster.apiToken': text,
  'cluster.credentials.user': text,
  'cluster.credentials.password': text,
  'cluster.credentials.token': text,
  'cluster.credentials.nkey': text,
  'cluster.credentials.creds': text,
  'cluster.tls': { kind: 'boolean', rule: rule.boolean() },
  'cluster.tls.ca': text,
  'cluster.tls.cert': text,
  'cluster.tls.key': text,
  'cluster.replicas': { kind: 'number', rule: rule.int(1, 5) },
  'cluster.durability': oneOf(['none', 'relaxed', 'strict']),
  'cluster.monitor': text,
  'cluster.directory': text,
} as const satisfies { readonly [key: string]: Setting }

export type ClusterSettingKey = keyof typeof clusterSettings

const ofServers = [
  'cluster.credentials.user',
  'cluster.credentials.password',
  'cluster.credentials.token',
  'cluster.credentials.nkey',
  'cluster.credentials.creds',
  'cluster.tls',
  'cluster.tls.ca',
  'cluster.tls.cert',
  'cluster.tls.key',
  'cluster.replicas',
  'cluster.durability',
  'cluster.monitor',
] as const satisfies readonly ClusterSettingKey[]

/** What may be said of each kind. */
export const keysOfKind = {
  none: [],
  local: ['cluster.durability', 'cluster.directory'],
  nats: ['cluster.servers', ...ofServers],
  kubernetes: ['cluster.service', 'cluster.namespace', 'cluster.port', 'cluster.api', 'cluster.apiToken', ...ofServers],
  consul: ['cluster.service', 'cluster.api', 'cluster.apiToken', ...ofServers],
  dns: ['cluster.name', 'cluster.record', 'cluster.port', ...ofServers],
  auto: ofServers,
} as const satisfies { readonly [K in ClusterKind]: readonly ClusterSettingKey[] }

/** Whether the value of that key is shown to nobody. */
export function isSecret(key: string): boolean {
  return /^(cluster\.(apiToken$|credentials(\.|$))|security(\.secret)?$)/.test(key)
}

/** Kinds that nobody names while developing: naming one of them selects the profile production. */
export const productionKinds: readonly ClusterKind[] = ['kubernetes', 'consul', 'dns']
