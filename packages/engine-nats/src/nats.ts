/** Opens engines on NATS servers, which are checked before anything is trusted to them. */

import {
  delay,
  type EngineOpener,
  type EnginePort,
  type Finding,
  isMabeamError,
  type Json,
  messageOf,
  runOutsideContext,
} from '@mabeam/foundation'
import { AuthorizationError, UserAuthenticationExpiredError } from '@nats-io/transport-node'
import { defaultReplicas, serverFindings } from './checks/server-checks.ts'
import { clusterFacts } from './checks/server-facts.ts'
import { credentialsKind } from './connection/credentials.ts'
import { Link, type LinkPort } from './connection/link.ts'
import { LinkSpread } from './connection/link-spread.ts'
import { type DiscoveredServers, discoveredServers } from './discovery/discovered-servers.ts'
import { NatsEngine } from './nats-engine.ts'
import { noServer, startRefused, tlsFailed, wrongCredentials } from './nats-errors.ts'
import { checkSecrets, type NatsOptions, type NatsSettings, natsSettings } from './nats-options.ts'
import { InlinePulses } from './pulse/inline-pulses.ts'
import { ThreadPulses } from './pulse/thread-pulses.ts'
import { NodeService } from './service/node-service.ts'

/**
 * An engine on NATS, for nodes on any number of machines. Give the same servers and `system` to nodes that are to meet.
 *
 * *Delivery*: that of `Engine`. Messages go over two connections, on different servers where there are several: one for
 * membership, signs of life and control, one for the rest. While one is down its messages take the other; while both are they are
 * kept in order up to `pendingBytesMax`, and refused beyond. Both reconnect for ever.
 *
 * Throws `foundation/invalid-option` and `foundation/unknown-name` at once. The opener rejects with `engine-nats/no-server`,
 * `engine-nats/wrong-credentials`, `engine-nats/tls-failed`, `engine-nats/secret-missing`, and with one error for each check that
 * the servers fail (`engine-nats/cluster-too-old`, `no-jetstream`, `too-few-servers`, `not-replicated`, `not-synced`).
 *
 * @example await using node = await startNode({ engine: nats({ servers: ['n1:4222', 'n2:4222', 'n3:4222'] }) })
 */
export function nats(options: NatsOptions): EngineOpener {
  const settings = natsSettings(options)
  return (port) => runOutsideContext(() => openEngine(settings, port))
}

/**
 * What there is to say about servers before nodes are started on them, what makes a start impossible included. Opens nothing on
 * them and leaves nothing there.
 *
 * @example const findings = await natsReadiness({ servers }, { system: 'shop', name: 'check', clock, random, telemetry })
 */
export async function natsReadiness(options: NatsOptions, port: EnginePort): Promise<readonly Finding[]> {
  const settings = natsSettings(options)
  try {
    const meeting = await meet(settings, port)
    try {
      const { replicas, findings } = await looked(settings, port, meeting)
      return findings.length > 0 ? findings : [{ ...fit, sentence: `the servers keep ${replicas} copies` }]
    } finally {
      await meeting.end()
    }
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    const code = thrown.code.replace('engine-nats/', '')
    return [{ severity: 'error', area: 'durability', code, sentence: thrown.message, fix: 'see the sentence' }]
  }
}

const fit = { severity: 'info', area: 'durability', code: 'servers-fit', fix: 'nothing is to be done' } as const

/** Two connections, and where their servers come from. */
interface Meeting {
  readonly links: { readonly control: Link; readonly data: Link }
  readonly linkPort: LinkPort
  /** Addresses as they are known now. */
  servers(): readonly string[]
  readonly known: DiscoveredServers | undefined
  end(): Promise<void>
}

async function openEngine(settings: NatsSettings, port: EnginePort): Promise<NatsEngine> {
  const meeting = await meet(settings, port)
  try {
    const { replicas, findings } = await looked(settings, port, meeting)
    const { links, linkPort, known } = meeting
    for (const { severity, code, sentence, fix } of findings) {
      if (severity === 'error') throw startRefused(code, sentence, fix)
      if (severity === 'warning') linkPort.report('start-warned', { code, sentence, fix })
    }
    const pulses = pulsesOf(settings, port, meeting)
    const who = { system: port.system, node: port.name, startedMs: port.clock.nowMs() }
    const service = settings.service ? new NodeService(links.data.connection, who) : undefined
    if (known !== undefined) {
      followServers(known, links, (servers) => pulses instanceof ThreadPulses && pulses.tell(servers))
    }
    const spread = new LinkSpread(port.clock, links)
    const end = async () => {
      spread.end()
      service?.end()
      await known?.[Symbol.asyncDispose]()
    }
    return new NatsEngine({ port, settings, links, replicas, pulses, report: linkPort.report, end })
  } catch (thrown) {
    await meeting.end()
    throw thrown
  }
}

/** Both connections know what is found; while neither is up it is looked anew, since all servers may be at other addresses. */
function followServers(known: DiscoveredServers, links: Meeting['links'], tell: (servers: readonly string[]) => void) {
  const both = [links.control, links.data]
  known.onChange((servers) => {
    for (const link of both) link.know(servers)
    tell(servers)
  })
  let looking = false
  const look = () => {
    if (looking || both.some((link) => link.up)) return
    looking = true
    // What a look that failed says is told as an event; the next look is on its way anyway.
    const ended = () => {
      looking = false
    }
    known.look().then(ended, ended)
  }
  for (const link of both) link.onChange(look)
}

