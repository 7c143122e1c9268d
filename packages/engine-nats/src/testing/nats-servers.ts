/**
 * Real nats-servers for tests: one, or a cluster of three or five, whose JetStream is ready, and everything that can happen to them.
 * They never outlive the test.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, checkOptions, deathGuard, delay, hasCode, rule, systemClock } from '@mabeam/foundation'
import type { LinkFaults, NetworkNamespace } from '@mabeam/foundation/testing'
import { type NatsServer, startNatsServer } from '../server/nats-server.ts'
import type { NatsServerOptions } from '../server/server-options.ts'
import { freePorts } from './free-ports.ts'
import { type JetstreamReport, jetstreamReport, leaderOf, missingFor } from './jetstream-report.ts'
import { ServerDisk } from './server-disk.ts'
import { ServerLinks } from './server-links.ts'
import { clusterNotReady, faultNotOpen, noSuchServer } from './testing-errors.ts'

export interface NatsServersOptions {
  /** @default 1 */
  readonly count?: 1 | 3 | 5
  /** `proxied` lets `partition`, `slow` and `cut` do their work; all traffic passes through this process then. @default 'direct' */
  readonly links?: 'direct' | 'proxied'
  /** A network for each, whose faults are made there. Not together with `proxied`. @default that of this process */
  readonly networks?: readonly NetworkNamespace[]
  /** A disk of this size for each, which `fillDisk` fills. Linux, as root. @default that of the machine */
  readonly diskBytes?: number
  /** What else each is told, but for name, addresses, cluster and store. @default {} */
  readonly server?: Omit<
    NatsServerOptions,
    'name' | 'host' | 'port' | 'monitorHost' | 'cluster' | 'storeDir' | 'command' | 'clock'
  >
  /** @default 60_000 */
  readonly readyTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const natsServersDefaults = {
  count: 1,
  links: 'direct',
  server: {},
  readyTimeoutMs: 60_000,
  clock: systemClock,
} as const satisfies Partial<NatsServersOptions>

type Settings = NatsServersOptions & Required<Pick<NatsServersOptions, keyof typeof natsServersDefaults>>

/** Servers are named by their index. Disposing ends all, with what they kept. Idempotent. */
export interface NatsServers extends AsyncDisposable {
  readonly all: readonly NatsServer[]
  /** Where clients connect to: all of them. */
  readonly urls: readonly string[]
  /** Resolves when those that run have one leader and are up to date; rejects with `engine-nats/cluster-not-ready`. */
  ready(): Promise<void>
  /** Who leads a stream now, if anybody does. */
  leaderOf(stream: string): Promise<number | undefined>
  /** Who leads the group that knows which streams there are. */
  metaLeader(): Promise<number | undefined>
  /** `kill -9`. */
  kill(server: number): Promise<void>
  /** SIGSTOP. */
  pause(server: number): void
  /** SIGCONT. */
  resume(server: number): void
  /** After a kill, or a clean end first; the same addresses and store. */
  restart(server: number): Promise<void>
  /** Those in different groups hear nothing of each other; who is in none forms one with the others. `[]` heals. Needs `proxied`. */
  partition(groups: readonly (readonly number[])[]): Promise<void>
  /** What happens between a server and its clients from now on; `{}` heals. Needs `proxied`. */
  slow(server: number, faults: LinkFaults): Promise<void>
  /** Resets the connections of a server's clients; how many. Needs `proxied`. */
  cut(server: number): number
  /** Leaves no byte on its disk: its JetStream gives up until `freeDisk` and `restart`. Needs `diskBytes`. */
  fillDisk(server: number): Promise<void>
  freeDisk(server: number): Promise<void>
}

/**
 * Starts them and waits until they are ready. Rejects as `startNatsServer` does, and with `engine-nats/cluster-not-ready` and
 * `engine-nats/fault-not-possible`.
 *
 * @example
 * await using servers = await natsServers({ count: 3 })
 * const engine = nats({ servers: servers.urls })
 * await servers.kill((await servers.leaderOf('orders')) ?? 0)
 */
