/** What the servers say of themselves, as far as a client is told: what the checks at the start are about. */

import { type Clock, delay, messageOf } from '@mabeam/foundation'
import { type NatsConnection, RequestError } from '@nats-io/transport-node'
import { httpText } from '../discovery/http-exchange.ts'

/** One server of the cluster. */
export interface ServerFacts {
  readonly name: string
  readonly id: string
  readonly version: string
  readonly jetstream: boolean
  /** Its clock before (negative) or after ours, give or take half of the time its answer took. */
  readonly skewMs: number
}

export interface ClusterFacts {
  /** Where we are connected. */
  readonly address: string
  /** Those that answered, the one we are connected to first. */
  readonly servers: readonly ServerFacts[]
  /** Servers that are known without having answered: of the options and of what the server tells. */
  readonly known: number
  /** Why the account has no JetStream, for ever or for now; undefined when it has. */
  readonly jetstreamMissing: { readonly reason: string; readonly forEver: boolean } | undefined
  /** Limits of the account that are set. */
  readonly limits: { readonly [name: string]: number }
  readonly payloadMax: number
  /** Whether the disk is synced at each write; undefined when nobody told. */
  readonly syncAlways: boolean | undefined
  /** Why the monitoring that was named could not be read; undefined when it could, or none was. */
  readonly monitorFailure: string | undefined
}

export interface FactsPort {
  readonly clock: Clock
  readonly connection: NatsConnection
  /** Addresses that were given or found. */
  readonly addresses: readonly string[]
  /** A server's monitoring. @default nobody is asked */
  readonly monitor: string | undefined
  /** How long JetStream may take to be ready, as after the start of a cluster. */
  readonly readyMs: number
}

export async function clusterFacts(port: FactsPort): Promise<ClusterFacts> {
  const { connection, addresses, monitor } = port
  const [servers, account, sync] = await Promise.all([
    answeringServers(port),
    accountFacts(port),
    monitor === undefined ? { syncAlways: undefined, monitorFailure: undefined } : syncFacts(port.clock, monitor),
  ])
  // A server with several addresses is told of several times.
  const told = servers.length > 0 ? 0 : (connection.info?.connect_urls?.length ?? 0)
  // Several addresses of one that is alone are still one.
  const isAlone = connection.info?.cluster === undefined
  return {
    address: connection.getServer(),
    servers: servers.length > 0 ? servers : ownServer(connection),
    known: isAlone ? 1 : Math.max(servers.length, told, new Set(addresses).size),
    payloadMax: connection.info?.max_payload ?? 0,
    ...sync,
    ...account,
  }
}

interface PingAnswer {
  readonly server?: {
    readonly name?: string
    readonly id?: string
    readonly ver?: string
    readonly jetstream?: boolean
    readonly time?: string
  }
}

const pingSubject = '$SYS.REQ.ACCOUNT.PING.CONNZ'
/** Enough for a cluster in one place; of those that answer later it is only known that they are there. */
const stallMs = 300
const pingMs = 1_500

/** All servers that answer soon, the one we are connected to first; none where the account may not ask. */
async function answeringServers({ clock, connection }: FactsPort): Promise<readonly ServerFacts[]> {
  const found = new Map<string, ServerFacts>()
  const expected = connection.info?.cluster === undefined ? 1 : (connection.info.connect_urls?.length ?? 1_000)
  const sentMs = clock.nowMs()
  const startMs = clock.monotonicMs()
  const options = { strategy: 'stall' as const, maxWait: pingMs, stall: stallMs }
  try {
    for await (const message of await connection.requestMany(pingSubject, JSON.stringify({ limit: 1 }), options)) {
      const { server } = message.json<PingAnswer>()
      if (server?.id === undefined) continue
      const { name = server.id, ver: version = '', jetstream = false, time = '' } = server
      const halfMs = (clock.monotonicMs() - startMs) / 2
      const skewMs = time === '' ? 0 : Date.parse(time) - (sentMs + halfMs)
      found.set(server.id, { name, id: server.id, version, jetstream, skewMs })
      if (found.size >= expected) break
    }
  } catch {
    // Not permitted, or an answer that is none: what the connection itself knows has to do.
  }
  const here = connection.info?.server_id
  return [...found.values()].sort((a, b) => Number(b.id === here) - Number(a.id === here))
}

/** What a server says at the connection. */
function ownServer({ info }: NatsConnection): readonly ServerFacts[] {
  if (info === undefined) return []
  const { server_name: name, server_id: id, version, jetstream = false } = info
  return [{ name, id, version, jetstream, skewMs: 0 }]
}

const readyLookMs = 200
const infoSubject = '$JS.API.INFO'
const infoTimeoutMs = 1_000
const notEnabledForAccount = 10_039

interface AccountAnswer {
  readonly error?: { readonly err_code?: number; readonly description?: string }
  readonly limits?: { readonly [name: string]: unknown }
}

async function accountFacts(port: FactsPort): Promise<Pick<ClusterFacts, 'jetstreamMissing' | 'limits'>> {
  const { clock, connection, readyMs } = port
  const untilMs = clock.monotonicMs() + readyMs
  for (;;) {
    let missing: NonNullable<ClusterFacts['jetstreamMissing']>
    try {
      const answer = await connection.request(infoSubject, '', { timeout: infoTimeoutMs })
      const { error, limits = {} } = answer.json<AccountAnswer>()
      if (error === undefined) return { jetstreamMissing: undefined, limits: setLimits(limits) }
      missing = { reason: error.description ?? 'refused', forEver: error.err_code === notEnabledForAccount }
    } catch (thrown) {
      missing = { reason: messageOf(thrown), forEver: thrown instanceof RequestError && thrown.isNoResponders() }
    }
    // A cluster that has just started has no leader yet, and says so or nothing.
    if (missing.forEver || clock.monotonicMs() >= untilMs) return { jetstreamMissing: missing, limits: {} }
    await delay(clock, readyLookMs)
  }
}

/** Those that are limits: -1 is none. */
function setLimits(limits: { readonly [name: string]: unknown }): { readonly [name: string]: number } {
  return Object.fromEntries(
    Object.entries(limits).filter((one): one is [string, number] => typeof one[1] === 'number' && one[1] > 0),
  )
}

/** What the monitoring of a server says; no client is told otherwise. That server may be away while the others keep what they promise. */
async function syncFacts(clock: Clock, monitor: string): Promise<Pick<ClusterFacts, 'syncAlways' | 'monitorFailure'>> {
  try {
    const { status, text } = await httpText({
      source: 'monitor',
      url: new URL('/varz', monitor),
      headers: { accept: 'application/json' },
      clock,
      timeoutMs: monitorTimeoutMs,
      bytesMax: monitorBytesMax,
      signal: new AbortController().signal,
    })
    if (status !== 200) throw new Error(`expected the answer 200, got ${status}`)
    const { jetstream } = JSON.parse(text) as { jetstream?: { config?: { sync_always?: boolean } } }
    return { syncAlways: jetstream?.config?.sync_always === true, monitorFailure: undefined }
  } catch (thrown) {
    return { syncAlways: undefined, monitorFailure: `nothing readable is at ${monitor}/varz (${messageOf(thrown)})` }
  }
}

const monitorTimeoutMs = 3_000
const monitorBytesMax = 1_048_576