function pulsesOf(settings: NatsSettings, port: EnginePort, { links, linkPort, servers }: Meeting) {
  const { clock } = port
  const { requestTimeoutMs, closeTimeoutMs } = settings
  const connections = [links.control.connection, links.data.connection]
  if (settings.pulse === 'inline') return new InlinePulses({ clock, connections, requestTimeoutMs, closeTimeoutMs })
  const birth = () => ({ label: linkPort.label, servers: servers(), settings: linkPort.settings })
  return new ThreadPulses({ clock, requestTimeoutMs, closeTimeoutMs, birth, report: linkPort.report })
}

/** What the servers say of themselves, held against what is asked of them. */
async function looked(settings: NatsSettings, port: EnginePort, { links, servers }: Meeting) {
  const { connection } = links.data
  const { monitor, connectTimeoutMs: readyMs } = settings
  const facts = await clusterFacts({ clock: port.clock, connection, addresses: servers(), monitor, readyMs })
  const replicas = settings.replicas ?? defaultReplicas(facts)
  return { replicas, findings: serverFindings(facts, { ...settings, replicas }) }
}

async function meet(settings: NatsSettings, port: EnginePort): Promise<Meeting> {
  checkSecrets(settings)
  const { servers: given, connectTimeoutMs } = settings
  const known = isSource(given) ? discoveredServers(given, port) : undefined
  try {
    if (known !== undefined) await known.first({ timeoutMs: connectTimeoutMs })
    const servers = () => known?.servers ?? addressesOf(given as string | readonly string[])
    const linkPort = linkPortOf(settings, port)
    const control = await firstLink(settings, linkPort, servers)
    const data = await secondLink(control, linkPort).catch((cause: unknown) => {
      throw refusalOf(cause, settings, servers()) ?? noServer(servers(), connectTimeoutMs, cause)
    })
    control.keepApart(data)
    const end = async () => {
      await Promise.all([control.close(), data.close(), known?.[Symbol.asyncDispose]()])
    }
    return { links: { control, data }, linkPort, servers, known, end }
  } catch (thrown) {
    await known?.[Symbol.asyncDispose]()
    throw thrown
  }
}

function linkPortOf(settings: NatsSettings, { clock, random, telemetry, system, name }: EnginePort): LinkPort {
  const { credentials, tls, inboxPrefix, dialTimeoutMs, reconnectMs, reconnectJitterMs, pingMs } = settings
  return {
    label: `${system}/${name}`,
    clock,
    random: random.fork('engine-nats'),
    requestTimeoutMs: settings.requestTimeoutMs,
    settings: {
      inboxPrefix,
      dialTimeoutMs,
      reconnectMs,
      reconnectJitterMs,
      pingMs,
      ...(credentials !== undefined && { credentials }),
      ...(tls !== undefined && { tls }),
    },
    report(
      event: string,
      metadata: { readonly [key: string]: Json },
      measurements: { readonly [key: string]: number } = { count: 1 },
    ) {
      if (telemetry.enabled) telemetry.emit({ name: `engine-nats.${event}`, measurements, metadata })
    },
  }
}

/** The servers may be starting too: it is tried until the time is up, unless a person has to do something. */
async function firstLink(settings: NatsSettings, port: LinkPort, servers: () => readonly string[]): Promise<Link> {
  const untilMs = port.clock.monotonicMs() + settings.connectTimeoutMs
  for (;;) {
    try {
      return await Link.open('control', port, { servers: servers() })
    } catch (cause) {
      const said = refusalOf(cause, settings, servers())
      if (said !== undefined) throw said
      if (port.clock.monotonicMs() + settings.reconnectMs >= untilMs) {
        throw noServer(servers(), settings.connectTimeoutMs, cause)
      }
      await delay(port.clock, settings.reconnectMs)
    }
  }
}

/** Apart from the first, where there is another server. */
async function secondLink(control: Link, port: LinkPort): Promise<Link> {
  const servers = control.connection.getServers().map(({ listen }) => listen)
  try {
    return await Link.open('data', port, { servers, other: control })
  } catch (thrown) {
    await control.close()
    throw thrown
  }
}

/** What only a person can mend. */
function refusalOf(cause: unknown, { credentials }: NatsSettings, servers: readonly string[]) {
  const tried = servers.join(', ')
  if (cause instanceof AuthorizationError || cause instanceof UserAuthenticationExpiredError) {
    return wrongCredentials(tried, credentialsKind(credentials), cause)
  }
  return isTlsFailure(cause) ? tlsFailed(tried, messageOf(cause), cause) : undefined
}

/** Codes of Node and OpenSSL; the client has no class for them, and says in words that a server has none. */
function isTlsFailure(cause: unknown): boolean {
  const { code = '', message = '' } = cause as { code?: unknown; message?: unknown }
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER))/.test(String(code)) ||
    /'?tls'?/i.test(String(message))
  )
}

function isSource(given: NatsOptions['servers']): given is Exclude<NatsOptions['servers'], string | readonly string[]> {
  // An array has a `find` too.
  return typeof given === 'object' && !Array.isArray(given)
}

function addressesOf(given: string | readonly string[]): readonly string[] {
  return typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given
}