export async function natsServers(options: NatsServersOptions = {}): Promise<NatsServers> {
  const settings = checkedSettings(options)
  for (let tries = 1; ; tries++) {
    const started = new StartedServers(settings)
    try {
      await started.start()
      return started
    } catch (thrown) {
      await started[Symbol.asyncDispose]()
      // A port that was free a moment ago: others.
      const isUnlucky = hasCode(thrown, 'engine-nats/port-taken')
      if (!isUnlucky || tries === portTriesMax) throw thrown
    }
  }
}

const portTriesMax = 5
const lookMs = 100

function checkedSettings(options: NatsServersOptions): Settings {
  const owner = 'natsServers'
  checkOptions(owner, options, {
    count: { expected: '1, 3 or 5', test: (value) => [1, 3, 5].includes(value as number), optional: true },
    links: rule.optional(rule.oneOf(['direct', 'proxied'])),
    networks: rule.optional(rule.array()),
    diskBytes: rule.optional(rule.int(1_048_576)),
    server: rule.optional(rule.object()),
    readyTimeoutMs: rule.optional(rule.number(1)),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs')),
  })
  const settings = { ...natsServersDefaults, ...options }
  const { networks, count, links } = settings
  if (networks !== undefined && links === 'proxied') throw faultNotOpen('proxied', 'make the faults in the networks')
  if (networks !== undefined && networks.length < count) throw faultNotOpen('networks', `give ${count} of them`)
  return settings
}

class StartedServers implements NatsServers {
  readonly #settings: Settings
  readonly #names: readonly string[]
  readonly #disks: ServerDisk[] = []
  #folder: string | undefined
  #dismiss = () => {}
  #links: ServerLinks | undefined
  #all: readonly NatsServer[] = []

  constructor(settings: Settings) {
    this.#settings = settings
    this.#names = Array.from({ length: settings.count }, (_, i) => `s${i + 1}`)
  }

  get all(): readonly NatsServer[] {
    return this.#all
  }

  get urls(): readonly string[] {
    return this.#all.map(({ url, address }, i) => url.replace(address, this.#links?.clientAddress(i) ?? address))
  }

