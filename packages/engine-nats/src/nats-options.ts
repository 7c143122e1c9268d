/** What an engine on NATS can be told, with its defaults and its checks. */

import { checkOptions, invalidOption, type OptionRule, rule } from '@mabeam/foundation'
import { type NatsCredentials, plainAuthenticator } from './connection/credentials.ts'
import { readSecret, secretPlace } from './connection/secret.ts'
import type { ServerSource } from './discovery/server-source.ts'
import { secretMissing, unusableSecret } from './nats-errors.ts'
import { type NatsLimits, natsLimitDefaults } from './nats-port.ts'

/** Paths of PEM files. */
export interface NatsTls {
  /** Whom to trust. @default what the machine trusts */
  readonly ca?: string
  /** Who we are, where the server asks for it; goes with `key`. */
  readonly cert?: string
  readonly key?: string
  /** TLS from the first byte, for servers with `handshake_first`. @default false */
  readonly handshakeFirst?: boolean
}

export interface NatsOptions extends Partial<NatsLimits> {
  /** Addresses (`host:port`, `nats://host:port`), one or up to 100, or where they are found. Other servers of the cluster are learned. */
  readonly servers: string | readonly string[] | ServerSource
  /** @default none: for servers that ask for none */
  readonly credentials?: NatsCredentials
  /** True trusts what the machine trusts. @default a server that offers TLS gets it, none is asked for */
  readonly tls?: true | NatsTls
  /** Copies of whatever is kept, on as many servers. @default 3 where there are three servers, else 1 */
  readonly replicas?: number
  /**
   * `strict` refuses servers that can lose what they acknowledged: one copy, or a disk that is known to be synced later.
   * `relaxed` takes them, for development. @default 'strict'
   */
  readonly durability?: 'strict' | 'relaxed'
  /**
   * Address of a server's monitoring (`http://host:8222`), where it can be seen whether its disk is synced at each write; a client
   * is not told. @default none: it is not checked
   */
  readonly monitor?: string
  /** Where signs of life come from: `inline` costs no thread, and a busy program is silent. @default 'thread' */
  readonly pulse?: 'thread' | 'inline'
  /** Whether the node answers `$SRV.PING`, `INFO` and `STATS`, so that `nats micro ls` lists it. @default true */
  readonly service?: boolean
  /** What the subjects of answers begin with, where an account permits only some. @default '_INBOX' */
  readonly inboxPrefix?: string
  /** How long the start looks for a server that answers. @default 10_000 */
  readonly connectTimeoutMs?: number
  /** How long one server has to take a connection. @default 2_000 */
  readonly dialTimeoutMs?: number
  /** How long a server has to answer what is asked of it: keyed state, queues, blobs. @default 5_000 */
  readonly requestTimeoutMs?: number
  /** Between two tries at one server, for ever. @default 100 */
  readonly reconnectMs?: number
  /** A random time up to this is added, so that nodes do not come back all at once. @default 200 */
  readonly reconnectJitterMs?: number
  /** A server that answers no ping for three times as long is left. @default 2_000 */
  readonly pingMs?: number
  /** How long closing waits for what was published to be taken. @default 2_000 */
  readonly closeTimeoutMs?: number
  /** What publishes may keep while there is no connection; more is refused with `foundation/engine-unavailable`. @default 8_388_608 */
  readonly pendingBytesMax?: number
  /** Messages kept so, whatever their size. @default 65_536 */
  readonly pendingMax?: number
  /** Bytes sent over one connection that the server has not said it got: a flood beyond is refused likewise. @default 67_108_864 */
  readonly aheadBytesMax?: number
  /** Requests that wait for an answer. @default 100_000 */
  readonly requestsMax?: number
  /** Subscriptions open at once. @default 10_000 */
  readonly subscriptionsMax?: number
  /** A clock of a server further from ours than this is warned of. @default 5_000 */
  readonly clockSkewMaxMs?: number
}

export const natsDefaults = {
  durability: 'strict',
  pulse: 'thread',
  service: true,
  inboxPrefix: '_INBOX',
  connectTimeoutMs: 10_000,
  dialTimeoutMs: 2_000,
  requestTimeoutMs: 5_000,
  reconnectMs: 100,
  reconnectJitterMs: 200,
  pingMs: 2_000,
  closeTimeoutMs: 2_000,
  pendingBytesMax: 8_388_608,
  pendingMax: 65_536,
  aheadBytesMax: 67_108_864,
  requestsMax: 100_000,
  subscriptionsMax: 10_000,
  clockSkewMaxMs: 5_000,
  ...natsLimitDefaults,
} as const satisfies Partial<NatsOptions>

/** Options with their defaults. */
export type NatsSettings = NatsOptions & Required<Pick<NatsOptions, keyof typeof natsDefaults>>

const owner = 'nats'
const serversMax = 100

const serversRule: OptionRule = {
  expected: `an address, 1 to ${serversMax} of them, or a source of them`,
  optional: false,
  test: (value) => {
    const all = Array.isArray(value) ? value : [value]
    // An array has a `find` too.
    if (!Array.isArray(value) && typeof value === 'object' && value !== null) {
      return typeof Reflect.get(value, 'find') === 'function'
    }
    return (
      all.length > 0 &&
      all.length <= serversMax &&
      all.every((one) => typeof one === 'string' && /^\S{1,300}$/.test(one))
    )
  },
}

