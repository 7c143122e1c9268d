/** The servers and nodes of a run, the lines between them, and what has been done to them. */

import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { isMabeamError } from '@mabeam/foundation'
import {
  type Ailment,
  type HistoryFolder,
  historyFolder,
  type NetworkNamespaces,
  type NodeProcess,
  networkNamespaces,
  nodeProcess,
} from '@mabeam/foundation/testing'
import type { FaultyNode, FaultyNodeReport, FaultyNodeStart } from './faulty-node.ts'
import { historyMs } from './history-clock.ts'
import { RunLog } from './run-log.ts'
import { TokenSink } from './token-sink.ts'

const module = new URL('./faulty-node.ts', import.meta.url)
export const serverCount = 3
export const nodeCount = 5
const diskBytes = 256 * 1024 * 1024

export class ClusterWorld implements AsyncDisposable {
  readonly servers: NatsServers
  readonly history: HistoryFolder
  readonly sink = new TokenSink()
  readonly log = new RunLog()
  /** Things that must not happen. */
  readonly faults: string[] = []
  readonly ailments: Ailment[] = []
  /** When servers were dead or hanging and nothing else was done to the cluster. */
  readonly serverDeaths: { readonly fromMs: number; readonly untilMs: number }[] = []
  readonly #networks: NetworkNamespaces | undefined
  readonly #nodes: (NodeProcess<FaultyNode> | undefined)[] = Array.from({ length: nodeCount })
  readonly #start: Omit<FaultyNodeStart, 'servers'>
  #isEnding = false

  private constructor(
    parts: {
      readonly servers: NatsServers
      readonly history: HistoryFolder
      readonly networks: NetworkNamespaces | undefined
    },
    start: Omit<FaultyNodeStart, 'servers'>,
  ) {
    this.servers = parts.servers
    this.history = parts.history
    this.#networks = parts.networks
    this.#start = start
  }

  /** With networks of the kernel where they can be had, else with proxies between the servers. */
  static async open(start: Omit<FaultyNodeStart, 'servers'>): Promise<ClusterWorld> {
    await using opened = new AsyncDisposableStack()
    const networks = await possible(networkNamespaces({ count: serverCount + nodeCount }))
    if (networks !== undefined) opened.use(networks)
    const lines = networks === undefined ? { links: 'proxied' as const } : { networks: networks.all }
    const disk = networks === undefined ? {} : { diskBytes }
    const servers = opened.use(await natsServers({ count: serverCount, ...lines, ...disk, server: { sync: 'always' } }))
    const history = opened.use(await historyFolder())
    opened.move()
    const world = new ClusterWorld({ servers, history, networks }, start)
    try {
      await Promise.all(Array.from({ length: nodeCount }, (_, i) => world.startNode(i)))
      return world
    } catch (thrown) {
      await world[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** Whether single nodes can be cut off, and disks filled. */
  get hasNetworks(): boolean {
    return this.#networks !== undefined
  }

  nameOf(node: number): string {
    return `n${node + 1}`
  }

  node(node: number): NodeProcess<FaultyNode> {
    const one = this.#nodes[node]
    if (one === undefined) throw new Error(`${this.nameOf(node)} is not running`)
    return one
  }

  get running(): readonly NodeProcess<FaultyNode>[] {
    return this.#nodes.filter((one) => one !== undefined && one.end === undefined) as NodeProcess<FaultyNode>[]
  }

  async startNode(i: number): Promise<void> {
    const name = this.nameOf(i)
    const namespace = this.#networks?.all[serverCount + i]
    const one = await nodeProcess<FaultyNode>({ module, name, history: this.history, ...(namespace && { namespace }) })
    this.#nodes[i] = one
    one.onReport((what) => this.#onReport(name, what as FaultyNodeReport))
    void one.ended.then(({ status, signal }) => {
      const isWanted = signal === 'SIGKILL' || this.#isEnding
      if (!isWanted) this.faults.push(`${name} ended with ${signal ?? status}: ${one.lines.slice(-20).join('\n')}`)
    })
    await one.ask('start', { ...this.#start, servers: this.servers.urls }, { timeoutMs: 120_000 })
  }

  /** Who runs the singleton, as its last effect tells. */
  get holder(): number | undefined {
    const name = this.sink.lastProcess?.split('.')[0]
    const i = this.#nodes.findIndex((one) => one?.name === name && one?.end === undefined)
    return i < 0 ? undefined : i
  }

  /** Nobody hears of others outside of its group; who is in none forms one with the others. */
  async split(group: { readonly servers?: readonly number[]; readonly nodes?: readonly number[] }): Promise<void> {
    const { servers = [], nodes = [] } = group
    if (this.#networks === undefined) return await this.servers.partition([servers])
    const all = this.#networks.all
    const inside = [...servers, ...nodes.map((node) => serverCount + node)].flatMap((i) => all[i] ?? [])
    await this.#networks.partition([inside])
  }

  async slowNode(node: number, bytesPerSec: number): Promise<void> {
    const network = this.#networks?.all[serverCount + node]
    if (network !== undefined) await this.#networks?.narrow(network, bytesPerSec)
  }

  async slowServers(bytesPerSec: number): Promise<void> {
    for (let i = 0; i < serverCount; i++) {
      const network = this.#networks?.all[i]
      if (network === undefined) await this.servers.slow(i, { bytesPerSec, delayMs: 50 })
      else await this.#networks?.narrow(network, bytesPerSec)
    }
  }

  async heal(): Promise<void> {
    await this.#networks?.heal()
    if (this.#networks !== undefined) return
    await this.servers.partition([])
    for (let i = 0; i < serverCount; i++) await this.servers.slow(i, {})
  }

  /** Something is done to the processes whose name begins so: what becomes of them meanwhile is no wonder. */
  async ailing<T>(process: string, run: () => Promise<T>): Promise<T> {
    const fromMs = historyMs()
    // Judged at the end: until then it may go on.
    const at = this.ailments.push({ process, fromMs, untilMs: Number.POSITIVE_INFINITY }) - 1
    try {
      return await run()
    } finally {
      this.ailments[at] = { process, fromMs, untilMs: historyMs() }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    await Promise.all(this.#nodes.map((one) => one?.kill()))
    await this.servers[Symbol.asyncDispose]()
    await this.#networks?.[Symbol.asyncDispose]()
    await this.history[Symbol.asyncDispose]()
  }

  #onReport(name: string, report: FaultyNodeReport): void {
    if (report.type === 'note') this.log.note(`${name}: ${report.sentence}`)
    else if (report.type === 'fault') this.faults.push(`${name}: ${report.sentence}`)
    else this.sink.take(report.process, report.token, historyMs())
  }
}

async function possible<T>(opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening
  } catch (thrown) {
    if (isMabeamError(thrown) && thrown.code === 'foundation/not-possible-here') return undefined
    throw thrown
  }
}
