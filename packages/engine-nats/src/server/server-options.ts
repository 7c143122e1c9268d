/** What a nats-server that we start can be told, with defaults and checks. */

import { type Clock, checkOptions, type Json, type OptionRule, rule, systemClock } from '@mabeam/foundation'

/** Who may connect. */
export type NatsServerAuth =
  | { readonly token: string }
  | { readonly user: string; readonly password: string }
  /** Public keys of NKeys. */
  | { readonly nkeys: readonly string[] }

/** Paths of PEM files. */
export interface NatsServerTls {
  readonly cert: string
  readonly key: string
  /** Whom it trusts. @default what the machine trusts */
  readonly ca?: string
  /** Whether clients have to show who they are. @default false */
  readonly verify?: boolean
}

/** The servers it forms a cluster with. */
export interface NatsServerCluster {
  readonly name: string
  /** @default 0: a free one */
  readonly port?: number
  /** `host:port` of the others; at least one. */
  readonly routes: readonly string[]
  /** What it tells others that they can reach it at. @default where it listens */
  readonly advertise?: string
}

export interface NatsServerOptions {
  /** Of all servers of a cluster no two may have one name. @default 'nats' */
  readonly name?: string
  /** Where it listens. @default '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free one, which it keeps when it is restarted. @default 0 */
  readonly port?: number
  /** Where its monitoring listens, at a free port. @default host */
  readonly monitorHost?: string
  /** @default true */
  readonly jetstream?: boolean
  /** Where it keeps what is durable. @default a temporary folder, removed when it is closed */
  readonly storeDir?: string
  /** What it may keep there. @default what the server takes for itself */
  readonly storeBytesMax?: number
  /** `always` syncs the disk before each acknowledgement; a number of milliseconds syncs as often. @default 120_000 */
  readonly sync?: 'always' | number
  /** Of one message. @default 1_048_576 */
  readonly payloadBytesMax?: number
  /** @default none */
  readonly cluster?: NatsServerCluster
  /** @default whoever reaches it */
  readonly auth?: NatsServerAuth
  /** @default none */
  readonly tls?: NatsServerTls
  /** Whatever else its configuration has, in its own words; wins over the rest. @default {} */
  readonly config?: { readonly [key: string]: Json }
  /** The program. @default what `findNatsServer` finds */
  readonly program?: string
  /** Starts the program otherwise, such as in a network of its own. @default as it is */
  readonly command?: (
    program: string,
    args: readonly string[],
  ) => { readonly program: string; readonly args: readonly string[] }
  /** @default 10_000 */
  readonly readyTimeoutMs?: number
  /** How long it may take to end when it is closed. @default 5_000 */
  readonly closeTimeoutMs?: number
  /** Lines of its log kept. @default 2_000 */
  readonly linesMax?: number
  /** @default systemClock */
  readonly clock?: Clock
}

export const natsServerDefaults = {
  name: 'nats',
  host: '127.0.0.1',
  port: 0,
  jetstream: true,
  sync: 120_000,
  payloadBytesMax: 1_048_576,
  config: {},
  readyTimeoutMs: 10_000,
  closeTimeoutMs: 5_000,
  linesMax: 2_000,
  clock: systemClock,
} as const satisfies Partial<NatsServerOptions>

/** Options with their defaults. */
export type NatsServerSettings = NatsServerOptions & Required<Pick<NatsServerOptions, keyof typeof natsServerDefaults>>

const port = rule.optional(rule.int(0, 65_535))

/** A word: it stands in subjects and file names. */
const name: OptionRule = {
  expected: 'letters, digits, - and _',
  test: (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value),
  optional: true,
}

const sync: OptionRule = {
  expected: "'always' or a number of milliseconds from 1",
  test: (value) => value === 'always' || (typeof value === 'number' && value >= 1),
  optional: true,
}

/** Throws as `checkOptions` does. */
export function natsServerSettings(options: NatsServerOptions): NatsServerSettings {
  const owner = 'startNatsServer'
  checkOptions(owner, options, {
    name,
    host: rule.optional(rule.string()),
    port,
    monitorHost: rule.optional(rule.string()),
    jetstream: rule.optional(rule.boolean()),
    storeDir: rule.optional(rule.string()),
    storeBytesMax: rule.optional(rule.int(1)),
    sync,
    payloadBytesMax: rule.optional(rule.int(1, 67_108_864)),
    cluster: rule.optional(rule.object()),
    auth: rule.optional(rule.object()),
    tls: rule.optional(rule.object()),
    config: rule.optional(rule.object()),
    program: rule.optional(rule.string()),
    command: rule.optional(rule.fn()),
    readyTimeoutMs: rule.optional(rule.number(1)),
    closeTimeoutMs: rule.optional(rule.number(0)),
    linesMax: rule.optional(rule.int(1, 1_000_000)),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs')),
  })
  if (options.cluster !== undefined) {
    const text = rule.optional(rule.string())
    const rules = { name: { ...name, optional: false }, port, routes: rule.array(), advertise: text }
    checkOptions(`${owner}: cluster`, options.cluster, rules)
  }
  if (options.tls !== undefined) {
    const [path, verify] = [rule.string(), rule.optional(rule.boolean())]
    checkOptions(`${owner}: tls`, options.tls, { cert: path, key: path, ca: rule.optional(path), verify })
  }
  if (options.auth !== undefined) checkAuth(`${owner}: auth`, options.auth)
  return { ...natsServerDefaults, ...options }
}

function checkAuth(owner: string, auth: NatsServerAuth): void {
  if ('token' in auth) checkOptions(owner, auth, { token: rule.string() })
  else if ('nkeys' in auth) checkOptions(owner, auth, { nkeys: rule.array() })
  else checkOptions(owner, auth, { user: rule.string(), password: rule.string() })
}