  async start(): Promise<void> {
    const { count, links, diskBytes } = this.#settings
    this.#folder = await mkdtemp(join(tmpdir(), 'mabeam-servers-'))
    this.#dismiss = deathGuard('sleep 1; rm -rf "$1"', [this.#folder])
    if (diskBytes !== undefined) {
      for (const name of this.#names) {
        const folder = await mkdtemp(join(this.#folder, `${name}-disk-`))
        this.#disks.push(await ServerDisk.mount(folder, diskBytes))
      }
    }
    const hosts = this.#names.map((_, i) => this.#hostOf(i))
    const addresses = await Promise.all(hosts.map((host) => freeAddresses(host, this.#settings.networks !== undefined)))
    if (links === 'proxied') this.#links = await ServerLinks.open(addresses)
    const starting = addresses.map(({ client, cluster }, i) => this.#startOne(i, { client, cluster, all: addresses }))
    const settled = await Promise.allSettled(starting)
    this.#all = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = settled.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    if (count > 1 || this.#settings.server.jetstream !== false) await this.ready()
  }

  async ready(): Promise<void> {
    const { readyTimeoutMs, clock } = this.#settings
    const startedMs = clock.monotonicMs()
    for (;;) {
      const running = this.#all.filter((one) => one.pid !== undefined)
      const names = running.map((one) => one.name)
      const missing = missingFor(await this.#reports(), names) ?? (await firstFault(running))
      if (missing === undefined) return
      if (clock.monotonicMs() - startedMs > readyTimeoutMs) throw clusterNotReady(readyTimeoutMs, missing)
      await delay(clock, lookMs)
    }
  }

  async leaderOf(stream: string): Promise<number | undefined> {
    return this.#indexOf(leaderOf(await this.#reports(), stream))
  }

  async metaLeader(): Promise<number | undefined> {
    const reports = await this.#reports()
    const leader = reports.find((one) => one.metaLeader === one.server) ?? reports[0]
    return this.#indexOf(leader?.metaLeader)
  }

  async kill(server: number): Promise<void> {
    await this.#at(server).kill()
  }

  pause(server: number): void {
    this.#at(server).pause()
  }

  resume(server: number): void {
    this.#at(server).resume()
  }

  async restart(server: number): Promise<void> {
    await this.#at(server).restart()
  }

  async partition(groups: readonly (readonly number[])[]): Promise<void> {
    for (const server of groups.flat()) this.#at(server)
    await this.#proxies('partition').split(groups)
  }

  async slow(server: number, faults: LinkFaults): Promise<void> {
    await this.#proxies('slow').setClients(server, faults)
  }

  cut(server: number): number {
    return this.#proxies('cut').resetClients(server)
  }

  async fillDisk(server: number): Promise<void> {
    await this.#diskOf(server).fill()
  }

  async freeDisk(server: number): Promise<void> {
    await this.#diskOf(server).free()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A clean end of a cluster takes as long as its slowest, and there is nothing to keep.
    await Promise.all(this.#all.map((one) => one.kill()))
    await Promise.all(this.#all.map((one) => one.close()))
    await this.#links?.[Symbol.asyncDispose]()
    for (const disk of this.#disks) await disk[Symbol.asyncDispose]()
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
    this.#dismiss()
  }

  async #startOne(i: number, where: Where): Promise<NatsServer> {
    const { count, server, clock, networks } = this.#settings
    const others = where.all.flatMap(({ cluster }, other) => (other === i ? [] : [cluster]))
    const links = this.#links
    const network = networks?.[i]
    const storeDir = join(this.#disks[i]?.folder ?? join(this.#folder ?? '', this.#names[i] ?? ''), 'store')
    return await startNatsServer({
      ...server,
      name: this.#names[i] ?? '',
      host: this.#hostOf(i),
      port: portOf(where.client),
      storeDir,
      clock,
      ...(network !== undefined && { monitorHost: network.controlHost, command: network.command }),
      ...(count > 1 && {
        cluster: {
          name: 'mabeam-test',
          port: portOf(where.cluster),
          routes: links?.routesOf(i) ?? others,
          // Servers tell each other of the rest, and would call them past the proxies.
          ...(links !== undefined && { advertise: nowhere }),
        },
      }),
      ...(links !== undefined && { config: { ...server.config, client_advertise: links.clientAddress(i) } }),
    })
  }

  async #reports(): Promise<readonly JetstreamReport[]> {
    const running = this.#all.filter((one) => one.pid !== undefined)
    const asked = await Promise.allSettled(running.map((one) => one.monitor('jsz?accounts=true&streams=true')))
    return asked.flatMap((one, i) =>
      one.status === 'fulfilled' ? [jetstreamReport(running[i]?.name ?? '', one.value)] : [],
    )
  }

  #hostOf(i: number): string {
    return this.#settings.networks?.[i]?.host ?? '127.0.0.1'
  }

  #at(server: number): NatsServer {
    const one = this.#all[server]
    if (one === undefined) throw noSuchServer(server, this.#all.length)
    return one
  }

  #indexOf(name: string | undefined): number | undefined {
    const i = this.#names.indexOf(name ?? '')
    return i < 0 ? undefined : i
  }

  #proxies(fault: string): ServerLinks {
    if (this.#links === undefined) throw faultNotOpen(fault, "open the servers with links: 'proxied'")
    return this.#links
  }

  #diskOf(server: number): ServerDisk {
    this.#at(server)
    const disk = this.#disks[server]
    if (disk === undefined) throw faultNotOpen('a full disk', 'open the servers with diskBytes')
    return disk
  }
}

interface Addresses {
  readonly client: string
  readonly cluster: string
}

interface Where extends Addresses {
  readonly all: readonly Addresses[]
}

/** A port at which nobody takes what comes. */
const nowhere = '127.0.0.1:1'

/** In a network of its own a server has all ports to itself. */
async function freeAddresses(host: string, isAlone: boolean): Promise<Addresses> {
  const [client, cluster] = isAlone ? [4222, 6222] : await freePorts(2, host)
  return { client: `${host}:${client}`, cluster: `${host}:${cluster}` }
}

async function firstFault(servers: readonly NatsServer[]): Promise<string | undefined> {
  const asked = await Promise.allSettled(servers.map((one) => one.health()))
  const failed = asked.find((one) => one.status === 'rejected')
  return failed === undefined ? undefined : String(failed.reason)
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}