const tlsRule: OptionRule = {
  expected: 'true or an object with paths',
  optional: true,
  test: (value) => value === true || (typeof value === 'object' && value !== null),
}

const wordsRule: OptionRule = {
  expected: 'words joined by dots',
  optional: true,
  test: (value) => typeof value === 'string' && /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(value) && value.length <= 100,
}

const monitorRule: OptionRule = {
  expected: 'an address that begins with http:// or https://',
  optional: true,
  test: (value) => typeof value === 'string' && /^https?:\/\/\S+$/.test(value),
}

const ms = rule.optional(rule.int(1))

/**
 * Throws `foundation/invalid-option` and `foundation/unknown-name`. Secrets are looked at when a connection is made.
 */
export function natsSettings(options: NatsOptions): NatsSettings {
  checkNoSecrets(options)
  checkOptions(owner, options, {
    servers: serversRule,
    credentials: rule.optional(rule.object()),
    tls: tlsRule,
    replicas: rule.optional(rule.int(1, 5)),
    durability: rule.optional(rule.oneOf(['strict', 'relaxed'])),
    monitor: monitorRule,
    pulse: rule.optional(rule.oneOf(['thread', 'inline'])),
    service: rule.optional(rule.boolean()),
    inboxPrefix: wordsRule,
    connectTimeoutMs: ms,
    dialTimeoutMs: ms,
    requestTimeoutMs: ms,
    reconnectMs: ms,
    reconnectJitterMs: rule.optional(rule.int(0)),
    pingMs: ms,
    closeTimeoutMs: ms,
    pendingBytesMax: rule.optional(rule.int(0)),
    pendingMax: rule.optional(rule.int(0)),
    aheadBytesMax: ms,
    requestsMax: ms,
    subscriptionsMax: ms,
    clockSkewMaxMs: ms,
    ...Object.fromEntries(Object.keys(natsLimitDefaults).map((key) => [key, rule.optional(rule.int(1))])),
  })
  checkCredentials(options.credentials)
  if (typeof options.tls === 'object') checkTls(options.tls)
  return { ...natsDefaults, ...options }
}

/**
 * Throws `engine-nats/secret-missing` for a secret that is not where it is said to be, and `engine-nats/unusable-secret` for one
 * that is no NKey or JWT.
 */
export function checkSecrets({ credentials, tls }: NatsOptions): void {
  for (const [key, reference] of Object.entries(credentials ?? {})) {
    if (readSecret(reference) === undefined) throw secretMissing(`${owner}: credentials.${key}`, secretPlace(reference))
  }
  try {
    plainAuthenticator(credentials)?.('nonce')
  } catch {
    // The cause may quote what it could not read.
    const kind = credentials?.nkey === undefined ? 'creds' : 'nkey'
    const expected = kind === 'nkey' ? 'the seed of an NKey of a user (SU…)' : 'the text of a credentials file'
    throw unusableSecret(`${owner}: credentials.${kind}`, expected)
  }
  if (typeof tls !== 'object') return
  for (const key of ['ca', 'cert', 'key'] as const) {
    const path = tls[key]
    if (path !== undefined && readSecret(`file:${path}`) === undefined)
      throw secretMissing(`${owner}: tls.${key}`, path)
  }
}

/** An address stands in errors and events, so a password in one is refused before anything else, without repeating it. */
function checkNoSecrets({ servers, monitor }: NatsOptions): void {
  const addresses: readonly unknown[] = Array.isArray(servers) ? servers : [servers]
  const all = [...addresses.map((value) => ['servers', value] as const), ['monitor', monitor] as const]
  for (const [key, value] of all) {
    if (typeof value !== 'string' || !value.includes('@')) continue
    const shown = `…${value.slice(value.lastIndexOf('@'))}`
    throw invalidOption(owner, key, 'an address without user or password, which are given as credentials', shown)
  }
}

function checkCredentials(given: NatsCredentials | undefined): void {
  if (given === undefined) return
  // A check says what it got: never a secret.
  const hidden = (value: unknown) => (typeof value === 'string' ? value && 'a secret' : value && [typeof value])
  const text = rule.optional(rule.string())
  checkOptions(
    `${owner}: credentials`,
    Object.fromEntries(Object.entries(given).map(([key, value]) => [key, hidden(value)])),
    { user: text, password: text, token: text, nkey: text, creds: text },
  )
  const kinds = [given.user ?? given.password, given.token, given.nkey, given.creds].filter((one) => one !== undefined)
  if (kinds.length !== 1 || (given.user === undefined) !== (given.password === undefined)) {
    const expected = 'user with password, or token, or nkey, or creds'
    throw invalidOption(owner, 'credentials', expected, Object.keys(given).join(' and ') || 'none of them')
  }
}

function checkTls(given: NatsTls): void {
  checkOptions(`${owner}: tls`, given, {
    ca: rule.optional(rule.string()),
    cert: rule.optional(rule.string()),
    key: rule.optional(rule.string()),
    handshakeFirst: rule.optional(rule.boolean()),
  })
  if ((given.cert === undefined) !== (given.key === undefined)) {
    throw invalidOption(owner, 'tls', 'cert and key together', given.cert === undefined ? 'key alone' : 'cert alone')
  }
}
